"""One seat in many worlds as Gymnasium's vector environment: one batch, no loop over worlds."""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from dohyo.arenas.arrays import Array, BoolArray, FloatArray
from dohyo.arenas.batch import make_batch
from dohyo.arenas.checks import as_seed
from dohyo.arenas.errors import UnknownName
from dohyo.arenas.physics.presets import CONTROL_STEP
from dohyo.arenas.push import Push
from dohyo.arenas.randomisation import OFF, Randomisation
from dohyo.arenas.step import Step
from dohyo.arenas.views.common import Rebuilt, as_action, ends, winners
from dohyo.arenas.views.seat_env import Opponents, open_seat


class SeatVectorEnv(Rebuilt, VectorEnv[FloatArray, ArrayLike, NDArray[Any]]):
    """One seat of `arena` in `num_envs` worlds at once; everything else as in `SeatEnv`.

    `autoreset_mode` is Gymnasium's. `SAME_STEP`, the default: a new bout begins in the step that ends one, and
    `final_obs` and `final_info` in the infos hold the last observation and info of the old bout. `NEXT_STEP`, which
    wrappers such as `NormalizeObservation` need: the step that ends a bout returns its last observation, and the next
    step begins a new bout instead of acting, with reward 0. Infos are arrays over the worlds, each `key` with a mask
    `_key`. World w of `reset(seed=seed)` plays the same bouts as a `SeatEnv` of `reset(seed=seed + w)`.
    `workers`: threads (mujoco) or processes (pybullet), by default one per core.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012, Gymnasium's own form
        "autoreset_mode": AutoresetMode.SAME_STEP,
        "render_modes": [],
        "render_fps": round(1 / CONTROL_STEP),
    }

    def __init__(
        self,
        arena: str,
        body: str | None = None,
        engine: str | None = None,
        num_envs: int = 64,
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
        workers: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ) -> None:
        if render_mode is not None:
            raise UnknownName(
                f"unknown render_mode {render_mode!r}; a vector is not rendered: use SeatEnv for pictures"
            )
        self._same_step = _mode(autoreset_mode) is AutoresetMode.SAME_STEP
        self.metadata = {**SeatVectorEnv.metadata, "autoreset_mode": _mode(autoreset_mode)}
        self.num_envs = num_envs
        self.batch = make_batch(
            arena,
            body,
            engine,
            num_envs,
            workers=workers,
            drive=drive,
            physics=physics,
            alpha=alpha,
            max_cycles=max_cycles,
            autoreset=self._same_step,
            randomisation=randomisation,
            push=push,
        )
        self._seat = open_seat(self.batch, seat, opponents)
        self.single_observation_space = self._seat.observation_space
        self.single_action_space = self._seat.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._over = np.zeros(num_envs, bool)
        """Whether the world's next step begins a bout instead of acting, `[W]`; never with `SAME_STEP`."""
        self._winners = np.array(winners(self.batch), object)
        self._endings = np.array(self.batch.endings, object)

    @property
    def seat(self) -> str:
        """Name of the seat."""
        return self._seat.name

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[FloatArray, dict[str, Any]]:
        """Begin a bout in every world; return the observations `[W, obs]` and empty infos."""
        self.batch.check_open()
        seed = as_seed(seed)
        super().reset(seed=seed)
        observation = self._seat.reset(seed)[self._seat.index].copy()
        self._over[:] = False
        return observation, {}

    def step(self, actions: ArrayLike) -> tuple[FloatArray, Array, BoolArray, BoolArray, dict[str, Any]]:
        """Advance by one control step under `actions` `[W, act]`.

        Return observations `[W, obs]`, rewards, terminations and truncations `[W]` each, and infos.
        """
        self.batch.check_open()
        index = self._seat.index
        step = self._seat.step(as_action(self.seat, actions, (self.num_envs, *self._seat.action_space.shape)))
        acted = ~self._over
        terminated, truncated = (end[:, index] & acted for end in ends(self.batch, step))
        ended: BoolArray = terminated | truncated
        reward = np.where(acted, step.reward[:, index], 0.0)
        if self._same_step:
            last = self._last(step, ended) if ended.any() else None
            infos = self._infos(step, ended, last)
            self._begin(ended & ~step.done)  # bouts that go on without the seat are abandoned
        else:
            infos = self._describe(step, acted) if acted.any() else {}
            self._begin(self._over)
            self._over = ended
        return self.batch.observations[index].copy(), reward, terminated, truncated, infos

    def _begin(self, which: BoolArray) -> None:
        """Begin new bouts in the worlds `which` `[W]`."""
        if len(worlds := np.flatnonzero(which)):
            self.batch.restart(worlds)
            self._seat.forget(worlds)

    def _last(self, step: Step, ended: BoolArray) -> NDArray[np.object_]:
        """Return the last observation `[obs]` of each world whose episode has ended, None for others, `[W]`."""
        seen = step.observation[self._seat.index].copy()
        seen[step.finished.ids] = step.finished.observation[self._seat.index]
        last = np.full(self.num_envs, None, object)
        for world in np.flatnonzero(ended):  # `final_obs` is an array of objects; few worlds end in a step
            last[world] = seen[world]
        return last

    def _infos(self, step: Step, ended: BoolArray, last: NDArray[np.object_] | None) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        if last is not None:
            _put(infos, "final_obs", last, ended)
            _put(infos, "final_info", self._describe(step, ended), ended)
        if not ended.all():
            infos |= self._describe(step, ~ended)
        return infos

    def _describe(self, step: Step, which: BoolArray) -> dict[str, Any]:
        """Return the infos of the worlds where `which` `[W]` holds: arrays `[W]`, 0 or None for the others."""
        index, finished = self._seat.index, step.finished
        winner, ending = np.full((2, self.num_envs), None, object)
        steps = np.zeros(self.num_envs, int)
        winner[finished.ids] = self._winners[finished.winner]
        winner[~which] = None
        ending[finished.ids], steps[finished.ids] = self._endings[finished.ending], finished.steps
        infos: dict[str, Any] = {}
        _put(infos, "dense", np.where(which, step.dense[:, index], 0), which)
        _put(infos, "outcome", np.where(which, step.outcome[:, index], 0), which)
        terms: dict[str, Any] = {}
        for name, term in step.terms.items():
            _put(terms, name, np.where(which, term[:, index], 0), which)
        _put(infos, "terms", terms, which)
        _put(infos, "winner", winner, which)
        over = which & step.done
        if over.any():
            _put(infos, "ending", ending, over)
            _put(infos, "steps", steps, over)
        return infos

    def close_extras(self, **kwargs: Any) -> None:
        """Release the engine."""
        self.batch.close()


def _put(infos: dict[str, Any], key: str, value: Any, mask: BoolArray) -> None:
    """Add `value` under `key`, and the `mask` `[W]` of the worlds that have it under `_key`, as Gymnasium does."""
    infos[key], infos[f"_{key}"] = value, mask.copy()


def _mode(mode: AutoresetMode | str) -> AutoresetMode:
    """Return an autoreset mode that the vector offers; raise `UnknownName` for any other."""
    offered = (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP)
    for known in offered:
        if mode in (known, known.value):
            return known
    raise UnknownName(f"unknown autoreset_mode {mode!r}; choose one of: {', '.join(m.value for m in offered)}")
