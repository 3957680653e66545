"""A batch as a Stable-Baselines3 vector environment: one slot per learning seat; opponents act inside it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from dohyo.agents.learning.bouts import BOTH, EndedBouts
from dohyo.arenas.arrays import FloatArray, IntArray
from dohyo.arenas.batch import Batch
from dohyo.arenas.saved import AnyArray, Saved, StateError, put_back
from dohyo.arenas.step import Finished, Step


class Opponents(Protocol):
    """The interface of whatever fills the seats that do not learn."""

    def assign(self, worlds: IntArray) -> None:
        """Choose an opponent for the bout that begins in each of `worlds` `[n]`."""

    def note(self, bouts: EndedBouts) -> None:
        """Take the results of bouts against these opponents that have ended."""

    def act(self, observation: FloatArray, worlds: IntArray) -> FloatArray:
        """Return the opponents' actions `[n, act]` for their observations `[n, obs]` in `worlds` `[n]`."""


class SeatVec(VecEnv):
    """The learning seats of a two-seat batch as slots of a vector environment.

    The first `mirrored` worlds have mirror bouts: both seats are slots. In each other world the learner fills one seat,
    which changes from bout to bout, and `opponents` fill the other. With `seat`, the learner always fills that one;
    there are no mirror bouts then, and the seats may differ. Rewards are multiplied by `reward_scale`, so that values
    stay near 1. Bouts that end are reported once, as `EndedBouts`: those against opponents to `opponents`, all of them
    to the listener that `report_to` sets. A slot's observation is its own seat's, `own` entries; with `privileged`,
    that of the other seat in its world follows, for a value function.
    """

    def __init__(
        self,
        batch: Batch,
        opponents: Opponents,
        mirrored: int,
        reward_scale: float,
        seat: int | None = None,
        *,
        privileged: bool = False,
    ) -> None:
        self.batch, self.opponents, self._scale, self._own = batch, opponents, reward_scale, seat
        worlds = np.arange(batch.worlds)
        self._world = np.concatenate([np.repeat(worlds[:mirrored], 2), worlds[mirrored:]])
        turns = worlds[mirrored:] % 2 if seat is None else np.full(len(worlds), seat)
        self._seat = np.concatenate([np.tile([0, 1], mirrored), turns]).astype(np.intp)
        self._past = worlds[mirrored:]
        """The worlds with an opponent; their slots are the last ones, in the same order."""
        self._first_past, self.mirrored = 2 * mirrored, mirrored
        self._actions = tuple(np.zeros((batch.worlds, *space.shape), np.float32) for space in batch.action_spaces)
        self._quiet: dict[str, Any] = {}
        self._listener: Callable[[EndedBouts], None] | None = None
        self._pending: FloatArray | None = None
        own = seat or 0
        self._turns = (0, 1)[: 1 + privileged]
        """The seats that a slot observes, relative to its own: 0, and 1 (the other seat) with `privileged`."""
        spaces = [batch.observation_spaces[own ^ turn] for turn in self._turns]
        self.own = spaces[0].shape[0]
        self.dtype = np.result_type(*(space.dtype for space in spaces))
        """The type of the slots' observations."""
        ends = ([getattr(space, end) for space in spaces] for end in ("low", "high"))
        low, high = (np.concatenate(end, dtype=np.float32) for end in ends)  # the paper's arenas give float64
        super().__init__(len(self._world), Box(low, high), batch.action_spaces[own])

    def reset(self) -> FloatArray:
        """Begin a bout in every world; return the slots' observations `[slots, obs]`."""
        self.opponents.assign(self._past)
        seed = self._seeds[0]
        self._reset_seeds()
        return self._gather(self.batch.reset(seed))

    def step_async(self, actions: FloatArray) -> None:
        """Store the slots' actions `[slots, act]` for `step_wait`."""
        self._pending = actions

    def step_wait(self) -> tuple[FloatArray, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Step the batch; a finished bout's slot gets its last observation in `info["terminal_observation"]`."""
        assert self._pending is not None
        step = self.batch.step(self._everyone(self._pending))
        reward = (step.reward[self._world, self._seat] * self._scale).astype(np.float32)
        done = step.done[self._world]
        infos = self._infos(step)
        if len(step.finished.ids):
            self._end_bouts(step.finished)
        return self._gather(step.observation), reward, done, infos

    def _everyone(self, pending: FloatArray) -> list[FloatArray]:
        """Return the actions of both seats, per seat `[W, act]`, from the slots' actions and the opponents'."""
        if self._own is not None:
            theirs = self.opponents.act(self.batch.observations[1 - self._own], self._past)
            return [pending, theirs] if self._own == 0 else [theirs, pending]
        actions = np.stack(self._actions)
        actions[self._seat, self._world] = pending
        if len(self._past):
            rivals = 1 - self._seat[self._first_past :]
            seen = np.stack([o[self._past] for o in self.batch.observations])[rivals, np.arange(len(self._past))]
            actions[rivals, self._past] = self.opponents.act(seen, self._past)
        return list(actions)

    def _infos(self, step: Step) -> list[dict[str, Any]]:
        infos = [self._quiet] * self.num_envs
        row = {int(world): k for k, world in enumerate(step.finished.ids)}
        for slot in np.flatnonzero(step.done[self._world]) if row else ():
            k = row[int(self._world[slot])]
            last = [step.finished.observation[self._seat[slot] ^ turn][k] for turn in self._turns]
            infos[slot] = {"terminal_observation": np.concatenate(last)}
        return infos

    def report_to(self, listener: Callable[[EndedBouts], None]) -> None:
        """Call `listener` with the ended bouts after every step in which bouts end."""
        self._listener = listener

    def _end_bouts(self, finished: Finished) -> None:
        """Report the bouts that have ended; swap seats and draw new opponents for those against opponents."""
        ended = self._ended(finished)
        against = ended.against_opponents()
        if len(against.worlds):
            self.opponents.note(against)
            if self._own is None:
                slots = self._first_past + np.searchsorted(self._past, against.worlds)
                self._seat[slots] = 1 - self._seat[slots]
            self.opponents.assign(against.worlds)
        if self._listener is not None:
            self._listener(ended)

    def _ended(self, finished: Finished) -> EndedBouts:
        past = finished.ids >= self.mirrored
        seat = np.full(len(finished.ids), BOTH)
        seat[past] = self.learner_seat(finished.ids[past])
        dense = finished.dense.mean(axis=1)  # in mirror bouts, the learner's reward is the mean of both seats
        dense[past] = finished.dense[past, seat[past]]
        return EndedBouts(finished.ids, seat, finished.winner, finished.steps, finished.ending, dense)

    def _gather(self, observation: Sequence[FloatArray]) -> FloatArray:
        if self._own is not None:
            return np.concatenate([observation[self._own ^ turn] for turn in self._turns], axis=1)
        stacked = np.stack(observation)
        return np.concatenate([stacked[self._seat ^ turn, self._world] for turn in self._turns], axis=1)

    def learner_seat(self, worlds: IntArray) -> IntArray:
        """Return the learner's seat in each of `worlds` `[n]`, which must have an opponent."""
        return self._seat[self._first_past + np.searchsorted(self._past, worlds)]

    def save(self) -> Saved:
        """Return the state of the slots, without the batch and the opponents, for `restore` of a like vector."""
        seed = self._seeds[0]
        return {"seat": self._seat.copy(), "seed": np.array(-1 if seed is None else seed)}

    def restore(self, saved: Mapping[str, AnyArray]) -> None:
        """Continue from a state that `save` returned; raises `StateError` if it does not fit."""
        seat, seed = self._seat.copy(), np.array(0)
        put_back({"seat": seat, "seed": seed}, saved)
        if not np.isin(seat, (0, 1)).all():
            raise StateError("a saved state does not fit: it names seats that are not there")
        self._seat[:] = seat
        self.seed(int(seed)) if seed >= 0 else self._reset_seeds()

    def close(self) -> None:
        """Release the batch."""
        self.batch.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute of this vector, repeated for each slot, because slots have no attributes."""
        return [getattr(self, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Raise `AttributeError`: slots have no attributes."""
        raise AttributeError("slots of a batch have no attributes of their own")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Raise `AttributeError`: slots have no methods."""
        raise AttributeError("slots of a batch have no methods of their own")

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """Return False for every slot."""
        return [False] * self.num_envs
