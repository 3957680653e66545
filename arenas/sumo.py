"""Sumo: the last side in the ring wins. A seat that falls or leaves is out; a win needs contact; a time-out costs all.

Rules and numbers are those of arXiv 1710.03748 and its code ("EC") unless said otherwise. The ring is a line on a level
floor: on EC's platform, too, the rules end a bout before a seat can step down.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, BoolArray, IntArray, choose, dot, maybe_any, namespace
from dohyo.arenas.bodies import Body
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.mirror import VECTOR, same
from dohyo.arenas.physics.presets import CONTROL_STEP
from dohyo.arenas.rules.arena import NOBODY, TIME_OUT, Entry, Ranges, Term, Verdict
from dohyo.arenas.rules.base import CLOCK, LOSS_OUTCOME, WIN_OUTCOME, BaseArena
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.floor import Disc, Mark
from dohyo.arenas.rules.observation import distance
from dohyo.arenas.rules.start import stand

RADIUS = (2.5, 4.5)
"""Range of the ring's radius, m (EC, ants)."""
RADII = {"humanoid": (1.5, 3.5)}
"""The ranges of bodies for which `RADIUS` does not hold, m (EC, humans). Seats that differ get the wider ring."""

TERMS: tuple[Term, ...] = (
    Term("centre", -0.1, "own distance from the centre, m", "EC, weight -1"),
    Term("control", -0.05, "sum of squared actions", "EC, weight -0.1"),
    Term("standing", 0.5, "1 while standing, -1 when not", "EC, weight 5"),
    Term("approach", 5.0, "speed towards the opponent, m/s", "RoboSumo (arXiv 1710.03641), weight 0.1"),
    Term("push", 10.0, "the opponent's speed away from the centre, m/s", "ours; a push over 2 m pays 400"),
    Term("topple", 5.0, "the opponent's sinking speed minus the own, m/s", "ours; a fall of 0.25 m pays 25"),
)
"""Weights that differ from EC's are ours: with EC's, an ant on two cores learned to stand and wait
(docs/results/training_choices.md). EC's contact cost is left out: it needs forces that only one of the engines
reports. With several opponents, the nearest one in play counts. A seat that is out is paid nothing."""

OUT = 100.0
"""More than any distance about a ring, m: seats that are out are seen last of their side."""
ENDINGS: tuple[str, ...] = ("fell", "left the ring", "all out", "out without contact", TIME_OUT)
FELL, LEFT, ALL, UNTOUCHED, LATE = range(len(ENDINGS))


def numbers(others: int) -> tuple[Entry, ...]:
    """Describe the numbers about ring and bout in an observation, for `others` other seats."""
    edges = "the opponent's distance to the edge" if others == 1 else "the others' distances to the edge"
    each = "the opponent" if others == 1 else "each other seat, in the order below"
    shown = (
        Entry("ring", 2 + others, "m", "world", f"radius; own distance to the edge; {edges}", mirror=same(2 + others)),
        CLOCK,
        Entry(
            "contact",
            2 * others,
            "1",
            "world",
            f"for {each}: 1 if the two touch now; 1 if they have touched in this bout",
            low=0,
            high=1,
            mirror=same(2 * others),
        ),
    )
    in_play = Entry("in play", others, "1", "world", f"for {each}: 1 until it is out", 0, 1, mirror=same(others))
    return shown if others == 1 else (*shown, in_play)


class Sumo(BaseArena):
    """Seats with any bodies in a ring, on two sides or more; see `dohyo.arenas.rules.arena.Arena`."""

    name = "sumo"
    endings = ENDINGS
    terms = TERMS
    points: ClassVar[tuple[Entry, ...]] = (
        Entry("centre", 3, "m", "own", "the ring's centre at the root's own height, from the root", mirror=VECTOR),
    )
    by_distance = True
    start: ClassVar[Ranges] = {
        "radius": RADIUS,  # m, see `RADII`
        "spread": (-0.5, 0.5),  # rad about the centre, for two seats (ours; EC draws y on the chord)
        "facing": (-0.3, 0.3),  # rad, from the direction of the centre (ours; EC: 0)
    }

    def __init__(
        self, bodies: Sequence[Body], worlds: int, drive: str, max_cycles: int, sides: Sequence[int] = (0, 1)
    ) -> None:
        count = len(bodies)
        self.sides, self.numbers = tuple(sides), numbers(count - 1)
        self.seats, self.roles = tuple(f"sumo_{s}" for s in range(count)), ("sumo",) * count
        super().__init__(bodies, worlds, drive, max_cycles)
        self.ranges["radius"] = low, high = max(RADII.get(body.name, RADIUS) for body in bodies)
        # Least distance of starts from the edge (EC), if the bodies' reach leaves room for it.
        self._edge_gap = 0.3 + low / 2
        self.radius = np.full(worlds, high)
        self.alive = np.ones((worlds, count), bool)
        """Whether each seat is in play, `[W, S]`."""
        self.touched = np.zeros((worlds, count, count), bool)
        """Whether two seats have touched in this bout, `[W, S, S]`."""
        self._on_side = np.equal.outer(np.unique(sides), np.array(sides))
        self._rivals = np.not_equal.outer(np.array(sides), np.array(sides))
        self._every, self._world = np.arange(count)[:, None], np.arange(worlds)[:, None]
        self._other = np.tile(np.arange(count)[::-1], (worlds, 1))  # with two seats, the nearest opponent
        self._fallen_height = np.array([body.fallen_height for body in bodies])

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, Array]:
        """Begin bouts: seats stand evenly about the centre and face it, in a ring of random size."""
        count = len(self.seats)
        self.steps[ids], self.touched[ids], self.alive[ids] = 0, False, True
        # The ring does not grow with the number of seats: in a larger one ants did not learn to push
        # (docs/results/many_seats.md). With more seats each start varies less, so that none overlap.
        self.radius[ids] = radius = self.draw("radius", ids, dice, 1)[:, 0]
        axis, share = dice.uniform(ids, -np.pi, np.pi, 1), dice.uniform(ids, 0, 1, count)
        turn, facing = self.draw_all(("spread", "facing"), ids, dice, count)
        near = np.array([body.reach for body in self.bodies]) / np.sin(np.pi / count)
        away = near + share * np.maximum(0, radius[:, None] - self._edge_gap - near)
        angle = axis + np.arange(count) * (2 * np.pi / count) + turn / (count - 1) ** 2
        place = away[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        return stand(self.scene, ids, dice, place, angle + np.pi + facing)

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the step: who is out, who has won, and the dense reward."""
        self.steps += 1
        self.touched |= frame.contact
        away = distance(frame.root_position)
        fallen = (frame.root_position[:, :, 2] <= self._fallen_height) & self.alive
        beyond = (away > self.radius[:, None]) & self.alive
        verdict = Verdict.going_on(self._price(frame, action, fallen, away))
        if maybe_any(fallen | beyond) or maybe_any(self.steps >= self.max_cycles):
            self._decide(fallen, beyond, verdict)
        return verdict

    def _decide(self, fallen: BoolArray, beyond: BoolArray, verdict: Verdict) -> None:
        """Take out seats and end bouts: leaving the ring counts only in worlds where nobody fell."""
        xp = namespace(fallen)
        down = xp.any(fallen, axis=1)
        out = xp.where(down[:, None], fallen, beyond)
        self.alive &= ~out
        left = (self.alive[:, None] & self._on_side).any(axis=2)  # sides in play, [W, sides]
        over, nobody = left.sum(axis=1) <= 1, ~left.any(axis=1)
        last = self.alive & over[:, None]
        met = (self.touched & self._rivals & last[:, :, None]).any(axis=(1, 2))
        late = ~over & (self.steps >= self.max_cycles)
        won = over & ~nobody & met
        verdict.out, verdict.done = out, over | late
        verdict.ending = choose([(late, LATE), (nobody, ALL), (over & ~met, UNTOUCHED), (down, FELL)], LEFT)
        lost = out | (late[:, None] & self.alive)
        verdict.outcome = choose([(last & won[:, None], WIN_OUTCOME), (lost, LOSS_OUTCOME)], 0.0)
        verdict.winner = xp.where(won, xp.argmax(xp.astype(left, xp.int8), axis=1), NOBODY)

    def _price(self, frame: Frame, action: Array, fallen: BoolArray, away: Array) -> Array:
        """Return the weighted terms of the dense reward, `[T, W, S]`."""
        xp, before, after = namespace(away), frame.root_before, frame.root_position
        moved = (after - before) / CONTROL_STEP
        rival = self._nearest_rival(after)
        gap = after[self._world, rival, :2] - after[:, :, :2]
        gap *= (1 / xp.clip(distance(gap), 1e-6, None))[..., None]
        self.term["centre"][:] = away
        self.term["approach"][:] = dot(moved[:, :, :2], gap)  # numpy's sum over an axis this short is slower
        outward, rising = (away - distance(before)) / CONTROL_STEP, moved[:, :, 2]
        self.term["push"][:] = outward[self._world, rival]
        self.term["topple"][:] = rising - rising[self._world, rival]
        self.price(action, ~fallen & self.standing(frame))
        # `alive` is the previous step's: a seat that falls in this step is still paid for it.
        self.worth *= self.alive
        return self.worth

    def _nearest_rival(self, position: Array) -> IntArray:
        """Return the seat of each seat's nearest opponent in play, `[W, S]`."""
        if len(self.seats) == 2:
            return self._other
        xp, rivals = namespace(position), self._rivals & self.alive[:, None]
        nearest: IntArray = xp.argmin(xp.where(rivals, self._gaps(position), xp.inf), axis=2)
        return nearest

    @staticmethod
    def _gaps(position: Array) -> Array:
        """Return the horizontal distances between all roots, `[W, S, S]`."""
        return distance(position[:, None] - position[:, :, None])

    def observe(self, frame: Frame, out: Sequence[NDArray[np.float32]]) -> None:
        """Write the egocentric observations that `entries` describes."""
        position, shown, n = frame.root_position, self.sight.numbers, len(self.seats) - 1
        if n > 1:
            self.sight.show_nearest_first(self._gaps(position) + choose([(self.alive, 0.0)], OUT)[:, None])
        others, world, seats = self.sight.order, self._world[..., None], self._every
        self.sight.points[:, :, 0, :2] = -position[:, :, :2]
        shown[:, :, 0] = self.radius[:, None]
        inside = self.radius[:, None] - distance(position)
        shown[:, :, 1] = inside
        shown[:, :, 2 : 2 + n] = inside[world, others]
        shown[:, :, 2 + n] = self.clock()
        shown[:, :, 3 + n : 3 + 3 * n : 2] = frame.contact[world, seats, others]
        shown[:, :, 4 + n : 4 + 3 * n : 2] = self.touched[world, seats, others]
        if n > 1:
            shown[:, :, 3 + 3 * n :] = self.alive[world, others]
        self.sight.write(frame, out)

    def marks(self, world: int) -> list[Mark]:
        """Paint the ring: clay inside, a straw-coloured edge."""
        return [Disc(float(self.radius[world]), (0.78, 0.68, 0.52), (0.93, 0.87, 0.66), 0.08)]
