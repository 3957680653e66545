"""Surgery: policies act as before on other observations and with wider layers; nothing is lost without a word."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles import ORIGIN, lstm, network

from dohyo.agents import entries
from dohyo.agents.entries import BEFORE, entries_before, from_json, to_json
from dohyo.agents.policies.networks import describe, make_policy
from dohyo.agents.snapshot import Part, Snapshot, SnapshotError, load_snapshot, make_snapshot, save_snapshot
from dohyo.agents.surgery import entries_of, fit, widen
from dohyo.arenas.registry import build_arena
from dohyo.arenas.rules.arena import Arena, Entry, digest, layout, observation_size

Tensors = Mapping[str, Any]
OLD_RUNS = Path(__file__).parents[1] / "data" / "runs_0_1"
HEIGHT, SPIN = Entry("height", 1, "m", "world", "…"), Entry("spin", 3, "rad/s", "own", "…")


def value(tensors: Tensors) -> dict[str, Any]:
    """The tensors of a value function like the network `tensors`."""
    last = max(name for name in tensors if name.startswith("weight_"))
    own = {name: tensor for name, tensor in tensors.items() if name not in ("mean", "variance", "log_std")}
    return own | {last: own[last][:1], last.replace("weight", "bias"): own[last.replace("weight", "bias")][:1]}


def parent(shown: Sequence[Entry], kind: str, part: Part = ORIGIN.part) -> Snapshot:
    """A snapshot with random weights that sees `shown`, with a value function."""
    size = observation_size(shown)
    tensors = network(size, 8, 64) if kind == "mlp" else lstm(size, 8, 6, 6)
    origin = replace(ORIGIN, part=replace(part, layout=digest(shown)), observation=size, action=8)
    return make_snapshot(origin, tensors, shown, value(tensors))


def of(arena: Arena, seat: int, kind: str) -> Snapshot:
    return parent(arena.entries(seat), kind, Part.of(arena, seat))


def seen(shown: Sequence[Entry], numbers: Mapping[str, Any]) -> Any:
    """Observations made of each entry's `numbers`, `[n, obs]`."""
    return np.concatenate([numbers[entry.name] for entry in shown], axis=1)


def answers(tensors: Tensors, observation: Any, steps: int = 3) -> Any:
    """What a network answers to the same observations a few times, with its memory."""
    policy = make_policy(tensors, clipped=False)
    memory = np.zeros((len(observation), policy.memory), np.float32)
    return np.stack([policy.act(observation, memory) for _ in range(steps)])


def judge(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot's value function as a network that acts."""
    shared = {name: snapshot.tensors[name] for name in ("mean", "variance")}
    return {**snapshot.values, **shared, "log_std": np.zeros(1, np.float32)}


def check_same(old: Snapshot, new: Snapshot, drop: Sequence[str] = ()) -> None:
    """Both answer alike, whatever new entries show, to 1e-6 of the largest answer; dropped ones are at their mean."""
    rng = np.random.default_rng(0)
    numbers = {e.name: rng.normal(0, 2, (20, e.size)).astype(np.float32) for e in (*old.entries, *new.entries)}
    for name in drop:
        place = layout(old.entries)[name]
        numbers[name] = np.tile(old.tensors["mean"][place], (20, 1))
    before = seen(old.entries, numbers)
    numbers |= {e.name: rng.normal(0, 2, (20, e.size)) for e in new.entries if e.name in drop}
    after = seen(new.entries, numbers).astype(np.float32)
    for one, other in ((old.tensors, new.tensors), (judge(old), judge(new))):
        expected = answers(one, before)
        np.testing.assert_allclose(answers(other, after), expected, rtol=0, atol=1e-6 * np.abs(expected).max())


JOURNEY = (
    ("run_to_goal", ()),
    ("you_shall_not_pass", ("way", "lane")),
    ("sumo", ("goal", "role", "way", "lane", "contact")),
)


@pytest.mark.parametrize("kind", ["mlp", "lstm"])
def test_a_journey_through_the_arenas_changes_no_answer(kind: str):
    traveller = of(build_arena("run_to_goal"), 0, kind)
    name = traveller.name
    for arena, drop in JOURNEY[1:]:
        rules = build_arena(arena)
        fitted = fit(traveller, Part.of(rules, 0), rules.entries(0), drop)
        assert fitted.name == name
        fitted.check_plays(Part.of(rules, 0))
        check_same(traveller, fitted, drop)
        traveller = fitted
    assert "ring" in traveller.fresh
    assert "height" not in traveller.fresh


@pytest.mark.parametrize(("kind", "width"), [("mlp", 256), ("lstm", 24)])
def test_a_wider_network_answers_alike(kind: str, width: int):
    old = of(build_arena("sumo"), 0, kind)
    new = widen(old, width)
    assert describe(new.tensors) == (kind, width)
    check_same(old, new)
    again = widen(old, width)
    assert all((again.tensors[name] == tensor).all() for name, tensor in new.tensors.items())


def test_new_units_of_an_mlp_have_no_outgoing_weight_but_read():
    old = parent([HEIGHT, SPIN], "mlp")
    new = widen(old, 66).tensors
    assert (new["weight_1"][:, 64:] == 0).all()
    assert (new["weight_0"][64:] != 0).all()


def test_new_units_of_an_lstm_have_no_outgoing_weight_but_remember():
    new = widen(parent([HEIGHT, SPIN], "lstm"), 8).tensors
    for gates in (new["gates_in"], new["gates_back"]):
        own = gates.reshape(4, 8, 8)
        assert (own[:, :6, 6:] == 0).all()
        assert (own[:, 6:] != 0).all()
    assert (new["weight_0"][:, 6:] == 0).all()
    assert new["gates_bias"].reshape(4, 8)[:, 6:].tolist() == [[0, 0], [1, 1], [0, 0], [0, 0]]


def test_a_network_does_not_become_narrower():
    with pytest.raises(SnapshotError, match="has width 64: surgery cannot make it 63"):
        widen(parent([HEIGHT], "mlp"), 63)


@pytest.mark.parametrize("kind", ["mlp", "lstm"])
def test_entries_may_move_and_join_between_releases(kind: str):
    old = parent([HEIGHT, SPIN], kind)
    ring = Entry("ring", 2, "m", "world", "…")
    after = [SPIN, ring, HEIGHT]
    new = fit(old, replace(old.origin.part, layout=digest(after)), after)
    check_same(old, new)
    assert new.fresh == ("ring",)
    assert new.tensors["mean"][3:5].tolist() == [0, 0]
    assert new.tensors["variance"][3:5].tolist() == [1, 1]
    assert (new.tensors["embed_weight" if kind == "lstm" else "weight_0"][:, 3:5] == 0).all()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (replace(SPIN, size=2), "3 in rad/s, own; here 2 in rad/s, own"),
        (replace(SPIN, unit="deg/s"), "here 3 in deg/s, own"),
        (replace(SPIN, name="turn"), "here none"),
    ],
)
def test_entries_that_are_removed_or_changed_are_refused_by_name(changed: Entry, said: str):
    old = parent([HEIGHT, SPIN], "mlp")
    after = [HEIGHT, changed]
    part = replace(old.origin.part, layout=digest(after))
    with pytest.raises(SnapshotError, match=r"spin \(.*--drop spin") as refused:
        fit(old, part, after)
    assert said in str(refused.value)
    assert "height" not in str(refused.value)
    dropped = fit(old, part, after, ["spin"])
    check_same(old, dropped, ["spin"])
    assert dropped.fresh == (changed.name,)


def test_entries_with_a_space_are_quoted_in_the_way_out():
    old = parent([HEIGHT, replace(SPIN, name="joint angle")], "mlp")
    with pytest.raises(SnapshotError, match="--drop 'joint angle'"):
        fit(old, replace(old.origin.part, layout=digest([HEIGHT])), [HEIGHT])


def test_other_bodies_and_drives_are_refused():
    old = parent([HEIGHT], "mlp")
    for change in ({"body": "bug"}, {"drive": "torque"}):
        with pytest.raises(SnapshotError, match="surgery changes neither"):
            fit(old, replace(old.origin.part, **change), [HEIGHT])


def test_a_file_keeps_entries_and_values_outside_of_its_name(tmp_path: Path):
    whole = parent([HEIGHT, SPIN], "lstm")
    bare = make_snapshot(whole.origin, whole.tensors)
    assert whole.name == bare.name
    read = load_snapshot(save_snapshot(whole, tmp_path))
    assert [(e.name, e.size, e.unit, e.frame) for e in read.entries] == [
        ("height", 1, "m", "world"),
        ("spin", 3, "rad/s", "own"),
    ]
    assert read.values.keys() == whole.values.keys()
    assert all((read.values[name] == tensor).all() for name, tensor in whole.values.items())


@pytest.mark.parametrize("text", ["[]", '[["height", 1, "m"]]', '[["height", -1, "m", "world"]]', "{", "7"])
def test_entries_that_do_not_match_their_digest_are_refused(text: str):
    with pytest.raises((ValueError, TypeError)):
        from_json(text, digest([HEIGHT]))
    assert from_json(to_json([HEIGHT]), digest([HEIGHT]))[0].size == 1


@pytest.mark.parametrize(("run", "arena"), [("mlp", "sumo"), ("lstm", "run_to_goal")])
def test_files_of_version_0_1_have_their_entries_from_the_table(run: str, arena: str):
    old = load_snapshot(next((OLD_RUNS / run / "snapshots").iterdir()))
    assert old.entries == ()
    found = entries_of(old)
    assert found[0].name == "height"
    assert observation_size(found) == old.origin.observation
    assert ("ring" in layout(found)) == (arena == "sumo")


def test_a_layout_outside_the_table_is_refused():
    with pytest.raises(SnapshotError, match="does not name the entries"):
        entries_of(make_snapshot(ORIGIN, network()))


def test_the_table_matches_its_digests():
    table = json.loads((Path(entries.__file__).parent / BEFORE).read_text())
    assert len(table) > 70
    for key in table:
        assert digest(entries_before(key)) == key
