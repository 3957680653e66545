"""Snapshots: everything a policy needs to act, in one immutable safetensors file named by the hash of its content."""

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from dohyo.agents.entries import Entries, from_json, to_json
from dohyo.agents.files import parse_json, write_atomically
from dohyo.agents.policies.networks import check_shapes, check_values, make_policy
from dohyo.agents.policies.policy import Policy
from dohyo.agents.pretrained import locate
from dohyo.arenas.arrays import FloatArray
from dohyo.arenas.checks import one_line
from dohyo.arenas.errors import DohyoError
from dohyo.arenas.physics.presets import ACCURATE
from dohyo.arenas.rules.arena import Arena, Entry, digest
from dohyo.arenas.saved import nested, under

FORMAT = "dohyo-snapshot-2"
SUFFIX = ".safetensors"
VALUES = "value"
"""Prefix of a value function's tensors in a file."""
NAME = re.compile("[0-9a-f]{16}")
"""Form of a snapshot's name."""


class SnapshotError(DohyoError, ValueError):
    """A file that is not a snapshot, is damaged, or is for another arena."""


@dataclass(frozen=True)
class Part:
    """The part that a policy can play: arena, role, body, drive and layout of the observation."""

    arena: str
    role: str
    """A role of the arena, or several joined by plus signs."""
    body: str
    drive: str
    layout: str
    """Digest of the observation's entries, see `dohyo.arenas.rules.arena.digest`."""

    @classmethod
    def of(cls, arena: Arena, *seats: int) -> "Part":
        """Return the part of a policy that can fill each of `seats`; their bodies and observations must be alike."""
        alike = {(arena.bodies[seat].name, digest(arena.entries(seat))) for seat in seats}
        if len(alike) != 1:
            raise ValueError(f"seats {seats} of {arena.name} differ in body or observation: no policy fits all")
        [(body, layout)] = alike
        roles = dict.fromkeys(arena.roles[seat] for seat in seats)
        return cls(arena.name, "+".join(roles), body, arena.scene.drive, layout)


@dataclass(frozen=True)
class Origin:
    """The origin of a snapshot: how it was trained and what it can play."""

    part: Part
    observation: int
    """Length of an observation."""
    action: int
    """Length of an action."""
    engine: str
    """The engine of training; a snapshot plays on any."""
    generation: int
    samples: int
    """Samples of training so far, control steps of learning seats."""
    seed: int
    clipped: bool = True
    """Whether actions are clipped to [-1, 1]."""
    physics: str = ACCURATE
    """The preset of the physics in training, see `dohyo.arenas.physics.presets`; a snapshot plays with any."""
    randomise: str = ""
    """What was randomised in training, as `--randomise` takes it, joined by commas; empty for nothing."""
    source: str = ""
    """SHA-256 of the file that it was imported from, in hexadecimal; empty if it was trained here."""

    def to_json(self) -> str:
        """Return the origin as JSON. Defaults are left out, so that a new field changes no snapshot's hash."""
        defaults = {field.name: field.default for field in fields(self)}
        values = {key: value for key, value in asdict(self).items() if value != defaults[key]}
        return json.dumps(values, sort_keys=True)


@dataclass(frozen=True)
class Snapshot:
    """A frozen policy and its origin."""

    origin: Origin
    tensors: Mapping[str, FloatArray]
    digest: str
    """SHA-256 over origin and tensors, in hexadecimal; surgery (`dohyo.agents.surgery`) keeps it."""
    entries: Entries = ()
    """The entries of its observation; empty if its file does not name them."""
    values: Mapping[str, FloatArray] = field(default_factory=dict)
    """A value function that goes on learning, a network without statistics and noise; empty in most snapshots."""
    fresh: tuple[str, ...] = ()
    """Names of entries that surgery has added, for which it has no statistics."""

    @property
    def name(self) -> str:
        """The snapshot's name: the first 16 digits of its digest."""
        return self.digest[:16]

    def policy(self, *, stochastic: bool = False, seed: int | np.random.Generator = 0) -> Policy:
        """Return the snapshot's policy; `stochastic` adds its action noise. See `dohyo.agents.policies.networks`."""
        return make_policy(self.tensors, stochastic=stochastic, clipped=self.origin.clipped, seed=seed)

    def plays(self, part: Part) -> bool:
        """Return whether the snapshot was trained for this part."""
        try:
            self.check_plays(part)
        except SnapshotError:
            return False
        return True

    def check_plays(self, part: Part) -> None:
        """Raise `SnapshotError` unless the snapshot was trained for this part."""
        own = self.origin.part
        if part.role in own.role.split("+"):
            own = replace(own, role=part.role)
        if replace(own, layout=part.layout) != part:
            raise SnapshotError(f"snapshot {self.name} plays {_words(own)}, not {_words(part)}: choose one that does")
        if own != part:
            raise SnapshotError(
                f"snapshot {self.name} was trained on observations of another layout ({own.layout}, here "
                f"{part.layout}): begin a run as it with --from and --surgery, or use the version of Dohyo that it was "
                "made with"
            )


def _words(part: Part) -> str:
    return f"{part.arena} as {part.role} with body {part.body} and drive {part.drive}"


def make_snapshot(
    origin: Origin,
    tensors: Mapping[str, FloatArray],
    entries: Sequence[Entry] = (),
    values: Mapping[str, FloatArray] | None = None,
) -> Snapshot:
    """Return a snapshot with copies of the arrays, so that later changes of the originals do not change it."""
    copies = _copies(tensors)
    return Snapshot(origin, copies, _digest(origin.to_json(), copies), tuple(entries), _copies(values or {}))


def _copies(tensors: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    copies = {}
    for name, tensor in sorted(tensors.items()):
        copy = np.array(tensor, np.float32, order="C")  # safetensors writes memory in its order
        copy.flags.writeable = False
        copies[name] = copy
    return copies


def _digest(text: str, tensors: Mapping[str, FloatArray]) -> str:
    digest = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name}{tensor.shape}".encode())
        digest.update(np.ascontiguousarray(tensor).tobytes())
    return digest.hexdigest()


def save_snapshot(snapshot: Snapshot, folder: Path) -> Path:
    """Write the snapshot into `folder` under its name and return the path; an existing file is left alone."""
    path = folder / f"{snapshot.name}{SUFFIX}"
    if not path.exists():
        write_atomically(path, encode(snapshot))
    return path


def encode(snapshot: Snapshot) -> bytes:
    """Return the content of a snapshot's file; entries and values are outside of what its name hashes."""
    metadata = {"format": FORMAT, "digest": snapshot.digest, "origin": snapshot.origin.to_json()}
    if snapshot.entries:
        metadata["entries"] = to_json(snapshot.entries)
    if snapshot.values:
        metadata["values"] = _digest(snapshot.digest, snapshot.values)
    content: bytes = save(dict(snapshot.tensors) | nested(VALUES, snapshot.values), metadata)
    return content


def load_snapshot(path: str | os.PathLike[str]) -> Snapshot:
    """Read a snapshot, a file or a shipped agent (`pretrained/NAME`), and check that it is complete and unchanged.

    Raises `SnapshotError` that says what is wrong, `UnknownName` for an agent that is not shipped.
    """
    file = locate(path) or Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SnapshotError(f"cannot read snapshot {file}: {error.strerror}") from error
    return decode(content, str(file))


def decode(content: bytes, path: str) -> Snapshot:
    """Return the snapshot of a file's content; raises `SnapshotError` that names `path` if it is damaged."""
    try:
        tensors = load(content)
        metadata = read_metadata(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise SnapshotError(f"{path} is truncated or not a snapshot ({one_line(error)}): get a whole copy") from error
    if metadata.get("format") != FORMAT:
        raise SnapshotError(f"{path} is a safetensors file, but not a Dohyo snapshot of format {FORMAT}")
    tensors, values = {k: v for k, v in tensors.items() if not k.startswith(f"{VALUES}/")}, under(VALUES, tensors)
    try:
        origin, digest = _origin(parse_json(metadata["origin"])), metadata["digest"]
        entries = from_json(metadata["entries"], origin.part.layout) if "entries" in metadata else ()
        check_shapes(tensors, origin.observation, origin.action)
        if values:
            check_values(values, origin.observation)
    except (KeyError, TypeError, ValueError) as error:
        raise SnapshotError(f"{path} has a damaged header ({one_line(error)}): get a whole copy") from error
    if _digest(origin.to_json(), tensors) != digest or (values and _digest(digest, values) != metadata.get("values")):
        raise SnapshotError(f"{path} was changed after it was saved: its content does not match its hash")
    return make_snapshot(origin, tensors, entries, values)


def _origin(values: dict[str, Any]) -> Origin:
    part: dict[str, str] = values["part"]
    if not all(isinstance(value, str | int) for value in ({**values, **part, "part": ""}).values()):
        raise ValueError("its origin holds neither texts nor numbers")
    return Origin(**{**values, "part": Part(**part)})


def load_named(folder: Path, name: str) -> Snapshot:
    """Read the snapshot `name` from a folder; raises `SnapshotError` if its file is bad or holds another snapshot."""
    if not NAME.fullmatch(name):
        raise SnapshotError(f"{name!r} is not a snapshot's name of 16 hexadecimal digits: restore the run's files")
    path = folder / f"{name}{SUFFIX}"
    snapshot = load_snapshot(path)
    if snapshot.name != name:
        raise SnapshotError(f"{path} holds the snapshot {snapshot.name}: restore the file of {name}")
    return snapshot


def read_metadata(content: bytes) -> dict[str, str]:
    """Return the text metadata of a safetensors file; raises `ValueError` if its header is damaged."""
    length = int.from_bytes(content[:8], "little")
    header = parse_json(content[8 : 8 + length])
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("its metadata is not texts by name")
    return metadata
