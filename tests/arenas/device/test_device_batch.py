"""The device batch: starts drawn ahead, masks, saved states, and what it refuses. Its bouts are those of the batch."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from states import needs_warp
from tensors import actions, check, compare, near, pair, step_both
from torch.profiler import ProfilerActivity, profile

from dohyo.arenas import (
    ActionError,
    ConfigError,
    DohyoError,
    EngineError,
    Push,
    Randomisation,
    UnknownName,
    make_batch,
)
from dohyo.arenas.device import DeviceBatch, make_device_batch
from dohyo.arenas.device.starts import AHEAD, Starts
from dohyo.arenas.registry import build_arena
from dohyo.arenas.rules import Dice

ENGINES = ["mujoco", pytest.param("warp", marks=needs_warp)]


def make(worlds: int = 2, engine: str = "mujoco", **more: Any) -> DeviceBatch:
    return make_device_batch("sumo", "ant", engine, worlds, device="cpu", **more)


def still(batch: DeviceBatch, value: float = 0.0) -> list[torch.Tensor]:
    return [torch.full((batch.worlds, *space.shape), value) for space in batch.action_spaces]


def test_bouts_of_one_step_use_up_starts_in_order():
    """Every world begins a bout in every step, more often than starts are ready."""
    host, device = pair("sumo_3", "ant", worlds=3, max_cycles=1)
    host.reset(5), device.reset(5)
    assert compare(host, device, 3 * AHEAD) == {"time-out"}


def test_worlds_that_take_starts_at_different_times():
    """The masks by hand: world 0 takes a start in every call, world 1 in every second one, world 2 never."""
    arena, dice = build_arena("sumo", worlds=3), Dice([7, 8, 9])
    starts = Starts(arena, 3, torch.device("cpu"))
    starts.seed([7, 8, 9])
    wanted: list[list[Any]] = [[], [], []]
    for world in range(3):
        for _ in range(20):
            wanted[world].append(build_arena("sumo", worlds=3).spawn(np.array([world]), dice)[0][0])
    used = [0, 0, 0]
    for k in range(19):
        rows = starts.take(torch.tensor([True, k % 2 == 0, False]))["qpos"].numpy()
        for world in range(3):
            assert np.array_equal(rows[world], wanted[world][used[world]])
        used = [used[0] + 1, used[1] + (k % 2 == 0), 0]


def test_without_a_seed_the_streams_continue():
    host, device = pair("sumo", "ant")
    first = [seen.clone() for seen in device.reset(4)]
    host.reset(4)
    for ours, theirs, earlier in zip(host.reset(), device.reset(), first, strict=True):
        near(ours, theirs)
        assert not torch.equal(theirs, earlier)
    assert not torch.equal(make().reset()[0], make().reset()[0])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_world_plays_what_it_plays_alone(engine: str):
    """World w of `reset(seed)` is world 0 of `reset(seed + w)`, bit for bit, over several bouts."""
    many, alone = make(3, engine, max_cycles=6), make(1, engine, max_cycles=6)
    many.reset(20), alone.reset(22)
    rng = np.random.default_rng(0)
    for _ in range(20):
        chosen = torch.from_numpy(rng.uniform(-1, 1, (3, 8)).astype(np.float32))
        together, single = many.step([chosen, -chosen]), alone.step([chosen[2:], -chosen[2:]])
        assert torch.equal(together.reward[2:], single.reward)
        assert torch.equal(together.observation[0][2:], single.observation[0])


@pytest.mark.parametrize("mask", [True, False])
def test_restart_and_halt(mask: bool):
    host, device = pair("sumo_3", "ant", worlds=4, max_cycles=12)
    host.reset(2), device.reset(2)

    def chosen(*ids: int) -> torch.Tensor:
        return torch.tensor([w in ids for w in range(4)]) if mask else torch.tensor(ids)

    compare(host, device, 5)
    host.restart(np.array([1, 3])), device.restart(chosen(1, 3))
    for ours, theirs in zip(host.observations, device.observations, strict=True):
        near(ours, theirs)
    compare(host, device, 3, seed=1)
    host.halt(np.array([2])), device.halt(chosen(2))
    rng, ended = np.random.default_rng(2), set()
    for _ in range(30):
        ours, theirs = step_both(host, device, actions(host, rng))
        assert np.array_equal(ours.done, theirs.done.numpy())
        ended |= {*ours.finished.ids.tolist()}
    assert ended == {0, 1, 3}
    host.reset(2), device.reset(2)
    compare(host, device, 15)  # a reset wakes it


def test_new_ranges_count_from_the_next_start_on():
    host, device = pair("sumo", "ant", max_cycles=7)
    host.reset(0), device.reset(0)
    for low in (2.0, 3.0, 4.0):
        for batch in (host, device):
            batch.arena.ranges |= {"radius": (low, low + 0.1)}
        compare(host, device, 10)
        assert ((low <= device.arena.radius) & (device.arena.radius <= low + 0.1)).all()


@pytest.mark.parametrize("worlds", [2, 3])
def test_weights_of_terms_can_change(worlds: int):
    """Also with as many worlds as terms, and after bouts have begun anew."""
    host, device = pair("run_to_goal", "ant", worlds=worlds, alpha=1.0, max_cycles=2)
    host.reset(0), device.reset(0)
    for batch in (host, device):
        batch.arena.reweigh({"standing": 30.0, "forward": 0.0})
    for _ in range(6):
        ours, theirs = step_both(host, device, actions(host, np.random.default_rng(0)))
        check(ours, theirs)
        assert theirs.terms["standing"].abs().tolist() == [[30, 30]] * worlds


@pytest.mark.parametrize("engine", ENGINES)
def test_batches_over_arrays_and_tensors_continue_each_other(engine: str):
    """A saved state is the same whichever saved it, but for 32 bits, and each continues what the other saved."""
    host, device = pair("sumo_3", "ant", engine, max_cycles=9)
    host.reset(6), device.reset(6)
    compare(host, device, 25)
    ours, theirs = host.save(), device.save()
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        assert array.dtype == theirs[name].dtype, name
        np.testing.assert_allclose(theirs[name], array, rtol=1e-4, atol=1e-3, err_msg=name)
    assert np.array_equal(ours["dice"], theirs["dice"])
    compare(host, device, 10, seed=1)
    for saved in (ours, theirs):
        host, device = pair("sumo_3", "ant", engine, max_cycles=9)
        host.restore(saved), device.restore(saved)
        compare(host, device, 25, seed=1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_action_that_is_no_number_ends_its_world_alone(value: float):
    batch, calm = make(3), make(3)
    batch.reset(1), calm.reset(1)
    chosen = still(batch)
    chosen[1][1, 3] = value
    for k, action in enumerate((still(batch), chosen, still(batch))):
        step, quiet = batch.step(action), calm.step(still(calm))
        assert step.done.tolist() == [False, k == 1, False]
        if k == 1:
            assert batch.endings[step.finished.ending[1]] == "physics diverged"
            assert (step.finished.winner[1], *step.reward[1].tolist()) == (-1, 0, 0)
        for ours, others in zip(step.observation, quiet.observation, strict=True):
            assert torch.equal(ours[[0, 2]], others[[0, 2]])
            assert torch.isfinite(ours).all()
    assert (batch.diverged, calm.diverged) == (1, 0)


def test_diverged_physics_ends_the_bout():
    batch = make(2)
    batch.reset(0)
    engine: Any = batch.engine.host
    engine._qvel[1, 0] = np.nan
    step = batch.step(still(batch))
    assert step.done.tolist() == [False, True]
    assert batch.endings[step.finished.ending[1]] == "physics diverged"
    assert all(torch.isfinite(seen).all() for seen in step.observation)


def test_a_tensor_per_seat_is_needed():
    batch = make(2)
    with pytest.raises(ActionError, match="call reset"):
        batch.step(still(batch))
    batch.reset(0)
    zeros = torch.zeros(2, 8)
    for wrong, message in (
        ([zeros], r"one action tensor per seat \(2\), got 1"),
        ([zeros, zeros[:1]], r"sumo_1: expected a tensor of shape \(2, 8\) on cpu, got \(1, 8\) on cpu"),
        ([np.zeros((2, 8)), zeros], "sumo_0: .*got ndarray"),
        ([zeros, zeros.to("meta")], "sumo_1: .*on meta"),
    ):
        with pytest.raises(ActionError, match=message):
            batch.step(wrong)  # type: ignore[arg-type]
    batch.close()
    with pytest.raises(EngineError, match="closed"):
        batch.step([zeros, zeros])


def test_gradients_of_actions_are_left_out():
    batch = make(2)
    batch.reset(0)
    step = batch.step([torch.zeros(2, 8, requires_grad=True) * 2 for _ in range(2)])
    assert not step.reward.requires_grad
    assert not step.observation[0].requires_grad


@pytest.mark.parametrize(
    ("arena", "engine", "device", "error", "message"),
    [
        ("paper/sumo-ants", "mujoco", "cpu", ConfigError, "numpy arrays alone: use make_batch"),
        ("paper/sumo-ants", None, "cpu", UnknownName, "does not take engine 'warp'"),
        ("sumo", "mujoco", "tpu", UnknownName, "unknown device 'tpu'"),
        ("sumo", "mojoco", "cpu", UnknownName, "unknown engine"),
    ],
)
def test_what_cannot_be_built(arena: str, engine: str | None, device: str, error: type[DohyoError], message: str):
    with pytest.raises(error, match=message) as caught:
        make_device_batch(arena, None, engine, 2, device=device)
    assert "\n" not in str(caught.value)


def test_what_is_for_arrays_alone():
    for more in ({"push": Push(force=10.0)}, {"randomisation": Randomisation(mass=(0.9, 1.1))}):
        with pytest.raises(ConfigError, match=r"no randomisation and no pushes yet: use make_batch\(\)"):
            make(**more)


def test_an_engine_with_worker_processes():
    host, device = pair("kick_and_defend", "ant", "pybullet", workers=2, max_cycles=20)
    host.reset(0), device.reset(0)
    assert "time-out" in compare(host, device, 45)
    host.close(), device.close()


def test_types_on_the_device():
    batch = make(2, max_cycles=1)
    batch.reset(0)
    step = batch.step(still(batch))
    numbers = [
        *step.observation,
        step.reward,
        step.dense,
        step.outcome,
        *step.terms.values(),
        *step.finished.observation,
    ]
    assert {tensor.dtype for tensor in numbers} == {torch.float32}
    counts: list[Any] = [step.finished.ids, step.finished.winner, step.finished.ending, step.finished.steps]
    assert {tensor.dtype for tensor in (*counts, step.finished.left)} == {torch.int64}
    assert (step.done.dtype, step.out.dtype) == (torch.bool, torch.bool)
    assert all(tensor.device == batch.device for tensor in (*numbers, *counts))


def test_without_resets_a_bout_stays_over():
    host, device = (
        make_batch("sumo", "ant", "mujoco", 2, autoreset=False, max_cycles=3),
        make(2, autoreset=False, max_cycles=3),
    )
    host.reset(0), device.reset(0)
    compare(host, device, 6)
    assert device.observations[0].shape == (2, *device.observation_spaces[0].shape)


@pytest.mark.parametrize("arena", ["sumo", "sumo_3", "run_to_goal", "you_shall_not_pass", "kick_and_defend"])
def test_a_step_asks_the_device_nothing(arena: str):
    """No operation has a result whose size depends on values, and no value is read but the constants of masked fills.

    On a GPU the host would wait for either. The physics, which is left out here, is Warp's own.
    """
    batch: Any = make_device_batch(arena, None, "mujoco", 4, device="cpu", workers=1)
    batch.reset(0)
    batch.engine.step, batch.engine.reset = (lambda *arguments: None,) * 2
    actions = still(batch)
    with profile(activities=[ProfilerActivity.CPU]) as watched:
        batch.step(actions)
    calls = Counter(event.name for event in watched.events())
    assert calls["aten::where"] > 10
    assert calls["aten::item"] == calls["aten::masked_fill_"]
    assert not {"aten::nonzero", "aten::masked_select", "aten::is_nonzero", "aten::equal"} & calls.keys()
