"""The batch steps W worlds of one arena, with arrays in and out, and resets finished worlds in place."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike

from dohyo.arenas.arrays import BoolArray, FloatArray, IntArray
from dohyo.arenas.bouts import Bouts, Limits, named, paid
from dohyo.arenas.checks import as_actions, as_seed, share, whole
from dohyo.arenas.errors import ActionError, EngineError
from dohyo.arenas.physics import Engine
from dohyo.arenas.push import Push
from dohyo.arenas.randomisation import OFF, Randomisation, Randomiser
from dohyo.arenas.registry import build_arena, build_engine
from dohyo.arenas.rules.arena import Arena, Verdict, observation_bounds
from dohyo.arenas.rules.dice import Dice, seeds_of
from dohyo.arenas.saved import AnyArray, Saved, StateError, copies, nested, put_back, under
from dohyo.arenas.step import Finished, Step

DIVERGED = "physics diverged"
"""The ending of a bout whose physics diverged: a draw that pays nothing. The engine has put the world back."""


class Batch:
    """W worlds of one arena, stepped together.

    Actions outside their space are clipped if the arena is `bounded`. NaN, infinity or a wrong shape raise
    `ActionError` before anything moves. World `w` of `reset(seed)` plays the bouts of world 0 of `reset(seed + w)`.
    """

    def __init__(
        self,
        arena: Arena,
        engine: Engine,
        *,
        alpha: float = 0.0,
        autoreset: bool = True,
        randomisation: Randomisation = OFF,
        push: Push | None = None,
    ) -> None:
        self.arena, self.engine, self.worlds = arena, engine, engine.worlds
        self.alpha, self.autoreset = share("alpha", alpha), autoreset
        self.endings = (*arena.endings, DIVERGED)
        seats = range(len(arena.seats))
        bounds = [observation_bounds(arena.entries(s)) for s in seats]
        self.observation_spaces = tuple(
            Box(low.astype(arena.dtype), high.astype(arena.dtype), dtype=arena.dtype) for low, high in bounds
        )
        limits = arena.scene.model.actuator_ctrlrange.astype(np.float32)
        self.action_spaces = tuple(Box(*limits[seat.ctrl].T, dtype=np.float32) for seat in arena.scene.seats)
        self._observation = tuple(np.zeros((self.worlds, *s.shape), arena.dtype) for s in self.observation_spaces)
        self._action = np.zeros((self.worlds, arena.scene.model.nu))
        self.limits, self.bouts = Limits(arena), Bouts(self.worlds, len(seats))
        self._all = np.arange(self.worlds)
        self._nothing = self._finish(Verdict.going_on(np.zeros((1, self.worlds, len(seats)))))
        self._dice: Dice | None = None
        self._open, self.torn = True, False  # whether the engine is open, and whether a step was interrupted
        self.randomiser = Randomiser(randomisation, push, arena, engine)
        """What differs from bout to bout and from step to step; its `factors` are those of the current bouts."""

    @property
    def seats(self) -> tuple[str, ...]:
        """Names of the seats, in order."""
        return self.arena.seats

    @property
    def observations(self) -> tuple[FloatArray, ...]:
        """The current observations, per seat `[W, obs]`; the next step overwrites them."""
        return self._observation

    @property
    def out(self) -> BoolArray:
        """Which seats have left the bouts under way, `[W, S]`; their actions count as zero."""
        return self.bouts.out

    @property
    def diverged(self) -> int:
        """Number of bouts so far whose physics diverged."""
        return int(self.bouts.diverged)

    def reset(self, seed: int | None = None) -> tuple[FloatArray, ...]:
        """Begin a bout in every world and return the observations, per seat `[W, obs]`.

        Without a seed the random streams continue; the first reset then takes a seed from the operating system.
        Raises `ConfigError` for a seed that is not a whole number of at least 0, `EngineError` after `close`.
        """
        self.seed(seed)
        self._begin(self._all)
        self._observe()
        self.torn = False
        return self._observation

    def seed(self, seed: int | None) -> list[int]:
        """Begin the worlds' random streams anew as `reset` does; return their seeds, none if the streams continue."""
        self.check_open()
        seed = as_seed(seed)
        if seed is None and self._dice is not None:
            return []
        seeds = seeds_of(seed, self.worlds)
        self._dice = Dice(seeds)
        self.randomiser.seed(seeds)
        return seeds

    def step(self, actions: Sequence[ArrayLike]) -> Step:
        """Advance every world by one control step under the seats' actions, per seat `[W, act]`.

        Raises `ActionError` for actions of a wrong shape or value and when a reset is needed, `EngineError` after
        `close`. An interrupted step (Ctrl-C) leaves worlds at different times, so that a reset is needed.
        """
        self._take(actions)
        return self.uninterrupted(self._advance)

    def uninterrupted(self, advance: Callable[[], Step]) -> Step:
        """Make a control step and note whether it is interrupted; raise `ActionError` if the last one was."""
        if self.torn:
            raise ActionError("the last step was interrupted: call reset() before step()")
        self.torn = True
        try:
            step = advance()
        except EngineError:
            self.torn = False  # a dead worker raises this error at every step
            raise
        self.torn = False
        return step

    def _advance(self) -> Step:
        """Advance every world by one control step under the actions in `_action`."""
        bouts, frame = self.bouts, self.engine.frame
        action = self.randomiser.act(self._action, bouts.length)
        self.engine.step(action if action is self._action else self.limits.keep(action, bouts.idle))
        verdict = self.arena.judge(frame, self._action)
        dense, out = bouts.record(verdict, frame.failed, self.endings.index(DIVERGED)), bouts.out
        self._observe()
        finished = self._nothing
        if np.count_nonzero(verdict.done):
            finished = self._finish(verdict)
            if self.autoreset:
                self._begin(finished.ids)
                self._observe()
        reward, terms = paid(dense, verdict.outcome, self.alpha), named(self.arena, verdict.terms)
        return Step(self._observation, reward, dense, verdict.outcome, terms, verdict.done, out, finished)

    def restart(self, ids: IntArray) -> None:
        """Abandon the bouts in the worlds `ids` `[n]`, begin new ones and refresh the observations.

        Views of one seat call it when their seat has left a bout that goes on. Raises `ActionError` before a reset.
        """
        self.check_begun("restart()")
        self._begin(ids)
        self._observe()

    def halt(self, ids: IntArray) -> None:
        """Stop the worlds `ids` `[n]` until the next reset: their bouts do not end, and their rows are meaningless."""
        self.check_open()
        self.bouts.halted[ids] = True
        self.engine.halt(ids)

    def _finish(self, verdict: Verdict) -> Finished:
        """Return copies of the results of the bouts that are over."""
        over, bouts = np.flatnonzero(verdict.done), self.bouts
        return Finished(
            ids=over,
            observation=tuple(o[over] for o in self._observation),
            winner=verdict.winner[over],
            ending=verdict.ending[over],
            steps=bouts.length[over],
            left=np.minimum(bouts.left[over], bouts.length[over, None]),
            dense=bouts.dense[over],
            outcome=verdict.outcome[over],
        )

    def _take(self, actions: Sequence[ArrayLike]) -> None:
        """Check the actions and write them into `_action` in the engine's order."""
        self.check_begun("step()")
        arrays = as_actions(self.seats, self.action_spaces, self.worlds, actions)
        # A scene's actuators stand in the order of its seats.
        taken = np.concatenate(arrays, axis=1, out=self._action)
        if np.count_nonzero(np.isfinite(taken)) < taken.size:
            name = next(name for name, array in zip(self.seats, arrays, strict=True) if not np.isfinite(array).all())
            raise ActionError(f"{name}: the action holds NaN or infinity; check the policy that made it")
        self.limits.keep(taken, self.bouts.idle)

    def _begin(self, ids: IntArray) -> None:
        assert self._dice is not None
        self.bouts.begin(ids)
        self.randomiser.begin(ids)
        self.engine.reset(ids, *self.arena.spawn(ids, self._dice))

    def _observe(self) -> None:
        self.arena.observe(self.engine.frame, self._observation)
        self.randomiser.see(self._observation, self.bouts.length)

    def check_open(self) -> None:
        """Raise `EngineError` after `close`."""
        if not self._open:
            raise EngineError("this environment is closed: make a new one")

    def check_begun(self, call: str) -> None:
        """Raise `EngineError` after `close`, `ActionError` that names the `call` before the first reset."""
        self.check_open()
        if self._dice is None:
            raise ActionError(f"call reset() before {call}")

    def save(self) -> Saved:
        """Return the state from which another batch of the same arena and engine continues, bit for bit.

        Empty before the first reset. `save` and `restore` both clear what the engine remembers of contacts beyond its
        state. Raises `EngineError` after `close` or an interrupted step, for a batch with pushes and for halted worlds.
        """
        self.check_open()
        if self.torn or self.randomiser.pushes or np.count_nonzero(self.bouts.halted):
            raise EngineError("a batch that has pushes or halted worlds or was interrupted cannot be saved")
        if self._dice is None:
            return {}
        self.engine.settle()
        own = nested("randomiser", self.randomiser.save()) | {"diverged": np.array(self.diverged)}
        return copies(self._arrays()) | own | {"dice": self._dice.save()}

    def restore(self, saved: Mapping[str, AnyArray]) -> None:
        """Continue from a state that `save` returned; raises `StateError` if it does not fit this batch.

        Start ranges, `alpha` and the randomisation's ranges are not part of a state.
        """
        self.check_open()
        rest = dict(saved)
        try:
            streams, diverged = rest.pop("dice"), int(rest.pop("diverged"))
            self.randomiser.restore(under("randomiser", rest))
        except (KeyError, TypeError, ValueError) as error:
            raise StateError(f"a saved state does not fit: it lacks or has a wrong {error}") from error
        dice = Dice([0] * self.worlds)
        dice.restore(streams)
        put_back(self._arrays(), {name: array for name, array in rest.items() if not name.startswith("randomiser/")})
        self.engine.settle()
        self._dice, self.torn = dice, False
        self.bouts.diverged[...] = diverged

    def _arrays(self) -> Saved:
        """Return the live arrays of batch, rules and engine, by name."""
        own = {name: getattr(self.bouts, name) for name in ("length", "dense", "left")}
        seen = {f"{s}": observation for s, observation in enumerate(self._observation)}
        rules = {name: array for name, array in vars(self.arena).items() if isinstance(array, np.ndarray)}
        return own | nested("observation", seen) | nested("arena", rules) | nested("engine", self.engine.state)

    def close(self) -> None:
        """Release the engine; safe to call twice. Every other call then raises `EngineError`."""
        self._open = False
        self.engine.close()


def make_batch(
    arena: str,
    body: str | None = None,
    engine: str | None = None,
    worlds: int = 64,
    *,
    workers: int | None = None,
    drive: str | None = None,
    physics: str | None = None,
    alpha: float = 0.0,
    max_cycles: int | None = None,
    autoreset: bool = True,
    randomisation: Randomisation = OFF,
    push: Push | None = None,
) -> Batch:
    """Build a batch of `worlds` worlds of `arena`, every seat taken by `body`.

    `body`, `engine`, `drive` and `physics` default to the arena's first (`ARENAS`), `engine` to the first that is
    installed. `workers`: threads (mujoco) or processes (pybullet), by default one per core. `drive`: what an action
    means (`dohyo.arenas.physics.scene.DRIVES`). `physics`: how finely MuJoCo simulates
    (`dohyo.arenas.physics.presets`). `alpha`: weight of the dense reward, 0 to 1. `max_cycles`: most control steps in a
    bout. `autoreset`: begin a new bout in the step that ends one. `randomisation`: what differs from bout to bout and
    from step to step. `push`: repeated pushes on seats. Raises `UnknownName`, `ConfigError` or `EngineError`.
    """
    worlds, alpha = whole("worlds", worlds, 1), share("alpha", alpha)  # checked before any worker starts
    rules = build_arena(arena, body, worlds=worlds, drive=drive, physics=physics, max_cycles=max_cycles)
    if push is not None:
        push.mask(rules.seats)  # raises for an unknown seat, before any worker starts
    built = build_engine(arena, engine, rules.scene, worlds, workers)
    return Batch(rules, built, alpha=alpha, autoreset=autoreset, randomisation=randomisation, push=push)
