"""Parts of PPO's checkpoints: tensors under a prefix, counts of older files, and NumPy's old random stream."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from dohyo.agents.files import parse_json

KEYS = 624
"""Words in the state of NumPy's old random stream, a Mersenne Twister."""


def with_counts(policy: dict[str, torch.Tensor], features: int) -> dict[str, torch.Tensor]:
    """Return a policy's tensors with a count for every number; older checkpoints have one for all."""
    return {name: t.expand(features) if name.endswith(".count") and len(t) == 1 else t for name, t in policy.items()}


def check_held(held: Mapping[str, torch.Tensor], loaded: Mapping[str, torch.Tensor]) -> None:
    """Raise `ValueError` where a network holds something else than what it was given.

    PyTorch converts numbers of another kind, and a tensor that has several names keeps the last one's.
    """
    for name, tensor in loaded.items():
        if tensor.dtype != held[name].dtype or not torch.equal(tensor, held[name].cpu()):
            raise ValueError(f"{name} is damaged")


def legacy_state(text: str) -> dict[str, Any]:
    """Return the state of NumPy's old random stream from JSON; raises `ValueError` for what NumPy takes unchecked."""
    state: dict[str, Any] = parse_json(text)
    key, place = np.array(state["state"]["key"], np.uint32), state["state"]["pos"]
    if key.shape != (KEYS,) or not isinstance(place, int) or not 0 <= place <= KEYS:
        raise ValueError("the state of its random stream is damaged")
    state["state"]["key"] = key
    return state


def named_under(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Return the tensors whose names begin with `prefix`, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
