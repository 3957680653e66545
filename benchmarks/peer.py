"""Peers: other libraries that train the same ants on the same arena, each in an environment of its own."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from checkout import ROOT, Side, here, make_environment
from paired import Row, measure, probe

SCRIPTS = Path(__file__).resolve().parent / "peers"
PEERS = ("sb3_supersuit", "rllib")
"""Stable-Baselines3 over SuperSuit's vector of PettingZoo environments; RLlib with two runners."""
ITERATIONS = 6
"""Iterations of 8,192 control steps of the arena, both seats learning; the first is not measured."""


def measure_peer(
    name: str, rounds: int, folder: Path, tell: Callable[[str], None], options: str | None = None
) -> list[Row]:
    """Measure training with `name` in turn with `dohyo train` in mirror bouts, ratings included.

    `options` are more settings of `dohyo train`, as JSON.
    """
    environment = folder / f"env-{name}"
    if not (environment / "ready").exists():
        needs = SCRIPTS / f"{name}.txt"
        make_environment(environment, "--requirement", str(needs), "--editable", str(ROOT))
    own, other = here(), Side(name, environment / "bin" / "python")
    samples = (ITERATIONS - 1) * 2 * 8192
    settings = {"opponents": "latest", "mirror": 1.0, "samples": samples} | json.loads(options or "{}")
    sides = (
        partial(probe, own.command("training.py", json.dumps(settings))),
        partial(probe, [str(other.python), str(SCRIPTS / f"{name}.py"), str(ITERATIONS)]),
    )
    return measure(name, sides, rounds, folder / f"{name}-{own.name}{'-options' if options else ''}.jsonl", tell)
