"""Factors of the physics that are drawn at the start of each bout."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.physics import Engine
from dohyo.arenas.physics.quantities import hinges
from dohyo.arenas.randomisation.config import GROUPS, Randomisation
from dohyo.arenas.randomisation.draws import Draws
from dohyo.arenas.saved import AnyArray

STREAM = 2
"""Part of the seed of these draws' own random stream."""
MOST_SHIFT = 0.45
"""Largest shift of a joint's limit as a share of its range, so that the lower stays below the upper (ours)."""
NORMAL, LOGARITHMIC = ("limits", "tilt"), ("damping", "gain")
"""Fields that are normal, and those that are uniform in the logarithm; the others are uniform."""
NEEDS = {
    "gravity": {"gravity", "tilt"},
    "friction": {"friction"},
    "mass": {"mass", "link_mass"},
    "gain": {"gain", "torque"},
    "damping": {"damping", "torque"},
    "strength": {"torque"},
    "limits": {"limits"},
}
"""The engine's quantities, and the fields that each follows."""


class PhysicsDraws(Draws):
    """Draws the fields of the group `physics` for an engine's worlds, and sets the engine.

    `factors` are factors, shifts of limits (rad), and what is added to gravity (m/s^2).
    """

    def __init__(self, config: Randomisation, engine: Engine) -> None:
        super().__init__(config, engine.worlds, STREAM, {})
        model = engine.scene.model
        self._engine, self._gravity = engine, model.opt.gravity.copy()
        self._range = np.ptp(model.jnt_range[hinges(model)], axis=1)
        self._quantities = [name for name, fields in NEEDS.items() if fields & set(config.on)]
        shapes: dict[str, tuple[int, ...]] = {"limits": (model.nu, 2), "tilt": (3,), "link_mass": (model.nbody,)}
        shapes |= {"damping": (model.nu,), "gain": (model.nu,)}
        for name in GROUPS["physics"]:
            self.factors[name] = np.full((engine.worlds, *shapes.get(name, ())), 0.0 if name in NORMAL else 1.0)

    def begin(self, ids: IntArray) -> None:
        """Draw for bouts that begin in the worlds `ids`, and set the engine; call before its reset."""
        config, uniform = self.config, [name for name in self.factors if name not in NORMAL]
        # Everything is drawn, used or not, so that one field's values do not depend on the other fields.
        shares = self._split(uniform, self._dice.standard(ids, "uniform", self._size(uniform)))
        normals = self._split(NORMAL, self._dice.standard(ids, "normal", self._size(NORMAL)))
        for name, share in shares.items():
            self.factors[name][ids] = spread(share, *getattr(config, name), logarithmic=name in LOGARITHMIC)
        self.factors["tilt"][ids] = config.tilt * normals["tilt"]
        most = MOST_SHIFT * self._range[:, None]
        self.factors["limits"][ids] = np.clip(config.limits * normals["limits"], -most, most)
        self.set(ids)

    def set(self, ids: IntArray) -> None:
        """Set the engine's worlds `ids` to the current draws."""
        self._engine.vary(ids, {name: self._value(name, ids) for name in self._quantities})

    def restore(self, saved: Mapping[str, AnyArray]) -> None:
        """See `Draws`."""
        super().restore(saved)
        self.set(np.arange(self._worlds))

    def _value(self, quantity: str, ids: IntArray) -> Array:
        """Return the engine's values of a quantity in the worlds `ids`."""
        now = {name: values[ids] for name, values in self.factors.items()}
        torque, value = now["torque"][:, None], np.zeros(0)
        match quantity:
            case "gravity":
                value = (now["gravity"][:, None] - 1) * self._gravity + now["tilt"]
            case "mass":
                value = now["mass"][:, None] * now["link_mass"]
            case "gain" | "damping":
                value = torque * now[quantity]
            case "strength":
                value = np.repeat(torque, len(self._range), axis=1)
            case _:
                value = now[quantity]
        return value

    def _size(self, names: Sequence[str]) -> int:
        return sum(self.factors[name][0].size for name in names)

    def _split(self, names: Sequence[str], drawn: Array) -> dict[str, Array]:
        """Return the columns of `drawn` `[n, numbers]` that belong to each field, in its shape."""
        ends = np.cumsum([self.factors[name][0].size for name in names]).tolist()
        return {
            name: drawn[:, first:end].reshape(len(drawn), *self.factors[name].shape[1:])
            for name, (first, end) in zip(names, pairwise([0, *ends]), strict=True)
        }


def spread(share: Array, low: float, high: float, *, logarithmic: bool) -> Array:
    """Map draws of U(0, 1) to U(low, high), or to the law that is uniform in the logarithm."""
    if low == high:
        return np.full_like(share, low)
    drawn = np.exp(np.log(low) + share * np.log(high / low)) if logarithmic else low + share * (high - low)
    inside: Array = np.clip(drawn, low, high)  # rounding may leave the range
    return inside
