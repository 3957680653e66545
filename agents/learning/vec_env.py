"""A batch as a Stable-Baselines3 vector environment: one slot per learning seat; opponents act inside it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from gymnasium.spaces import Box
from stable_baselines3.common.vec_env import VecEnv

from dohyo.agents.devices import host, put
from dohyo.agents.learning.bouts import EVERY, EndedBouts
from dohyo.agents.learning.slots import Slots
from dohyo.arenas.arrays import BoolArray, FloatArray, IntArray, namespace
from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import ConfigError
from dohyo.arenas.physics.mirror import Mirror
from dohyo.arenas.rules.mirror import mirror_action, mirror_observation
from dohyo.arenas.saved import AnyArray, Saved, put_back
from dohyo.arenas.sides import places
from dohyo.arenas.step import Finished, Step


class Opponents(Protocol):
    """The interface of whatever fills the seats that do not learn, with one opponent per side.

    These seats are numbered as chairs: chair k * W + w is the k-th of them in world w, counted from the side after the
    learner's. With two seats, chairs are worlds.
    """

    def assign(self, worlds: IntArray) -> None:
        """Choose the opponents for the bout that begins in each of `worlds` `[n]`."""

    def note(self, bouts: EndedBouts) -> None:
        """Take the results of bouts against these opponents that have ended."""

    def act(self, observation: FloatArray, chairs: IntArray) -> FloatArray:
        """Return the opponents' actions `[n, act]` for their observations `[n, obs]` on `chairs` `[n]`."""


class SeatVec(VecEnv):
    """The learning seats of a batch as slots of a vector environment.

    The first `mirrored` worlds have mirror bouts: all seats are slots. In each other world the learner fills one side,
    which changes from bout to bout, and `opponents` fill the others. With `side`, the learner always fills that one;
    there are no mirror bouts then, and the sides may differ. A slot's episode ends when its seat leaves the bout; if
    the bout goes on, the slot idles until the next one, and its episode ends again there. Rewards are multiplied by
    `reward_scale`, so that values stay near 1. Bouts that end are reported once, as `EndedBouts`: those against
    opponents to `opponents`, all of them to the listener that `report_to` sets. A slot's observation is its own seat's,
    `own` entries; with `privileged`, those of the other seats in its world follow, partners first, then what is
    randomised in it (`Randomiser.drawn`), for a value function.
    """

    def __init__(
        self,
        batch: Batch,
        opponents: Opponents,
        mirrored: int,
        reward_scale: float,
        side: int | None = None,
        *,
        privileged: bool = False,
    ) -> None:
        self.batch, self.opponents, self._scale, self.mirrored = batch, opponents, reward_scale, mirrored
        self.device: Any = getattr(batch, "device", None)
        """The device of torch on which the slots' observations, actions and rewards are tensors; None for arrays."""
        self._slots = self._acting = Slots(batch, mirrored, side)
        self._quiet: dict[str, Any] = {}
        self._listener: Callable[[EndedBouts], None] | None = None
        self._pending: FloatArray | None = None
        shown = self._slots.others[self._slots.seat[0]]
        self._views = len(shown) if privileged else 1
        """Number of seats whose observations a slot gets."""
        self._shown = shown[: self._views]
        spaces = [batch.observation_spaces[seat] for seat in self._shown]
        self.own = spaces[0].shape[0]
        self.dtype = np.result_type(*(space.dtype for space in spaces))
        """The type of the slots' observations."""
        ends = ([getattr(space, end) for space in spaces] for end in ("low", "high"))
        low, high = (np.concatenate(end, dtype=np.float32) for end in ends)  # the paper's arenas give float64
        randomised = privileged and self.device is None  # nothing is on a device
        self._drawn = batch.randomiser.drawn if randomised else np.zeros((batch.worlds, 0), np.float32)
        """What is randomised in each world, as far as slots see it, `[W, numbers]`."""
        unbounded = np.full(self._drawn.shape[1], np.inf, np.float32)
        low, high = np.concatenate([low, -unbounded]), np.concatenate([high, unbounded])
        slots = self._slots.count
        self._idle: BoolArray = np.zeros(slots, bool)
        self.acted: BoolArray = np.ones(slots, bool)
        """Which slots acted in the last step; the others idled."""
        super().__init__(slots, Box(low, high), batch.action_spaces[shown[0]])

    def reset(self) -> FloatArray:
        """Begin a bout in every world; return the slots' observations `[slots, obs]`."""
        self.opponents.assign(self._slots.past)
        seed = self._seeds[0]
        self._reset_seeds()
        self._idle[:] = False
        return self._seen(self.batch.reset(seed))

    def step_async(self, actions: FloatArray) -> None:
        """Store the slots' actions `[slots, act]` for `step_wait`."""
        self._pending = actions

    def step_wait(self) -> tuple[FloatArray, FloatArray, BoolArray, list[dict[str, Any]]]:
        """Step the batch; a slot whose episode ends gets its last observation in `info["terminal_observation"]`."""
        assert self._pending is not None
        drawn = self._drawn.copy()  # a bout that begins draws anew
        step, reward, done = self._advance(self._pending)
        infos = self._infos(step, done, drawn)
        return self._conclude(step), reward, done, infos

    def play(self, actions: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Step the batch; return what `step` returns but the infos, which take time."""
        step, reward, done = self._advance(actions)
        return self._conclude(step), reward, done

    def open(self, steps: int) -> None:
        """Prepare for a rollout of `steps` calls of `play`."""

    def settle(self) -> None:
        """Report the bouts that have ended since `open`, unless they have been reported."""

    def _advance(self, actions: FloatArray) -> tuple[Step, FloatArray, BoolArray]:
        """Step the batch under the slots' actions; return the step, and of each slot the reward and whether it ends."""
        slots = self._acting
        theirs = actions[:0]
        if len(slots.past):
            theirs = self.opponents.act(slots.rivals(self.batch.observations), slots.chairs)
        step = self.batch.step(slots.everyone(actions, theirs))
        xp, over = namespace(step.done), step.done[slots.world]
        reward = xp.astype(step.reward[slots.world, slots.seat] * self._scale, xp.float32)
        out = step.out[slots.world, slots.seat]
        done = over | (out & ~self._idle)
        self.acted, self._idle = ~self._idle, out & ~over
        return step, reward, done

    def _conclude(self, step: Step) -> FloatArray:
        """Report the bouts that have ended in a step; return what every slot sees, `[slots, obs]`."""
        if len(step.finished.ids):
            self._end_bouts(step.finished)
        return self._seen(step.observation)

    def _seen(self, observation: Sequence[FloatArray]) -> FloatArray:
        """Return what every slot sees, `[slots, obs]`."""
        seen = self._acting.gather(observation, self._views)
        return np.concatenate([seen, self._drawn[self._slots.world]], axis=1) if self._drawn.shape[1] else seen

    def _infos(self, step: Step, done: BoolArray, drawn: FloatArray) -> list[dict[str, Any]]:
        infos = [self._quiet] * self.num_envs
        row = {int(world): k for k, world in enumerate(step.finished.ids)}
        for slot in np.flatnonzero(done):
            world, seats = int(self._slots.world[slot]), self._slots.others[self._slots.seat[slot]][: self._views]
            seen, k = (step.finished.observation, row[world]) if world in row else (step.observation, world)
            last = [*(seen[seat][k] for seat in seats), drawn[world]]
            infos[slot] = {"terminal_observation": np.concatenate(last)}
        return infos

    def report_to(self, listener: Callable[[EndedBouts], None]) -> None:
        """Call `listener` with the ended bouts after every step in which bouts end."""
        self._listener = listener

    def _end_bouts(self, finished: Finished) -> None:
        """Report the bouts that have ended; change sides and draw new opponents for those against opponents."""
        ended = self._ended(finished)
        against = ended.against_opponents()
        if len(against.worlds):
            self.opponents.note(against)
            over = np.zeros(self.batch.worlds, bool)
            over[against.worlds] = True
            self._slots.move(over)
            self.opponents.assign(against.worlds)
        if self._listener is not None:
            self._listener(ended)

    def _ended(self, finished: Finished) -> EndedBouts:
        past, sides = finished.ids >= self.mirrored, np.array(self.batch.arena.sides)
        side = np.full(len(finished.ids), EVERY)
        side[past] = self._slots.side(finished.ids[past])
        own = (side[:, None] == sides) | (side[:, None] == EVERY)
        dense = finished.dense.mean(axis=1, where=own)
        placed = places(finished.left, finished.steps, finished.winner, self.batch.arena.sides)
        return EndedBouts(finished.ids, side, finished.winner, finished.steps, finished.ending, dense, placed)

    def learner_side(self, worlds: IntArray) -> IntArray:
        """Return the learner's side in each of `worlds` `[n]`, which must have opponents."""
        return self._slots.side(worlds)

    def mirror(self) -> tuple[Mirror, Mirror]:
        """Return the mirror images of what a slot sees and of what it does; raises `ConfigError` if unknown."""
        arena = self.batch.arena
        if self._drawn.shape[1]:
            raise ConfigError("what is randomised has no mirror image: leave out --symmetry, or take --value own")
        return mirror_observation(arena, self._shown), mirror_action(arena, self._shown[0])

    def save(self) -> Saved:
        """Return the state of the slots, without the batch and the opponents, for `restore` of a like vector."""
        seed = self._seeds[0]
        state = {"seed": np.array(-1 if seed is None else seed), "idle": np.array(host(self._idle))}
        return state | {"turn": self._slots.save()}

    def restore(self, saved: Mapping[str, AnyArray]) -> None:
        """Continue from a state that `save` returned; raises `StateError` if it does not fit."""
        turn, idle, seed = self._slots.save(), np.array(host(self._idle)), np.array(0)
        put_back({"turn": turn, "idle": idle, "seed": seed}, saved)
        self._slots.restore(turn)
        self._idle = put(idle, self.device)
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
