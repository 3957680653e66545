"""Files that are mutated, each with its reader and the contents that it may be accepted with."""

import io
import json
import pickle
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from doubles import StubBatch, learner_state
from learners import Still
from mutators import Mutator, cut, edit_header, edit_json, edit_rows, flip, overwrite
from safetensors.numpy import load

from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.ppo import ppo
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.published.importer import read_published
from dohyo.agents.published.layouts import KINDS
from dohyo.agents.snapshot import encode, load_named, load_snapshot, read_metadata
from dohyo.curricula.cards.card_folder import CardFolder
from dohyo.curricula.ratings.table import collect
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.results_folder import keep_settings
from dohyo.curricula.run.software import read_versions
from dohyo.curricula.training.curves import CurvesFile

OLD_RUNS = Path(__file__).parents[1] / "data" / "runs_0_1"
BYTES: tuple[Mutator, ...] = (flip, overwrite, cut)


class ChangedMeaning(Exception):
    """A changed file was accepted and read wrongly."""


@dataclass(frozen=True)
class Target:
    """A file and its reader."""

    name: str
    path: Path
    """Where the content goes before it is read."""
    content: bytes
    mutators: Sequence[Mutator]
    read: Callable[[bytes], None]
    """Read the file, which holds these bytes; raises `ChangedMeaning`."""

    def mutated(self, rng: np.random.Generator) -> bytes:
        """Return the content after one change."""
        return self.mutators[rng.integers(len(self.mutators))](self.content, rng)


def targets(run: Path, folder: Path) -> list[Target]:
    """Return all targets; `run` is a run of sumo with `tiny_config`, `folder` an empty folder for copies."""
    return [
        _snapshot("snapshot", next((run / "snapshots").iterdir()), folder),
        _snapshot("recurrent snapshot", next((OLD_RUNS / "lstm" / "snapshots").iterdir()), folder),
        _checkpoint(run, folder),
        _old_checkpoint(folder),
        _league("league", run, folder),
        _league("league of Dohyo 0.1", OLD_RUNS / "mlp", folder),
        _settings(run, folder),
        _versions(run, folder),
        _curves(run, folder),
        _results(folder),
        _card(folder),
        *(_published(name, content, folder) for name, content in _vectors().items()),
    ]


def _expect(same: bool, what: str) -> None:
    if not same:
        raise ChangedMeaning(what)


def _target(path: Path, name: str, mutators: Sequence[Mutator], read: Callable[[bytes], None]) -> Target:
    return Target(name, path, path.read_bytes(), mutators, read)


def _snapshot(name: str, original: Path, folder: Path) -> Target:
    """Only the original content is accepted, under its own name."""
    path = Path(shutil.copy(original, folder))
    whole = load_snapshot(path)

    def read(content: bytes) -> None:
        snapshot = load_named(folder, path.stem)
        _expect(snapshot.digest == whole.digest, "another snapshot")
        snapshot.policy().act(np.zeros((2, snapshot.origin.observation), np.float32))

    return _target(path, name, (*BYTES, edit_header, edit_header), read)


def _checkpoint(run: Path, folder: Path) -> Target:
    """Only the file with the digest in the record is accepted."""
    copy = Path(shutil.copytree(run, folder / "resumed"))
    with closing(RunFolder.open(copy)) as opened:
        link = opened.record.generations()[-1]
        path = opened.checkpoint(link.learner, link.generation)
        whole = path.read_bytes()

        def read(content: bytes) -> None:
            opened.checked_checkpoint(link)
            _expect(content == whole, "another checkpoint")

    return _target(path, "checkpoint", (*BYTES, edit_header), read)


def _old_checkpoint(folder: Path) -> Target:
    """One whose digest is not known, as in runs of Dohyo 0.1: what is accepted is what the file says."""
    vec = SeatVec(StubBatch([[3], [5]]), Still(), mirrored=1, reward_scale=0.01)
    learner, path = ppo(vec, PpoConfig(width=8, rollout=16, minibatch=48, epochs=1), 0), folder / "c.safetensors"
    for _ in range(2):
        learner.learn([learner.collect()])
    learner.save(path)

    def read(content: bytes) -> None:
        learner.restore(path)
        state = learner_state(learner)
        for name, tensor in load(content).items():
            if name.startswith("policy/"):
                _expect(state[f"policy {name.removeprefix('policy/')}"] == tensor.tobytes(), name)
        _expect(learner.samples == int(read_metadata(content)["samples"]), "other samples")
        torch.rand(1000), np.random.rand(1000)  # noqa: NPY002 - streams that were restored

    return _target(path, "checkpoint without digest", (*BYTES, edit_header, edit_header), read)


def _league(name: str, run: Path, folder: Path) -> Target:
    """Only records that read like the original are accepted; Dohyo 0.1 allows other values of the right type."""
    copy = Path(shutil.copytree(run, folder / name))
    path = copy / "league.sqlite"

    def look() -> Any:
        for log in ("-wal", "-shm"):
            path.with_name(path.name + log).unlink(missing_ok=True)
        with closing(RunFolder.open(copy)) as opened:
            record = opened.record
            matches = record.matches("mujoco")
            bouts = [record.bouts(match.player, match.opponent, "mujoco") for match in matches]
            newest = opened.latest().name
            rated = collect(opened) if name != "league" else None
            return record.generations(), record.payoffs("sumo"), matches, bouts, newest, rated

    whole = look()

    def read(content: bytes) -> None:
        seen = look()
        _expect(name != "league" or repr(seen) == repr(whole), "other rows")

    return _target(path, name, (*BYTES, edit_rows, edit_rows, edit_rows), read)


def _settings(run: Path, folder: Path) -> Target:
    """Accepted settings are those that the file holds."""
    copy = Path(shutil.copytree(run, folder / "settings"))
    path = copy / "config.json"

    def read(content: bytes) -> None:
        with closing(RunFolder.open(copy)) as opened:
            held, said = json.loads(json.dumps(asdict(opened.config))), json.loads(content)
            tables = {name: {**held[name], **said.get(name, {})} for name in ("ppo", "schedule_start")}
            _expect({**held, **said, **tables} == held, "other settings")
            _expect(len(opened.specs) > 0, "no learners")

    return _target(path, "settings", (*BYTES, edit_json, edit_json, edit_json), read)


def _versions(run: Path, folder: Path) -> Target:
    path = Path(shutil.copy(run / "versions.json", folder))

    def read(content: bytes) -> None:
        held = [asdict(session) for session in read_versions(folder)]
        said = [{"machine": ""} | session for session in json.loads(content)]  # older files have no machine
        _expect(held == said, "other versions")

    return _target(path, "versions", (*BYTES, edit_json, edit_json), read)


def _curves(run: Path, folder: Path) -> Target:
    """The file of curves is written again when a session begins, whatever its content."""
    copy = Path(shutil.copytree(run, folder / "curves"))
    opened = RunFolder.open(copy)
    path = copy / "curves.csv"
    whole = path.read_bytes()

    def read(content: bytes) -> None:
        CurvesFile(opened).update()
        _expect(path.read_bytes() == whole, "other curves")

    return _target(path, "curves", BYTES, read)


def _results(folder: Path) -> Target:
    """Settings of matches and studies: the same, or refused."""
    path, settings = folder / "study.json", {"study": "delta", "arena": "sumo", "samples": 100, "minutes": None}
    keep_settings(path, settings)

    def given(values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if value is not None}

    def read(content: bytes) -> None:
        keep_settings(path, settings)
        _expect(given(json.loads(content)) == given(settings), "other settings")

    return _target(path, "settings of a study", (*BYTES, edit_json, edit_json), read)


def _card(folder: Path) -> Target:
    """Results of a card: the same, fewer, or refused."""
    held = {"matches/sumo/zero": {"wins": 3, "low": 0.25, "endings": {"fell": 4}}, "speed": {"median_s": 1e-5}}
    with closing(CardFolder(folder / "card", {})) as card:
        for name, result in held.items():
            card.keep(name, result)

    def read(content: bytes) -> None:
        with closing(CardFolder(folder / "card", {})) as card:
            _expect(all(card.get(name) in (None, result) for name, result in held.items()), "other results")

    return _target(folder / "card" / "results.json", "results of a card", (*BYTES, edit_json, edit_json), read)


def _vectors() -> dict[str, bytes]:
    """Files as the agents of 2017 were published, with numbers that are drawn."""
    [kind] = [kind for kind in KINDS if kind.label == "robosumo-ant-mlp"]
    rng = np.random.default_rng(0)
    vector = rng.uniform(1, 2, kind.size).astype(np.float32)
    npy = io.BytesIO()
    np.save(npy, vector)
    return {"published.npy": npy.getvalue()} | {
        f"published-{protocol}.pkl": pickle.dumps(vector, protocol) for protocol in (2, 4)
    }


def _published(name: str, content: bytes, folder: Path) -> Target:
    """An accepted file becomes a complete snapshot with the file's numbers."""
    path = folder / name
    path.write_bytes(content)

    def read(content: bytes) -> None:
        snapshot = read_published(path, "paper/robosumo").snapshot
        load = folder / "imported.safetensors"
        load.write_bytes(encode(snapshot))
        _expect(load_snapshot(load).digest == snapshot.digest, "a damaged snapshot")
        bias = snapshot.tensors["bias_0"].tobytes()
        spelt = bias.decode("latin-1").encode() if name.endswith("2.pkl") else bias
        _expect(spelt in content, "other numbers")

    return _target(path, name, BYTES, read)
