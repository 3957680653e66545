"""Training: the schedule, and exact resumption."""

import ast
import csv
import inspect
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import learner_state, shorten_bouts, tiny_config, train
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dohyo.agents.snapshot import SnapshotError
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training import training as training_module
from dohyo.curricula.training.training import Progress, Training


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_bouts(monkeypatch)


def test_the_dense_share_fades(tmp_path: Path):
    folder = RunFolder.create_or_resume(tmp_path, tiny_config(samples=1000, anneal=0.4))
    training = Training(folder)
    shares = {}
    for samples in (0, 100, 200, 399, 400, 1000, 5000):
        training.lineages[0].learner._ppo.num_timesteps = samples
        shares[samples] = training.alpha
    training.close()
    folder.close()
    assert shares == pytest.approx({0: 1, 100: 0.75, 200: 0.5, 399: 0.0025, 400: 0, 1000: 0, 5000: 0})


@pytest.mark.parametrize(
    ("config", "share"),
    [
        (tiny_config(samples=1000), 0.25),
        (tiny_config(samples=1000, minutes=2.0), 0.5),  # the nearer limit counts: 60 s of 120
        (tiny_config(samples=None, minutes=0.5), 1.0),
        (tiny_config(samples=None, minutes=0.0), 1.0),
        (tiny_config(samples=None, minutes=None), 0.0),
    ],
)
def test_the_share_of_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: TrainConfig, share: float):
    folder = RunFolder.create_or_resume(tmp_path, config)
    training = Training(folder)
    monkeypatch.setattr(training.lineages[0].learner._ppo, "num_timesteps", 250)
    monkeypatch.setattr(training, "_elapsed", lambda: 60.0)
    assert training.progress().share == share
    training.close()
    folder.close()


def test_training_then_more_of_it(tmp_path: Path):
    first = train(tmp_path, tiny_config())
    assert first.progress().samples == 288  # three generations of 4 + 2 slots * 16 steps
    folder = RunFolder.open(tmp_path)
    before, seconds = folder.record.generations(), folder.record.generations()[-1].seconds
    assert [g.generation for g in before] == [0, 1, 2, 3]
    folder.close()

    config = tiny_config(samples=500)
    folder = RunFolder.create_or_resume(tmp_path, config)
    second = Training(folder)
    assert learner_state(second.lineages[0].learner) == learner_state(first.lineages[0].learner)
    assert second.progress().samples == 288
    assert second.progress().seconds >= seconds
    second.run()

    chain = folder.record.generations()
    assert chain[:4] == before
    assert [(g.generation, g.samples) for g in chain] == [(g, 96 * g) for g in range(7)]  # 500 are passed at 576
    assert [g.seconds for g in chain] == sorted(g.seconds for g in chain)
    for link in chain:
        origin = folder.load(link.snapshot).origin
        assert (origin.generation, origin.samples, origin.engine) == (link.generation, link.samples, "mujoco")
    assert sorted(p.stem for p in folder.snapshots.iterdir()) == sorted(g.snapshot for g in chain)
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["sumo.000006.safetensors"]
    assert second.newest()["sumo"] == folder.snapshots / f"{chain[-1].snapshot}.safetensors"

    with (tmp_path / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["generation"], row["snapshot"]) for row in rows] == [(str(g.generation), g.snapshot) for g in chain]
    assert float(rows[-1]["alpha"]) == 0

    # Rated: every second generation from 2, the last, the references among themselves; four bouts a match.
    zero, random, one = "zero", "random", chain[1].snapshot
    met = {(m.player, m.opponent): m.score.bouts for m in folder.record.matches("mujoco")}
    expected = {(random, zero), (one, zero), (one, random)}
    expected |= {(chain[g].snapshot, known) for g in (2, 3, 4, 6) for known in (zero, random, one)}
    # And each against the one rated before it.
    expected |= {(chain[g].snapshot, chain[before].snapshot) for g, before in ((2, 1), (3, 2), (4, 3), (6, 4))}
    assert met == dict.fromkeys(expected, 4)
    folder.close()


def test_training_repeats_from_its_seed(tmp_path: Path):
    names = [
        train(tmp_path / k, tiny_config(seed=seed)).newest()["sumo"].name for k, seed in (("a", 0), ("b", 0), ("c", 1))
    ]
    assert names[0] == names[1]
    assert names[0] != names[2]


def test_every_learner_plays_bouts_of_its_own_and_goes_on_with_them(tmp_path: Path):
    """World w of a batch seeded s plays what world 0 seeded s + w plays: no two of the ranges may overlap."""
    seeds = []
    for samples in (192, 384, 576):
        folder = RunFolder.create_or_resume(tmp_path, tiny_config(population=2, samples=samples))
        training = Training(folder)
        seeds += [lineage.collector.vec._seeds[0] for lineage in training.lineages]
        training.run()
        folder.close()
    assert len({seed + world for seed in seeds[:2] for world in range(4)}) == 2 * 4
    assert seeds[2:] == [None] * 4  # random streams go on from where they were


def test_latest_meets_nobody_else(tmp_path: Path):
    training = train(tmp_path, tiny_config(opponents="latest"))
    assert training.progress().samples == 384  # 4 worlds * 2 seats * 16 steps in each of three generations


def test_a_finished_run_stays_as_it_is(tmp_path: Path):
    newest = train(tmp_path, tiny_config()).newest()
    again = train(tmp_path, tiny_config())
    assert again.newest() == newest
    assert again.progress().generation == 3


def test_a_watcher_is_told_how_far_it_is(tmp_path: Path):
    told: list[Progress] = []
    folder = RunFolder.create_or_resume(tmp_path, tiny_config())
    Training(folder, told.append).run()
    folder.close()
    shares = [progress.share for progress in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert told[0].generation == -1
    assert told[-1].generation == 3
    assert told[-1].rating is not None
    assert set(told[-1].win_rates) == {"zero", "random", "gen 1", "previous"}


@pytest.mark.parametrize("damage", ["truncate", "remove"])
def test_a_damaged_checkpoint_says_so(tmp_path: Path, damage: str):
    train(tmp_path, tiny_config(samples=96))
    (path,) = (tmp_path / "checkpoints").iterdir()
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:500])
    folder = RunFolder.create_or_resume(tmp_path, tiny_config(samples=96))
    with pytest.raises(SnapshotError, match="cannot resume from") as caught:
        Training(folder)
    assert "\n" not in str(caught.value)
    assert len(folder.record.generations()) == 2
    folder.close()


def test_settings_are_frozen():
    with pytest.raises(AttributeError):
        tiny_config().seed = 3  # type: ignore[misc]
    assert replace(tiny_config(), seed=3).seed == 3


def test_a_run_slows_down_towards_its_end(tmp_path: Path):
    train(tmp_path, tiny_config())
    folder = RunFolder.open(tmp_path)
    rates = [
        g.curves["train/learning_rate"] for g in folder.record.generations()[2:]
    ]  # the first only fills statistics
    folder.close()
    assert rates == pytest.approx([3e-4 * (0.05 + 0.95 * 2 / 3), 3e-4 * (0.05 + 0.95 / 3)], rel=1e-6)


def test_training_carries_no_benchmark():
    """The benchmark measures training through its public interface."""
    assert not {"time_halves", "samples_per_generation"} & set(vars(Training))
    source = ast.parse(inspect.getsource(training_module))
    targets = [node.target for node in ast.walk(source) if isinstance(node, ast.For)]
    assert targets
    assert not [target for target in targets if isinstance(target, ast.Attribute)]


def test_a_rerun_of_a_finished_run_logs_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its sessions' files together hold every point once: generations 0 to 3, of which 2 and 3 are rated."""
    shorten_bouts(monkeypatch)
    for _ in range(3):
        train(tmp_path / "run", tiny_config())
    logged: dict[str, list[int]] = {}
    for file in sorted((tmp_path / "run" / "tensorboard").iterdir()):
        events = EventAccumulator(str(file))
        events.Reload()
        for tag in events.Tags()["scalars"]:
            logged.setdefault(tag, []).extend(event.step for event in events.Scalars(tag))
    assert logged["alpha"] == [0, 96, 192, 288]
    assert logged["rating/mu"] == [192, 288]
    assert all(len(steps) == len(set(steps)) for steps in logged.values())


def test_a_run_is_randomised_and_its_ratings_are_not(tmp_path: Path):
    """Fields widen from nothing: after a quarter of the time they have half of their width."""
    folder = RunFolder.create_or_resume(
        tmp_path, tiny_config(samples=1000, randomise=("mass=0.5:1.5", "tilt=1"), widen=("physics=0:0.5",))
    )
    training = Training(folder)
    training.lineages[0].learner._ppo.num_timesteps = 250
    training.lineages[0].collector.prepare(training.scheduled())
    part = training._batch.randomiser._parts["physics"]
    assert (part.config.mass, part.config.tilt) == ((0.75, 1.25), 0.5)
    assert training._referee._batch.randomiser.factors == {}
    training.close()
    folder.close()


def test_a_snapshot_says_what_was_randomised(tmp_path: Path):
    randomise = ("mass=0.5:1.5", "delay=0.5", "tilt=1.0")
    training = train(tmp_path, tiny_config(randomise=randomise, without=("unmodelled",)))
    snapshot = training.folder.load(training.lineages[0].snapshots[-1])
    assert snapshot.origin.randomise == "mass=0.5:1.5, tilt=1.0"
    assert training.config.randomise == randomise
