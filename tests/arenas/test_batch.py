"""The batch: worlds that are halted, and worlds that go on while others begin anew."""

import numpy as np
import pytest

from dohyo.arenas import make_batch


@pytest.mark.parametrize("engine", ["mujoco", "pybullet"])
def test_halted_worlds_end_no_bout_and_the_others_play_on_alike(engine):
    """The others' observations are the same to the last bit as without a halt; a reset wakes the halted ones."""
    whole, halting = (make_batch("sumo", "ant", engine, 4, max_cycles=30) for _ in range(2))
    whole.reset(3), halting.reset(3)
    rng, others = np.random.default_rng(0), [0, 3]
    seen = set()
    for k in range(40):
        actions = [rng.uniform(-1, 1, (4, 8)) for _ in range(2)]
        step, same = halting.step(actions), whole.step(actions)
        np.testing.assert_array_equal(step.observation[0][others], same.observation[0][others])
        np.testing.assert_array_equal(step.done[others], same.done[others])
        if k == 5:
            halting.halt(np.array([1, 2]))
        seen |= {*step.finished.ids.tolist()}
    assert seen == {0, 3}, "30 control steps end every bout that goes on"
    np.testing.assert_array_equal(halting.reset(3)[1], whole.reset(3)[1])
    step, same = halting.step(actions), whole.step(actions)
    np.testing.assert_array_equal(step.observation[0], same.observation[0])
    whole.close(), halting.close()


@pytest.mark.parametrize("engine", ["mujoco", "pybullet"])
def test_a_reset_of_one_world_leaves_the_others_earlier_positions(engine):
    """Rules may observe speeds, which are differences from the positions one control step earlier."""
    batch = make_batch("kick_and_defend", "ant", engine, 2)
    batch.reset(0)
    frame = batch.engine.frame
    start = frame.root_position.copy()
    batch.step([np.zeros((2, 8))] * 2)
    batch.restart(np.array([1]))
    np.testing.assert_array_equal(frame.root_before[0], start[0])
    assert (frame.root_position[0] != start[0]).any()
    np.testing.assert_array_equal(frame.root_before[1], frame.root_position[1])
    np.testing.assert_array_equal(frame.loose_before[1], frame.loose_position[1])
    batch.close()
