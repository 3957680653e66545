"""Small runs of every kind, and what is compared of two runs that must be alike."""

import csv
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors import safe_open

from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.snapshot import Snapshot
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

CYCLES = 23
"""Control steps of a bout: bouts go on beyond generations of 16 steps, and all of them see some end."""
LSTM = PpoConfig(policy="lstm", width=8, rollout=16, minibatch=48, epochs=1, unroll=4)
RUNS: dict[str, dict[str, Any]] = {
    "mlp": {"rated_bouts": 2},
    "lstm": {"ppo": LSTM},
    "privileged": {"ppo": replace(LSTM, value="privileged")},
    "quality": {"opponents": "quality", "mirror": 0.0, "first": 0.0},
    "crowd": {"crowd": "1:3:0.5", "widen": ("radius=0:0.5",), "worlds": 6, "samples": 864},
    "randomised": {"randomise": ("dactyl",), "widen": ("physics=0:0.5",), "rated_bouts": 2},
    "guests": {"guests": ("random", "zero"), "guest_share": 0.5},
    "population": {"population": 2, "samples": 864},
    "roles": {"arena": "kick_and_defend", "population": 2, "samples": 864},
    "roles with lstm": {"arena": "kick_and_defend", "ppo": LSTM, "samples": 600},
    "league": {"opponents": "league", "timeout": 1, "samples": 1000},
    "league with lstm": {"opponents": "league", "timeout": 1, "ppo": LSTM, "samples": 1000},
}


FIRST: dict[str, Any] = {
    "worlds": 32,
    "samples": 3072,
    "updates": 2,
    "rated_bouts": 0,
    "ppo": PpoConfig(width=16, rollout=32, minibatch=256, epochs=5),
}
"""A run of one generation: the first of its rollouts only fills the statistics, and the second is learned from."""


def first_generation(path: Path) -> Snapshot:
    """The first snapshot of a run that has learned."""
    with closing(RunFolder.open(path)) as folder:
        return folder.load(folder.record.generations()[1].snapshot)


def in_sessions(path: Path, config: TrainConfig, turns: int) -> None:
    """Train to the end of the budget in sessions of `turns` generations; the first stops before any."""
    stop = 0
    while True:
        with closing(RunFolder.create_or_resume(path, config)) as folder:
            training = Training(folder)
            training.start_chains()
            for lineage in training.lineages:
                training._rate_if_due(lineage)
            while stop and training._used() < 1:
                training._take_turn()
                stop -= 1
            over = training._used() >= 1
            for lineage in training.lineages if over else ():
                training._rate(lineage)
            training.close()
        if over:
            return
        stop = turns


def outcome(path: Path) -> dict[str, Any]:
    """All that a run is, but for the time that it took."""
    with (path / "curves.csv").open() as file:
        rows = [{key: value for key, value in row.items() if key not in TIMES} for row in csv.DictReader(file)]
    with closing(RunFolder.open(path)) as folder:
        bouts = folder.record.matches(folder.config.engine)
        payoffs = {name: folder.record.payoffs(name) for name in folder.learners}
    checkpoints = {file.name: content(file) for file in (path / "checkpoints").iterdir()}
    return {"rows": rows, "bouts": bouts, "payoffs": payoffs, "checkpoints": checkpoints}


def content(file: Path) -> dict[str, Any]:
    """Metadata and tensors of a safetensors file, which writes them in any order."""
    with safe_open(file, "np") as opened:
        return opened.metadata() | {name: opened.get_tensor(name).tobytes() for name in opened.keys()}  # noqa: SIM118


TIMES = ("seconds", "samples_per_s")
