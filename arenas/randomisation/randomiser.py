"""What disturbs a batch: it draws for all worlds, and sets the engine, the actions and the observations."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.errors import ConfigError, EngineError
from dohyo.arenas.physics import Engine
from dohyo.arenas.push import Push, Pusher
from dohyo.arenas.randomisation.actions import ActionDraws
from dohyo.arenas.randomisation.config import GROUPS, Randomisation
from dohyo.arenas.randomisation.draws import Draws
from dohyo.arenas.randomisation.forces import ForceDraws
from dohyo.arenas.randomisation.observations import ObservationDraws
from dohyo.arenas.randomisation.physics import PhysicsDraws
from dohyo.arenas.randomisation.timing import TimingDraws
from dohyo.arenas.rules.arena import Arena
from dohyo.arenas.saved import AnyArray, Saved, StateError, nested, under


class Randomiser:
    """Applies a `Randomisation` and a `Push` to an engine's worlds.

    Raises `EngineError` for a field that the engine cannot follow.
    """

    def __init__(self, config: Randomisation, push: Push | None, arena: Arena, engine: Engine) -> None:
        on = set(config.on)
        refused = sorted(on & engine.fixed) if on else []
        if refused:
            raise EngineError(
                f"{engine.name} cannot randomise {', '.join(refused)}: leave it out, or use another engine"
            )
        self._whole, self._engine, worlds = config, engine, engine.worlds
        self._parts: dict[str, Draws] = {}
        self._actions: ActionDraws | None = None
        self._observations: ObservationDraws | None = None
        self._timing: TimingDraws | None = None
        self._forces: ForceDraws | None = None
        self._pusher = Pusher(push, arena.seats, arena.max_cycles, worlds) if push is not None else None
        self.push_force = np.zeros((worlds, len(arena.seats), 3)) if self._pusher is None else self._pusher.force
        """The push on each seat's root in the last control step, N, world axes, `[W, S, 3]`."""
        if on & {*GROUPS["physics"]}:
            self._parts["physics"] = PhysicsDraws(config, engine)
        if on & {"delay", *GROUPS["action"]}:
            self._parts["actions"] = self._actions = ActionDraws(config, worlds, arena.scene.model.nu)
        if on & {*GROUPS["observation"]}:
            self._parts["observations"] = self._observations = ObservationDraws(config, arena, worlds)
        if "timing" in on:
            self._parts["timing"] = self._timing = TimingDraws(config, worlds, arena.scene.substeps)
        if "force" in on:
            self._parts["forces"] = self._forces = ForceDraws(config, arena.scene, worlds)
        self.drawn = np.zeros((worlds, sum(values[0].size for values in self._randomised())), np.float32)
        """All numbers that were drawn for the current bouts, side by side, `[W, numbers]`; without noise."""

    @property
    def pushes(self) -> bool:
        """Whether there are pushes."""
        return self._pusher is not None

    @property
    def factors(self) -> dict[str, Array]:
        """What was drawn for the current bouts, by field, `[W, ...]`; empty if nothing is randomised."""
        return {name: values for part in self._parts.values() for name, values in part.factors.items()}

    def _randomised(self) -> list[Array]:
        """Return the factors of the fields that are on."""
        return [values for name, values in self.factors.items() if name in self._whole.on]

    def _collect(self) -> None:
        """Refresh `drawn`."""
        columns = [values.reshape(len(values), -1) for values in self._randomised()]
        if columns:
            np.concatenate(columns, axis=1, out=self.drawn, casting="same_kind")

    def narrow(self, config: Randomisation) -> None:
        """Draw from `config` in bouts that begin; raises `ConfigError` for fields that were off when this was made."""
        if more := sorted({*config.on} - {*self._whole.on}):
            raise ConfigError(f"randomisation of {', '.join(more)} was off when this batch was made: make another one")
        for part in self._parts.values():
            part.config = config

    def seed(self, seeds: Sequence[int]) -> None:
        """Begin the random streams of all worlds anew."""
        for part in self._all():
            part.seed(seeds)

    def begin(self, ids: IntArray) -> None:
        """Draw for bouts that begin in the worlds `ids`; call before the engine's reset."""
        for part in self._all():
            part.begin(ids)
        self._collect()

    def act(self, action: Array, steps: NDArray[np.intp]) -> Array:
        """Return what reaches the joints under `action` `[W, A]`, and set the engine's forces and timing.

        All is for the next control step; the bouts have lasted `steps` `[W]` control steps so far.
        """
        forces = []
        if self._pusher is not None:
            forces.append(self._pusher.blow(self._engine.frame.root_position, steps))
        if self._forces is not None:
            forces.append(self._forces.blow(steps))
        if forces:
            self._engine.push(forces[0] if len(forces) == 1 else forces[0] + forces[1])
        if self._timing is not None:
            self._engine.pace(self._timing.steps(steps))
        return action if self._actions is None else self._actions.act(action, steps)

    def _all(self) -> list[Draws | Pusher]:
        return [*self._parts.values(), *([] if self._pusher is None else [self._pusher])]

    def see(self, observations: Sequence[AnyArray], steps: NDArray[np.intp]) -> None:
        """Add noise to the observations, per seat `[W, obs]`, in place."""
        if self._observations is not None:
            self._observations.see(observations, steps)

    def save(self) -> Saved:
        """Return the state for `restore`."""
        return {name: array for key, part in self._parts.items() for name, array in nested(key, part.save()).items()}

    def restore(self, saved: Mapping[str, AnyArray]) -> None:
        """Continue from a state that `save` returned, and set the engine; the engine's own state must follow.

        Raises `StateError` or `KeyError` for anything else.
        """
        if {name.partition("/")[0] for name in saved} != {*self._parts}:
            raise StateError("a saved state does not fit: other things were randomised")
        for key, part in self._parts.items():
            part.restore(under(key, saved))
        self._collect()
