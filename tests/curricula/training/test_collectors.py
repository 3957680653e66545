"""Collectors outside of the learning process, without Ray: what they are given, and what becomes of what they bring."""

import importlib.util
import pickle
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles import shorten_bouts, tiny_config

from dohyo.agents.snapshot import SnapshotError
from dohyo.arenas.errors import ConfigError
from dohyo.arenas.saved import AnyArray, Saved
from dohyo.curricula.opponents.ledger import Ledger
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.seeds import derived, of_collector
from dohyo.curricula.training import training as module
from dohyo.curricula.training.ahead import Ahead
from dohyo.curricula.training.collector import Order, Rollout, Scheduled
from dohyo.curricula.training.outpost import Entries, Outpost
from dohyo.curricula.training.plan import SitePlan
from dohyo.curricula.training.site import Site
from dohyo.curricula.training.training import Training


class Outposts:
    """A crew of outposts in this process, which get and bring copies; every array is read-only."""

    def __init__(self, plan: SitePlan, home: Site, folder: RunFolder) -> None:
        self.home, self.folder, self.brought = home, folder, list[Rollout]()
        entries = Entries.of(plan.config)
        self.outposts = [
            copied(Outpost, plan.part(number), plan.seeds_of(number, 0), entries, self.fetch)
            for number in range(plan.config.collectors)
        ]
        for outpost in self.outposts:
            outpost.build()

    def fetch(self, name: str) -> bytes:
        return (self.folder.snapshots / f"{name}.safetensors").read_bytes()

    def start(self, learner: str, order: Order) -> None:
        order = replace(order, weights=self.home.collectors[learner].learner.weights())
        handles = {name: name for chain in order.ledger.chains for name in chain}
        self.pending = [copied(outpost.collect, learner, order, handles) for outpost in self.outposts]

    def finish(self) -> list[Rollout]:
        self.brought += self.pending
        return self.pending

    def collect(self, learner: str, order: Order) -> list[Rollout]:
        self.start(learner, order)
        return self.finish()

    def save(self, learner: str) -> Saved:
        return {}

    def restore(self, learner: str, saved: Mapping[str, AnyArray]) -> None:
        self.home.restore(learner, {})

    def close(self) -> None:
        for outpost in self.outposts:
            outpost._site.close()


def copied(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns for copies of its arguments; of a rollout a copy as well, that cannot be written."""
    mine = [value if callable(value) else pickle.loads(pickle.dumps(value)) for value in arguments]
    result = function(*mine)
    if isinstance(result, Rollout):
        result = pickle.loads(pickle.dumps(result))
        for array in result.samples.values():
            array.flags.writeable = False
    return result


@pytest.fixture
def outposts(monkeypatch: pytest.MonkeyPatch) -> list[Outposts]:
    """The crews that trainings with collectors get, without Ray."""
    made: list[Outposts] = []

    def crew(plan: SitePlan, site: Site, folder: RunFolder) -> Any:
        made.append(Outposts(plan, site, folder))
        return Ahead(made[-1]) if plan.config.stale else made[-1]

    monkeypatch.setattr(module, "_crew", crew)
    shorten_bouts(monkeypatch, 7)
    return made


@pytest.mark.parametrize("policy", ["mlp", "lstm"])
@pytest.mark.parametrize("stale", [0, 1])
def test_what_two_bring_is_learned_from_and_counted_once(
    tmp_path: Path, outposts: list[Outposts], policy: str, stale: int
):
    config = tiny_config(worlds=8, collectors=2, stale=stale, samples=960, rated_bouts=0)
    config = replace(config, ppo=replace(config.ppo, policy=policy, unroll=4))
    with closing(RunFolder.create_or_resume(tmp_path, config)) as folder:
        training = Training(folder)
        training.run()
        [lineage], [crew] = training.lineages, outposts
        assert lineage.learner.samples == sum(int((one.samples["acted"] > 0).sum()) for one in crew.brought) == 960
        ledger = Ledger([lineage.snapshots])
        ledger.record(result for one in crew.brought for result in one.results)
        counted, found = ledger.known(), lineage.ledger.known()
        for name in found:  # the newest were not met by the time when the other ledger has them
            assert found[name][:2] == counted[name][:2]
        links = folder.record.chain("sumo")
        assert sum(int(link.curves["bouts"]) for link in links) == sum(len(one.bouts.worlds) for one in crew.brought)
        assert [link.generation for link in links] == list(range(6))
        assert [link.curves.get("stale/versions") for link in links] == [
            None,
            *([0.0, 1.0, 1.0, 1.0, 1.0] if stale else [None] * 5),
        ]
        one, two = crew.brought[:2]
        assert one.samples["observations"].shape == two.samples["observations"].shape
        assert not np.array_equal(one.samples["observations"], two.samples["observations"])


def test_a_resumed_session_plays_other_bouts(tmp_path: Path, outposts: list[Outposts]):
    for samples in (96, 192):
        config = tiny_config(collectors=2, samples=samples, rated_bouts=0)
        with closing(RunFolder.create_or_resume(tmp_path, config)) as folder:
            Training(folder).run()
            assert len(folder.record.chain("sumo")) == samples // 96 + 1
    firsts = [one.samples["observations"][0].tobytes() for crew in outposts for one in crew.brought[:2]]
    assert len(set(firsts)) == 4


class Late:
    """A crew whose rollouts are of given versions."""

    def __init__(self, versions: list[int], rollout: Rollout) -> None:
        self.versions, self.rollout, self.started = versions, rollout, list[tuple[str, int]]()

    def start(self, learner: str, order: Order) -> None:
        self.started.append((learner, order.version))

    def finish(self) -> list[Rollout]:
        return [replace(self.rollout, version=self.versions.pop(0))]

    def collect(self, learner: str, order: Order) -> list[Rollout]:
        return self.finish()


@pytest.mark.parametrize(("stale", "kept"), [(0, [5]), (1, [4, 5])])
def test_what_is_older_is_dropped(tmp_path: Path, outposts: list[Outposts], stale: int, kept: list[int]):
    config = tiny_config(collectors=1, stale=stale, samples=96, rated_bouts=0)
    with closing(RunFolder.create_or_resume(tmp_path, config)) as folder:
        training = Training(folder)
        training.run()
        lineage = training.lineages[0]
        lineage._version, found = 5, []
        for _ in kept:
            if not found:
                lineage._crew = Late([3, 1, 4, 5, 5], outposts[0].brought[0])
            found += [one.version for one in lineage.collect(training.scheduled())]
        assert found == kept


def test_one_order_is_played_ahead_until_the_turn_of_another_learner():
    crew = Late([0] * 4, None)  # type: ignore[arg-type]
    crew.finish = list  # type: ignore[method-assign]
    ahead = Ahead(crew)  # type: ignore[arg-type]
    order = Order(0, Ledger([["a"]]), Scheduled(0.0, 0.0, {}))
    for version, goes_on in enumerate([True, True, False]):
        ahead.collect("one", replace(order, version=version, goes_on=goes_on))
    assert crew.started == [("one", 0), ("one", 0), ("one", 1)]
    ahead.collect("two", replace(order, version=7, goes_on=False))
    assert crew.started[3:] == [("two", 7)]


def test_worlds_are_divided_and_streams_are_not_shared(tmp_path: Path):
    config = tiny_config(worlds=7, collectors=3, ray="auto", stale=1)
    with closing(RunFolder.create_or_resume(tmp_path, config)) as folder:
        plan = SitePlan.of(folder)
    parts = [plan.part(number).config for number in range(3)]
    assert [part.worlds for part in parts] == [3, 2, 2]
    assert [part.workers for part in parts] == [1, 1, 1]
    assert plan.seeds_of(0, 0) == [derived(0, 0, 0, worlds=7)]
    places = [(number, life) for number in range(3) for life in range(4)]
    drawn = [of_collector(0, 0, 0, *place) for place in places] + [derived(0, 0, 0, worlds=7)]
    for of in ("learner", "bouts", "opponents"):
        assert len({getattr(seeds, of) for seeds in drawn}) == len(drawn)
    assert all(seeds.learner < 2**32 and seeds.bouts < 2**62 for seeds in drawn)


def test_an_outpost_refuses_another_snapshot(tmp_path: Path, run_folder: Path, monkeypatch: pytest.MonkeyPatch):
    with closing(RunFolder.open(run_folder)) as folder:
        one, two, *_ = (link.snapshot for link in folder.record.chain("sumo"))
        plan = SitePlan.of(folder)
        content = (folder.snapshots / f"{two}.safetensors").read_bytes()
    plan = replace(plan, config=replace(plan.config, collectors=1))
    outpost = Outpost(plan.part(0), plan.seeds_of(0, 0), Entries.of(plan.config), lambda handle: content)
    outpost.build()
    outpost._handles[one] = outpost._handles[two] = "handle"
    assert outpost._load(two).name == two
    with pytest.raises(SnapshotError, match=f"in the place of snapshot {one} came {two}"):
        outpost._load(one)
    outpost._site.close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"worlds": 5, "collectors": 3}, "5 worlds are too few for 3 collectors: each needs two"),
        ({"stale": 1}, "give their number, such as --collectors 2"),
        ({"ray": "auto"}, "give their number, such as --collectors 2"),
        ({"collectors": 2, "stale": 2}, "stale must be a whole number from 0 to 1, not 2"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        TrainConfig(**settings)


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_collectors_need_ray(tmp_path: Path, run_main: Callable[..., tuple[int, str, str]]):
    status, _, errors = run_main("train", "sumo", "--collectors", "2", "--out", str(tmp_path / "run"))
    assert status == 1
    assert "collectors need Ray: pip install 'dohyo[ray]'" in errors
    assert not (tmp_path / "run").exists()
