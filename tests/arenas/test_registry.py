"""The table of arenas, and user-defined arenas in it."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest

from dohyo.arenas import ARENAS, ConfigError, UnknownName, make_batch, register_arena

SHORT = replace(ARENAS["sumo"], id="short_v0", max_cycles=3)


def test_an_arena_that_is_registered_can_be_played():
    with patch.dict(ARENAS):
        register_arena("short", SHORT)
        register_arena("short", SHORT)  # the same once more: a file that is imported twice
        batch = make_batch("short", engine="mujoco", worlds=2, workers=1)
        batch.reset(0)
        still = np.zeros((2, 8))
        done = [batch.step([still, still]).done.tolist() for _ in range(3)]
        batch.close()
    assert done == [[False, False], [False, False], [True, True]]


@pytest.mark.parametrize("name", ["sumo", ""])
def test_a_name_that_is_taken_is_refused(name: str):
    with patch.dict(ARENAS), pytest.raises(ConfigError, match="choose a name that no other arena has"):
        register_arena(name, SHORT)
    assert ARENAS["sumo"].id == "sumo_v0"


def test_an_unknown_arena_is_answered_with_the_ways_to_add_one():
    with pytest.raises(UnknownName, match=r"`--import FILE`, or `register_arena` in Python"):
        make_batch("tag")
