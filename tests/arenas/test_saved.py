"""Batches that are saved and continue in another batch, bit for bit; and saved states that do not fit."""

from collections.abc import Callable

import numpy as np
import pytest
from test_conformance import every

from dohyo.arenas import make_batch
from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import EngineError
from dohyo.arenas.push import Push
from dohyo.arenas.saved import Saved, StateError, set_stream, stream_state


def go_on(batch: Batch, steps: int, seed: int) -> bytes:
    """Return all results of `steps` steps of seeded actions."""
    stream = np.random.default_rng(seed)
    seen = []
    for _ in range(steps):
        actions = [stream.uniform(-1, 1, (batch.worlds, *space.shape)) for space in batch.action_spaces]
        step = batch.step(actions)
        finished = [step.finished.ids, step.finished.winner, step.finished.steps, step.finished.dense]
        seen += [*step.observation, step.reward, step.done, step.out, *step.terms.values(), *finished]
        seen += [batch.engine.frame.root_before, batch.engine.frame.root_position, np.array(batch.diverged)]
    return b"".join(np.ascontiguousarray(array).tobytes() for array in seen)


@every
def test_a_batch_goes_on_elsewhere_bit_for_bit(arena, body, engine):
    """Bouts of twelve steps, saved in the middle of their second: what follows holds ends and new starts."""
    make = lambda workers: make_batch(arena, body, engine, 3, workers=workers, max_cycles=12, alpha=0.5)  # noqa: E731
    first, second = make(1), make(2)
    try:
        first.reset(5)
        go_on(first, 19, seed=1)
        saved = first.save()
        after = go_on(first, 19, seed=2)
        second.reset(6)
        go_on(second, 3, seed=3)
        second.restore(saved)
        assert go_on(second, 19, seed=2) == after
    finally:
        first.close()
        second.close()


def test_saving_changes_nothing_on_mujoco():
    batches = [make_batch("sumo", "ant", "mujoco", 3, workers=1, max_cycles=12) for _ in range(2)]
    for batch in batches:
        batch.reset(5)
        go_on(batch, 8, seed=1)
    batches[0].save()
    assert go_on(batches[0], 30, seed=2) == go_on(batches[1], 30, seed=2)


@pytest.fixture
def batch() -> Batch:
    batch = make_batch("sumo", "ant", "mujoco", 3, workers=1)
    batch.reset(5)
    return batch


def test_a_batch_that_has_not_begun_has_nothing_to_save():
    assert make_batch("sumo", "ant", "mujoco", 3, workers=1).save() == {}


def without(name: str) -> Callable[[Saved], object]:
    return lambda saved: saved.pop(name)


@pytest.mark.parametrize(
    "spoil",
    [
        without("dice"),
        without("diverged"),
        without("arena/radius"),
        without("engine/integration"),
        lambda saved: saved.update(more=np.zeros(3)),
        lambda saved: saved.update(length=saved["length"][:2]),
        lambda saved: saved.update(length=saved["length"].astype(float)),
        lambda saved: saved.update(dice=saved["dice"][:2]),
        lambda saved: saved.update(dice=saved["dice"].astype(np.int64)),
        lambda saved: saved.update(diverged=np.zeros(2)),
        dict.clear,
    ],
)
def test_states_that_do_not_fit_are_refused_and_change_nothing(batch: Batch, spoil: Callable[[Saved], object]):
    go_on(batch, 5, seed=1)
    saved = batch.save()
    spoil(saved)
    with pytest.raises(StateError, match="saved state") as caught:
        batch.restore(saved)
    assert "\n" not in str(caught.value)
    other = make_batch("sumo", "ant", "mujoco", 3, workers=1)
    other.reset(5)
    go_on(other, 5, seed=1)
    assert go_on(batch, 5, seed=2) == go_on(other, 5, seed=2)


def test_another_number_of_worlds_is_refused(batch: Batch):
    with pytest.raises(StateError):
        make_batch("sumo", "ant", "mujoco", 4, workers=1).restore(batch.save())


def test_what_cannot_be_saved_says_so(batch: Batch):
    batch.close()
    with pytest.raises(EngineError, match="closed"):
        batch.save()
    pushed = make_batch("sumo", "ant", "mujoco", 3, workers=1, push=Push(100.0))
    with pytest.raises(EngineError, match="pushes"):
        pushed.save()
    halted = make_batch("sumo", "ant", "mujoco", 3, workers=1)
    halted.reset(0)
    halted.halt(np.array([1]))
    with pytest.raises(EngineError, match="halted"):
        halted.save()


def test_an_interrupted_step_is_not_saved(batch: Batch, monkeypatch: pytest.MonkeyPatch):
    def interrupt(action: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(batch.engine, "step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        go_on(batch, 1, seed=1)
    with pytest.raises(EngineError, match="interrupted"):
        batch.save()


@pytest.mark.parametrize("draws", [0, 1, 7])
def test_a_stream_goes_on(draws: int):
    one, two = np.random.default_rng(3), np.random.default_rng(4)
    one.integers(10, size=draws, dtype=np.int32)  # an odd number leaves half of a word
    set_stream(two, stream_state(one))
    assert [one.integers(10, size=5, dtype=np.int32).tolist() for _ in range(3)] == [
        two.integers(10, size=5, dtype=np.int32).tolist() for _ in range(3)
    ]


@pytest.mark.parametrize("change", [{3: 2}, {4: 2}, {5: 2**32}])
def test_states_of_no_stream_are_refused(change: dict[int, int]):
    state = stream_state(np.random.default_rng(0))
    for place, value in change.items():
        state[place] = value
    with pytest.raises(StateError):
        set_stream(np.random.default_rng(0), state)
