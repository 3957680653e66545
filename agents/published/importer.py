"""Make snapshots of the agents that the authors of arXiv 1710.03748 and 1710.03641 published.

The length of an agent's vector determines its arena and role. If several have the same length, the names on the file's
path decide.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dohyo.agents.files import write_atomically
from dohyo.agents.published.layouts import KINDS, Kind
from dohyo.agents.published.pickles import PublishedError, read_vector
from dohyo.agents.snapshot import SUFFIX, Origin, Part, Snapshot, SnapshotError, encode, load_snapshot, make_snapshot
from dohyo.arenas.errors import DohyoError, UnknownName, lookup
from dohyo.arenas.registry import build_arena

FILE_NAME = re.compile(r"agent[12]?[_-]param(eter)?s-v\d+\.?(pkl|npy)")
"""The authors' file names; one of them lacks the dot."""


@dataclass(frozen=True)
class Place:
    """A kind of agent and a seat for which one was trained."""

    kind: Kind
    seat: int

    @property
    def role(self) -> str:
        """The role of the seat."""
        return self.kind.roles[self.seat]

    @property
    def label(self) -> str:
        """The name of an agent for this seat."""
        return self.kind.label if len(self.kind.roles) == 1 else f"{self.kind.label}-{self.role}"

    def named_by(self, word: str) -> bool:
        """Return whether `word`, a part of a path, names the arena or the seat."""
        arena = self.kind.arena.removeprefix("paper/").removesuffix("-ants").removesuffix("-humans")
        return any(hint in word.lower() for hint in (arena, f"agent{self.seat + 1}", self.role))


@dataclass(frozen=True)
class Import:
    """A published agent and its snapshot."""

    file: Path
    place: Place
    snapshot: Snapshot

    @property
    def label(self) -> str:
        """The name of its snapshot's file: arena, role, and the version in the authors' file name."""
        version = re.search(r"v\d+", self.file.name)
        return f"{self.place.label}-{version[0] if version else self.file.stem}"


PLACES = tuple(Place(kind, seat) for kind in KINDS for seat in range(len(kind.roles)))


def find_published(path: Path) -> list[Path]:
    """Return the published agents in a folder and below it, or the file itself; raises `UnknownName` if none exist."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UnknownName(f"no file or folder {path}: give agents as their authors published them, or a folder of them")
    found = sorted(file for file in path.rglob("*") if FILE_NAME.fullmatch(file.name) and file.is_file())
    if not found:
        raise UnknownName(f"no published agents in {path}: their names are like agent1_parameters-v1.pkl")
    return found


def read_published(file: Path, arena: str | None = None, role: str | None = None) -> Import:
    """Read a published agent and make a snapshot of it; `arena` and `role` are needed only if the file leaves a choice.

    Raises `PublishedError` for a file that is not a published agent, `UnknownName` if arena or role are not clear.
    """
    vector = read_vector(file)
    place = choose_place(file, len(vector), arena, role)
    kind = place.kind
    try:
        tensors = kind.tensors(vector)
    except ValueError as error:
        raise PublishedError(f"{file} is damaged: {error}; get it anew from where it was published") from error
    origin = Origin(
        part=_part(kind.arena, kind.body, place.seat),
        observation=kind.observation,
        action=kind.action,
        engine="mujoco",
        generation=0,
        samples=0,
        seed=0,
        clipped=False,
        source=hashlib.sha256(file.read_bytes()).hexdigest(),
    )
    return Import(file, place, make_snapshot(origin, tensors))


def choose_place(file: Path, size: int, arena: str | None = None, role: str | None = None) -> Place:
    """Return arena and seat of an agent of `size` numbers; `arena`, `role` and the names on its path narrow the choice.

    Raises `PublishedError` for a length that no published agent has, `UnknownName` if no place fits or several do.
    """
    fit = [place for place in PLACES if place.kind.size == size]
    if not fit:
        raise PublishedError(f"{file} holds {size:,} numbers, as no published agent does: get another file")
    if arena is not None:
        lookup({kind.arena: kind for kind in KINDS}, arena, "arena of published agents")
        fit = _wanted(file, fit, [place for place in fit if place.kind.arena == arena], f"--arena {arena}")
    if role is not None:
        lookup({place.role: place for place in PLACES}, role, "role of published agents")
        fit = _wanted(file, fit, [place for place in fit if place.role == role], f"--role {role}")
    for word in reversed(file.absolute().parts):
        fit = [place for place in fit if place.named_by(word)] or fit
    if len(fit) > 1:
        choices = " or ".join(f"--arena {place.kind.arena} --role {place.role}" for place in fit)
        raise UnknownName(f"its length and path do not tell what {file} plays: give {choices}")
    return fit[0]


def _wanted(file: Path, fit: list[Place], chosen: list[Place], wish: str) -> list[Place]:
    """Return `chosen`, those of the places `fit` that match an option; raises `UnknownName` if there are none."""
    if not chosen:
        plays = " or ".join(f"{place.kind.arena} as {place.role}" for place in fit)
        raise UnknownName(f"{file} is by its length an agent of {plays}: leave out {wish}")
    return chosen


@cache
def _part(arena: str, body: str, seat: int) -> Part:
    return Part.of(build_arena(arena, body, drive="torque"), seat)


def save_published(imports: Sequence[Import], folder: Path) -> list[Path]:
    """Write the snapshots into `folder` under their labels and return the paths; nothing there is overwritten.

    Raises `DohyoError`, and writes nothing, if another snapshot has one of these names.
    """
    chosen: dict[Path, Import] = {}
    for one in imports:
        path = folder / f"{one.label}{SUFFIX}"
        other = chosen.setdefault(path, one)
        if other.snapshot.digest != one.snapshot.digest:
            raise DohyoError(f"{other.file} and {one.file} would both become {path}: import them into two folders")
        if path.exists() and not _holds(path, one.snapshot):
            raise DohyoError(f"{path} exists and is not what {one.file} becomes: choose another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DohyoError(f"cannot create {folder}: {error.strerror}; choose another --out") from error
    for path, one in chosen.items():
        if not path.exists():
            write_atomically(path, encode(one.snapshot))
    return [folder / f"{one.label}{SUFFIX}" for one in imports]


def _holds(path: Path, snapshot: Snapshot) -> bool:
    try:
        return load_snapshot(path).digest == snapshot.digest
    except SnapshotError:
        return False
