"""One seat of an arena as a Gymnasium environment for single-agent libraries; given players fill the other seats."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dohyo.arenas.arrays import Array, FloatArray, IntArray
from dohyo.arenas.batch import Batch, make_batch
from dohyo.arenas.checks import as_seed
from dohyo.arenas.errors import ActionError, ConfigError, DohyoError, UnknownName
from dohyo.arenas.physics.presets import CONTROL_STEP
from dohyo.arenas.players import AnyPlayer, Player, make_player
from dohyo.arenas.push import Push
from dohyo.arenas.randomisation import OFF, Randomisation
from dohyo.arenas.step import Step
from dohyo.arenas.views.common import Rebuilt, as_action, describe, ends
from dohyo.arenas.views.render import Image
from dohyo.arenas.views.screen import MODES, Screen

Opponents = AnyPlayer | Sequence[AnyPlayer]
"""One player for all other seats, or one for each in the order of the seats."""


class Seat:
    """One seat of a batch, with `opponents` in the other seats.

    Raises `UnknownName` for an unknown seat, `ConfigError` for a wrong number of opponents.
    """

    def __init__(self, batch: Batch, seat: int | str, opponents: Opponents) -> None:
        self.batch = batch
        self.index = _index(batch.seats, seat)
        self.name = batch.seats[self.index]
        self.observation_space = batch.observation_spaces[self.index]
        self.action_space = batch.action_spaces[self.index]
        others = [s for s in range(len(batch.seats)) if s != self.index]
        names = [batch.seats[s] for s in others]
        self._makers = {s: make_player(p, batch, s) for s, p in zip(others, _each(opponents, names), strict=True)}
        self._seat_opponents(None)
        self._actions: list[NDArray[Any]] = [
            np.zeros((batch.worlds, *space.shape), np.float32) for space in batch.action_spaces
        ]

    def _seat_opponents(self, seed: int | None) -> None:
        """Make the opponents; those given by name get random streams from `seed`."""
        seats, spaces, worlds = self.batch.seats, self.batch.action_spaces, self.batch.worlds
        streams = {s: np.random.default_rng(None if seed is None else (seed, s)) for s in self._makers}
        self._opponents = {
            s: Player(make(streams[s]), worlds, spaces[s].shape[0], seats[s]) for s, make in self._makers.items()
        }

    def reset(self, seed: int | None) -> tuple[FloatArray, ...]:
        """Reset the batch and the opponents' memory, and return the observations; a seed also remakes the opponents."""
        observations = self.batch.reset(seed)
        if seed is not None:
            self._seat_opponents(seed)
        self.forget(np.arange(self.batch.worlds))
        return observations

    def step(self, action: Array) -> Step:
        """Step the batch with this seat's `action` `[W, act]` and the opponents' actions."""
        self._actions[self.index] = action
        for s, opponent in self._opponents.items():
            # A copy, because a policy may keep its observations and the batch overwrites its arrays.
            self._actions[s] = opponent.act(self.batch.observations[s].copy())
        step = self.batch.step(self._actions)
        self.forget(step.finished.ids)
        return step

    def forget(self, worlds: IntArray) -> None:
        """Clear the opponents' memory of `worlds` `[n]`, in which new bouts begin."""
        for opponent in self._opponents.values():
            opponent.forget(worlds)


def _index(names: Sequence[str], seat: int | str) -> int:
    if isinstance(seat, str) and seat in names:
        return names.index(seat)
    if isinstance(seat, int | np.integer) and 0 <= seat < len(names):
        return int(seat)
    raise UnknownName(f"unknown seat {seat!r}; choose one of: {', '.join(names)}, or 0 to {len(names) - 1}")


def _each(opponents: Opponents, names: Sequence[str]) -> list[AnyPlayer]:
    """Return the opponent for each of the seats `names`."""
    single = isinstance(opponents, str) or not isinstance(opponents, Sequence)
    players: list[Any] = [opponents] * len(names) if single else list(opponents)  # type: ignore[arg-type]
    if len(players) != len(names):
        raise ConfigError(
            f"{len(players)} opponents for {len(names)} other seats; give one for all, or one each for: "
            f"{', '.join(names)}"
        )
    return players


def open_seat(batch: Batch, seat: int | str, opponents: Opponents) -> Seat:
    """Return a seat of the batch; if that fails, close the batch and raise."""
    try:
        return Seat(batch, seat, opponents)
    except DohyoError:
        batch.close()
        raise


class SeatEnv(Rebuilt, gymnasium.Env[FloatArray, ArrayLike]):
    """The seat `seat` of one world of `arena`: a number, or a name such as `sumo_1`.

    `opponents` fill the other seats: one player for all, or a list with one for each. A player is "zero", "random",
    after `import dohyo.curricula` the name of a snapshot file or a run, or an object with
    `act(observation [n, obs]) -> action [n, act]` and, if it has memory, `forget(worlds)`. It gets the observations of
    its own seat. A player that does not fit raises `PolicyError`.

    **Actions** `[act]` in [-1, 1]; values beyond that range are clipped. Anything else raises `ActionError`.

    **Endings.** An episode terminates when the rules decide the bout, or when the seat is out of a bout that goes on
    without it; the time-out at `max_cycles` control steps is one of the rules. An episode is truncated only if the
    physics diverged, as in `DohyoEnv`.

    **Infos** are those of `DohyoEnv` for this seat: `dense`, `outcome`, `terms`, `winner`; at the end of the bout also
    `ending` and `steps`.

    The same seed gives the same bouts as `DohyoEnv`, bit for bit, if the opponents repeat too. Opponents given by name
    do, because `reset(seed=…)` seeds them. `options` are accepted and not used.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012, Gymnasium's own form
        "render_modes": [*MODES],
        "render_fps": round(1 / CONTROL_STEP),
    }

    def __init__(
        self,
        arena: str,
        body: str | None = None,
        engine: str | None = None,
        *,
        seat: int | str = 0,
        opponents: Opponents = "zero",
        max_cycles: int | None = None,
        render_mode: str | None = None,
        alpha: float = 0.0,
        drive: str | None = None,
        physics: str | None = None,
        randomisation: Randomisation = OFF,
        push: Push | None = None,
    ) -> None:
        self._screen = Screen(render_mode, f"Dohyo: {arena}")
        self.render_mode = self._screen.mode
        self.batch = make_batch(
            arena,
            body,
            engine,
            1,
            drive=drive,
            physics=physics,
            alpha=alpha,
            max_cycles=max_cycles,
            autoreset=False,
            randomisation=randomisation,
            push=push,
        )
        self.metadata = {**SeatEnv.metadata, "render_fps": round(1 / self.batch.arena.scene.control_step)}
        self._seat = open_seat(self.batch, seat, opponents)
        self.observation_space = self._seat.observation_space
        self.action_space = self._seat.action_space
        self._going_on = self._begun = False

    @property
    def seat(self) -> str:
        """Name of the seat."""
        return self._seat.name

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[FloatArray, dict[str, Any]]:
        """Begin a bout; return the observation `[obs]` and an empty info."""
        self.batch.check_open()
        seed = as_seed(seed)
        super().reset(seed=seed)
        observation = self._seat.reset(seed)
        self._going_on = self._begun = True
        self._screen.begin(self.batch)
        return observation[self._seat.index][0].copy(), {}

    def step(self, action: ArrayLike) -> tuple[FloatArray, float, bool, bool, dict[str, Any]]:
        """Advance by one control step; return observation, reward, terminated, truncated and info."""
        self.batch.check_open()
        if not self._going_on:
            raise ActionError("no bout is going on: call reset() before step()")
        index = self._seat.index
        step = self._seat.step(as_action(self.seat, action, self._seat.action_space.shape)[None])
        terminated, truncated = (bool(end[0, index]) for end in ends(self.batch, step))
        self._going_on = not (terminated or truncated)
        self._screen.show(step)
        observation, info = step.observation[index][0].copy(), describe(self.batch, step)[index]
        return observation, float(step.reward[0, index]), terminated, truncated, info

    def render(self) -> Image | None:
        """Return a picture `[360, 480, 3]` ("rgb_array"), or None ("human": the viewer shows every step)."""
        return self._screen.render(self.batch, self._begun)

    def close(self) -> None:
        """Release the engine and the viewer; safe to call twice."""
        self.batch.close()
        self._screen.close()
