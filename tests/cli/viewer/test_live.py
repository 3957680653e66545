"""Live bouts: who fights, who is pushed, and what a bout adds up to."""

import numpy as np
import pytest
from states import ENGINES

from dohyo.arenas.errors import DohyoError
from dohyo.arenas.registry import set_up
from dohyo.cli.viewer.live import LiveBouts


def bouts(engine: str = "mujoco", arena: str = "sumo", players: tuple[str, ...] = ("random", "zero")) -> LiveBouts:
    return LiveBouts(arena, set_up(arena, engine=engine), players, 3)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_bout_is_played_step_by_step(engine: str):
    live = bouts(engine)
    for _ in range(4):
        live.step()
    assert live.board.steps == 4
    assert live.board.clock == pytest.approx(0.2)
    assert np.array(live.board.terms).shape == (4, 6, 2)
    assert np.array(live.board.terms).sum(axis=(0, 1)) == pytest.approx(live.board.sums)
    assert live.board.ending is None
    live.begin()
    assert (live.board.steps, live.seed) == (0, 5)
    live.close()


def test_a_bout_that_is_over_stays():
    live = bouts()
    live.batch.arena.max_cycles = 2
    for _ in range(4):
        live.step()
    assert (live.board.steps, live.board.ending, live.board.winner) == (2, "time-out", None)
    live.close()


def test_players_swap_where_they_can():
    live = bouts()
    live.swap()
    assert live.players == ["zero", "random"]
    assert [live.player_of_side(side) for side in (0, 1)] == ["zero", "random"]
    live.close()
    many = bouts(arena="sumo_3", players=("random", "zero"))
    many.swap()
    assert many.players == ["zero", "random", "zero"]
    many.close()
    fixed = bouts(arena="kick_and_defend")
    fixed.swap()
    assert (fixed.can_swap, fixed.players) == (False, ["random", "zero"])
    fixed.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_push_moves_one_seat(engine: str):
    """2,000 N for 0.05 s are 100 N s on a body of some 10 kg: it moves by metres, the other one hardly."""
    live = bouts(engine, players=("zero", "zero"))
    before = live.batch.engine.frame.root_position[0].copy()
    live.push(1, 2000.0)
    for _ in range(10):
        live.step()
    moved = np.linalg.norm(live.batch.engine.frame.root_position[0] - before, axis=1)
    assert moved[1] > 0.5
    assert moved[1] > 3 * moved[0]
    live.close()


def test_who_cannot_play_leaves_the_last_bout():
    live = bouts()
    live.step()
    live.players = ["nobody", "zero"]
    with pytest.raises(DohyoError, match="no player 'nobody'"):
        live.begin()
    assert live.board.steps == 1
    live.close()
