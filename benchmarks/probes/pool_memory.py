"""Probe: memory that a pool of opponents holds after it has met N snapshots. Argument: N.

Figure: growth of the resident memory, MB.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from probing import first, tell

from dohyo.arenas import make_batch

Pool = first("dohyo.curricula.opponents.pool:Pool", "dohyo.curricula.opponents:Pool")
Origin, Part, save_snapshot = (first(f"dohyo.agents.snapshot:{name}") for name in ("Origin", "Part", "save_snapshot"))
make_snapshot = first("dohyo.agents.snapshot:make_snapshot", "dohyo.agents.snapshot:freeze")
WORLDS, WIDTH = 64, 64


def resident() -> float:
    """Return the resident memory of this process, MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def tensors(rng: np.random.Generator, observation: int, action: int) -> dict[str, np.ndarray]:
    """Return the tensors of a random network with two hidden layers."""
    found = {"mean": np.zeros(observation), "variance": np.ones(observation), "log_std": np.full(action, -0.7)}
    for k, (rows, columns) in enumerate([(WIDTH, observation), (WIDTH, WIDTH), (action, WIDTH)]):
        found |= {f"weight_{k}": rng.standard_normal((rows, columns)) / 8, f"bias_{k}": np.zeros(rows)}
    return {name: tensor.astype(np.float32) for name, tensor in found.items()}


def main() -> None:
    """Meet all snapshots, 64 at a time, and print the growth."""
    batch = make_batch("sumo", body="ant", engine="mujoco", worlds=1, workers=1)
    observation, action = batch.observation_spaces[0].shape[0], batch.action_spaces[0].shape[0]
    count, rng = int(sys.argv[1]), np.random.default_rng(0)
    turn = iter(range(10**9))

    def in_turn(payoffs: object, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(n, np.intp), np.array([next(turn) % count for _ in range(n)], np.intp)

    with tempfile.TemporaryDirectory() as scratch:
        chain = []
        for k in range(count):
            part = Part.of(batch.arena, 0, 1)
            fields = {"part": part, "observation": observation, "action": action, "engine": "mujoco"}
            snapshot = make_snapshot(
                Origin(**fields, generation=k, samples=0, seed=0), tensors(rng, observation, action)
            )
            save_snapshot(snapshot, Path(scratch))
            chain.append(snapshot.name)
        try:
            met = first("dohyo.curricula.opponents.ledger:Ledger")([chain])
        except ImportError:
            met = [chain]
        pool, before = Pool(Path(scratch), met, in_turn, WORLDS, 0), resident()
        seen, worlds = np.zeros((WORLDS, observation), np.float32), np.arange(WORLDS)
        for _ in range(0, count, WORLDS):
            pool.assign(worlds)
            pool.act(seen, worlds)
        tell(pool_mb=resident() - before)


if __name__ == "__main__":
    main()
