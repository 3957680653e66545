"""The value function in a checkpoint of PPO, as a network of `dohyo.agents.policies.networks`; torch is not needed."""

import re
from pathlib import Path

import numpy as np
from safetensors.numpy import load

from dohyo.arenas.arrays import FloatArray
from dohyo.arenas.saved import under

LAYER = re.compile(r"mlp_extractor\.value_net\.(\d+)\.(weight|bias)")
"""A hidden layer of an MLP; its number counts the functions between layers too."""
RECURRENT = {
    "embed_weight": "embed.weight",
    "embed_bias": "embed.bias",
    "gates_in": "weight_ih_l0",
    "gates_back": "weight_hh_l0",
}
"""Tensors of an LSTM by their names in `dohyo.agents.policies.networks.Lstm`."""


def read_values(path: Path) -> dict[str, FloatArray]:
    """Return the tensors of the value function in a checkpoint; empty if it holds none that is known here."""
    policy = under("policy", load(path.read_bytes()))
    if "value_net.weight" not in policy:
        return {}
    values = _recurrent(policy) if "lstm_critic.weight_ih_l0" in policy else _hidden(policy)
    last = sum(name.startswith("weight_") for name in values)
    return values | {f"{kind}_{last}": policy[f"value_net.{kind}"] for kind in ("weight", "bias")}


def _hidden(policy: dict[str, FloatArray]) -> dict[str, FloatArray]:
    parts = [part for name in policy if (part := LAYER.fullmatch(name))]
    numbers = sorted({int(part[1]) for part in parts})
    return {f"{part[2]}_{numbers.index(int(part[1]))}": policy[part[0]] for part in parts}


def _recurrent(policy: dict[str, FloatArray]) -> dict[str, FloatArray]:
    critic = {name: policy[f"lstm_critic.{own}"] for name, own in RECURRENT.items()}
    bias: FloatArray = np.add(policy["lstm_critic.bias_ih_l0"], policy["lstm_critic.bias_hh_l0"])
    return critic | {"gates_bias": bias}
