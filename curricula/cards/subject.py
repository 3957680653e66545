"""The subject of a card: a snapshot, the run that trained it if that is known, and its opponents."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dohyo.agents.pretrained import PREFIX, shipped
from dohyo.agents.snapshot import Part, Snapshot, load_snapshot
from dohyo.arenas.physics import is_installed
from dohyo.arenas.physics.presets import ACCURATE
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.registry import ARENAS, Setup, build_arena, set_up
from dohyo.arenas.rules.arena import Arena
from dohyo.arenas.sides import seats_of_sides
from dohyo.curricula.matches.roles import Role, check_roles, roles_of
from dohyo.curricula.players import find_run, find_snapshot, roles_played
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.learners import rivals
from dohyo.curricula.run.record import Generation

USUAL = ("zero", "random")
"""Opponents of every card."""
EARLIER = (1 / 3, 2 / 3)
"""Shares of a snapshot's generation at which its own past is taken."""


@dataclass(frozen=True)
class Opponent:
    """A player that the subject meets, under the title that the card gives it."""

    title: str
    player: Snapshot | str
    """A snapshot, or the name of a built-in policy."""
    past: bool = False
    """Whether it comes from the subject's own run."""

    @property
    def name(self) -> str:
        """The name under which its bouts are kept: it does not depend on how the player was typed."""
        return self.player.name if isinstance(self.player, Snapshot) else self.player


@dataclass(frozen=True)
class Subject:
    """A snapshot with the setup in which it is measured."""

    snapshot: Snapshot
    setup: Setup
    """Bodies, engine, drive and physics of its training; another engine if that one is not installed."""
    run: Path | None = None
    """The run folder that trained it."""
    learner: str = ""
    """Its learner in that run."""

    @cached_property
    def arena(self) -> Arena:
        """The rules of its arena."""
        return build_arena(self.snapshot.origin.part.arena, self.setup.body, drive=self.setup.drive)

    @cached_property
    def roles(self) -> list[Role]:
        """The roles that it can play, one at least."""
        return roles_played(self.snapshot, self.arena)

    @property
    def engines(self) -> list[tuple[str, str]]:
        """The engines to play on, each with its physics: first as in `setup`, then the accurate ones installed here.

        `warp` has the physics of `mujoco`, so it counts only if the subject was trained on it.
        """
        spec = ARENAS[self.arena.name]
        others = [name for name in spec.engines if is_installed(name) and name != "warp"]
        own = self.setup.engine, self.setup.physics
        return list(dict.fromkeys([own, *((name, ACCURATE) for name in others)]))


def find_subject(name: str, body: str | None = None) -> Subject:
    """Return the subject of a card by its name as a player; raises `UnknownName` or `SnapshotError`.

    `body`: bodies of the seats, by default the run's, else the snapshot's own in every seat.
    """
    snapshot = find_snapshot(name)
    run, learner, bodies = _trained_by(name, snapshot)
    origin, part = snapshot.origin, snapshot.origin.part
    set_up(part.arena)  # raises for an arena that is not known here
    spec = ARENAS[part.arena]
    engine = origin.engine if origin.engine in spec.engines and is_installed(origin.engine) else None
    setup = set_up(part.arena, body or bodies or part.body, engine, part.drive, origin.physics)
    subject = Subject(snapshot, setup, run, learner)
    check_roles(subject.arena, roles_of(subject.arena))
    if not subject.roles:
        snapshot.check_plays(Part.of(subject.arena, 0))
    return subject


def _trained_by(name: str, snapshot: Snapshot) -> tuple[Path | None, str, str]:
    """Return the run that trained a snapshot, its learner and the run's bodies; None and empty texts without one."""
    run = find_run(name)
    if run is None:
        return None, "", ""
    with closing(RunFolder.open(run)) as folder:
        found = [link for link in folder.record.generations() if link.snapshot == snapshot.name]
        return (run, found[0].learner, folder.config.body) if found else (None, "", "")


def opponents(subject: Subject, role: Role, named: Sequence[str] = ()) -> list[Opponent]:
    """Return the opponents of a subject in a role: `USUAL`, those named, shipped agents and its own past.

    Raises `UnknownName` for an unknown player and `SnapshotError` for one that can meet the subject in no role.
    """
    seat = opposite(subject.arena, role)
    part = Part.of(subject.arena, seat)
    met = [Opponent(name, name) for name in USUAL]
    for name in dict.fromkeys(named):
        if name in BUILT_IN:
            continue
        player = find_snapshot(name, part)
        if player.plays(part):
            met.append(Opponent(name, player))
        elif len(subject.roles) == 1:
            player.check_plays(part)
    own = subject.snapshot.name
    trained = {f"{PREFIX}{name}": load_snapshot(path) for name, path in shipped().items()}
    met += [Opponent(name, one) for name, one in trained.items() if one.plays(part) and one.name != own]
    known = {opponent.name for opponent in met} | {own}
    return met + [one for one in _past(subject, role, part) if one.name not in known]


def opposite(arena: Arena, role: Role) -> int:
    """Return the first seat of the first side that a player in this role does not take."""
    return next(seats[0] for side, seats in enumerate(seats_of_sides(arena.sides)) if side != role.sides[0])


def _past(subject: Subject, role: Role, part: Part) -> Iterator[Opponent]:
    """Yield earlier snapshots of the subject's learner, or of its first rival where it cannot meet itself."""
    if subject.run is None:
        return
    with closing(RunFolder.open(subject.run)) as folder:
        against = rivals(folder.learners, subject.learner)
        rival = subject.learner if subject.learner in against else next(iter(against), None)
        if rival is None:
            return
        for link in _earlier(folder.record.chain(rival), subject.snapshot.origin.generation, rival == subject.learner):
            snapshot = folder.load(link.snapshot)
            title = f"its own generation {link.generation}"
            if snapshot.plays(part):
                whose = title if rival == subject.learner else f"{rival} of its run, generation {link.generation}"
                yield Opponent(whose, snapshot, past=True)


def _earlier(chain: list[Generation], last: int, own: bool) -> list[Generation]:
    """Return the links at `EARLIER` of generation `last`, and of a rival's chain also its newest until then."""
    links = {link.generation: link for link in chain if link.generation <= last}
    newest = max(links, default=0)
    chosen = [round(share * newest) for share in EARLIER] + ([] if own else [newest])
    return [links[generation] for generation in dict.fromkeys(chosen) if generation in links]
