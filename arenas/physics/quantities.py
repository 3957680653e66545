"""The quantities of a scene that can differ from world to world, and the model's fields that hold them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array

Part = tuple[slice | NDArray[np.intp], ...]
"""The rows and columns of a field; empty for all of it."""


@dataclass(frozen=True)
class Quantity:
    """One quantity of `Engine.vary`."""

    shape: Callable[[mujoco.MjModel], tuple[int, ...]]
    """Shape of a world's values."""
    neutral: float
    """The value that changes nothing: 1 for a factor, 0 for what is added."""
    fields: Callable[[mujoco.MjModel], dict[str, Part]]
    """The fields of `mujoco.MjModel` that it changes, and which part of each."""

    @property
    def added(self) -> bool:
        """Whether values are added to the model's own, instead of multiplied."""
        return self.neutral == 0


def hinges(model: mujoco.MjModel) -> NDArray[np.intp]:
    """Return the joint of each actuator, `[nu]`."""
    joints: NDArray[np.intp] = model.actuator_trnid[:, 0].astype(np.intp)
    return joints


def hinge_dofs(model: mujoco.MjModel) -> NDArray[np.intp]:
    """Return the degree of freedom of each actuator's hinge, `[nu]`."""
    dofs: NDArray[np.intp] = model.jnt_dofadr[hinges(model)].astype(np.intp)
    return dofs


QUANTITIES: dict[str, Quantity] = {
    "gravity": Quantity(lambda m: (3,), 0.0, lambda m: {"opt.gravity": ()}),
    "friction": Quantity(lambda m: (), 1.0, lambda m: {"geom_friction": ()}),
    "mass": Quantity(lambda m: (m.nbody,), 1.0, lambda m: {"body_mass": (), "body_inertia": ()}),
    "gain": Quantity(
        lambda m: (m.nu,), 1.0, lambda m: {"actuator_gainprm": (), "actuator_biasprm": (slice(None), slice(0, 2))}
    ),
    "damping": Quantity(
        lambda m: (m.nu,),
        1.0,
        lambda m: {"actuator_biasprm": (slice(None), slice(2, None)), "dof_damping": (hinge_dofs(m),)},
    ),
    "strength": Quantity(lambda m: (m.nu,), 1.0, lambda m: {"actuator_forcerange": ()}),
    "limits": Quantity(lambda m: (m.nu, 2), 0.0, lambda m: {"jnt_range": (hinges(m),)}),
}
"""By name: gravity, m/s^2, added to the scene's; factor of the friction of all contacts; factor of mass and inertia of
each body; per actuator a factor of its gain (what it adds for the action and for the joint's angle), one of its joint's
damping (what it adds for the joint's velocity), and one of its strength (its largest torque); shifts of its joint's
limits, rad."""


def places(model: mujoco.MjModel) -> dict[str, slice]:
    """Return where each quantity is in a row of all values of a world, by name."""
    ends = np.cumsum([int(np.prod(quantity.shape(model))) for quantity in QUANTITIES.values()]).tolist()
    return {name: slice(first, end) for name, first, end in zip(QUANTITIES, [0, *ends], ends, strict=False)}


def unvaried(model: mujoco.MjModel) -> Array:
    """Return a row of all values of a world that change nothing, laid out by `places`."""
    row = np.zeros(max(place.stop for place in places(model).values()))
    for name, place in places(model).items():
        row[place] = QUANTITIES[name].neutral
    return row


def write(
    model: mujoco.MjModel,
    ids: NDArray[np.intp],
    changes: Mapping[str, Array],
    rows_of: Callable[[str], tuple[Array, Array]],
) -> dict[str, Array]:
    """Write changes of the worlds `ids` `[n]` into the rows of the model's fields; return these rows by field.

    `changes` are values `[n, *shape]` by quantity. `rows_of` returns a field's own value and its rows `[W, ...]`.
    """
    written = {}
    for name, values in changes.items():
        quantity = QUANTITIES[name]
        for field, part in quantity.fields(model).items():
            own, rows = rows_of(field)
            kept, chosen = own[part], rows[ids]
            wide = values.reshape(values.shape + (1,) * (kept.ndim - values.ndim + 1))
            chosen[(slice(None), *part)] = kept + wide if quantity.added else kept * wide
            rows[ids], written[field] = chosen, rows
    return written
