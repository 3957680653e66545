"""The file of a replay: an npz archive without pickles, checked when it is read."""

import io
import json
import zipfile
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.errors import DohyoError
from dohyo.arenas.rules.floor import Disc, Mark, Strip
from dohyo.arenas.views.replay import ARRAYS, SHAPES, About, Replay

FORMAT = 1
"""Version of the format, the entry `format` of a file."""
LARGEST = 1 << 28
"""Bytes that a file may unpack to; a bout of ten minutes takes a tenth of it."""
MARKS = {"disc": Disc, "strip": Strip}
"""Marks on the floor that a file can hold."""


def describe(replay: Replay) -> dict[str, Any]:
    """Return words and marks of a replay as an object for JSON. Marks of other kinds than `MARKS` are left out."""
    names = {kind: name for name, kind in MARKS.items()}
    marks = [{"shape": names[type(m)], **asdict(m)} for m in replay.marks if type(m) in names]  # type: ignore[call-overload]
    return {**asdict(replay.about), "marks": marks}


def save_replay(path: Path, replay: Replay) -> None:
    """Write a replay as an npz file without pickles; raises `DohyoError` if it cannot be written."""
    arrays = {name: getattr(replay, name) for name in ARRAYS}
    content = io.BytesIO()
    np.savez_compressed(content, format=FORMAT, about=json.dumps(describe(replay)), **arrays)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.getvalue())
    except OSError as error:
        raise DohyoError(f"cannot write {path}: {error.strerror}") from error


def load_replay(path: Path) -> Replay:
    """Read a replay; raises `DohyoError` for a file that cannot be read or is not a replay of this format."""
    try:
        return _read(path)
    except OSError as error:
        raise DohyoError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, EOFError, RecursionError, NotImplementedError, RuntimeError) as error:
        raise DohyoError(f"{path} is not a replay: {error}; `dohyo play --replay` writes one") from error
    except (zipfile.BadZipFile, zlib.error, MemoryError, OverflowError) as error:
        raise DohyoError(f"{path} is damaged or no replay: {error}; `dohyo play --replay` writes one") from error


def _read(path: Path) -> Replay:
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
            raise ValueError(f"it unpacks to more than {LARGEST >> 20} MiB")
    with np.load(path, allow_pickle=False) as file:
        if (version := int(file["format"])) != FORMAT:
            raise ValueError(f"its format is {version}, this version of Dohyo reads {FORMAT}")
        words = json.loads(str(file["about"]))
        arrays = {name: file[name] for name in ARRAYS}
    marks = tuple(_mark(dict(mark)) for mark in words.pop("marks"))
    told: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in words.items()}
    about = About(**told)
    _check_words(about)
    _check_arrays(about, arrays)
    return Replay(about, marks, **arrays)


def _mark(words: dict[str, Any]) -> Mark:
    """Return a mark from its description; raises `ValueError` unless it consists of finite numbers."""
    made: Mark = MARKS[words.pop("shape")](**{k: tuple(v) if isinstance(v, list) else v for k, v in words.items()})
    sizes = {"radius": 1, "width": 1, "x": 2, "y": 2, "colour": 3, "edge": 3}
    for name, value in vars(made).items():
        if not np.isfinite(numbers := np.ravel(np.array(value, float))).all() or len(numbers) != sizes[name]:
            raise ValueError(f"a mark has an impossible {name}")
    return made


def _check_words(about: About) -> None:
    texts = (about.arena, about.body, about.engine, *about.seats, *about.players, *about.terms)
    optional = [text for text in (about.winner, about.ending) if text is not None]
    if not all(isinstance(text, str) for text in (*texts, *optional)):
        raise ValueError("a name in it is no text")
    if not all(type(number) is int for number in (about.seed, about.max_cycles, *about.sides)):
        raise ValueError("seed, max_cycles and sides are whole numbers")
    if not (len(about.seats) == len(about.players) == len(about.sides) > 0):
        raise ValueError("seats, players and sides differ in number")
    if not 0 < float(about.control_step) < 10:
        raise ValueError("its control_step is impossible")


def _check_arrays(about: About, arrays: dict[str, NDArray[Any]]) -> None:
    """Raise `ValueError` unless the arrays have the shapes and types of a `Replay`, finite numbers, valid indices."""
    rows, bodies = arrays["position"].shape[:2]
    seats, terms, actors, geoms = (
        len(about.seats),
        len(about.terms),
        len(arrays["actor_body"]),
        len(arrays["geom_body"]),
    )
    steps = rows - 1
    shapes = {
        "position": (rows, bodies, 3), "quaternion": (rows, bodies, 4), "contact": (rows, actors, actors),
        "out": (rows, seats), "dense": (steps, seats), "outcome": (steps, seats), "terms": (steps, terms, seats),
        "actor_body": (actors,), "geom_body": (geoms,), "geom_type": (geoms,), "geom_size": (geoms, 3),
        "geom_position": (geoms, 3), "geom_quaternion": (geoms, 4), "geom_rgba": (geoms, 4),
    }  # fmt: skip
    integers, truths = ("actor_body", "geom_body", "geom_type"), ("contact", "out")
    for name, shape in shapes.items():
        kind = np.int32 if name in integers else np.bool_ if name in truths else np.float32
        if arrays[name].shape != shape or arrays[name].dtype != kind:
            raise ValueError(f"{name} should be {np.dtype(kind)} {shape}")
        if not np.isfinite(arrays[name]).all() or np.abs(arrays[name].astype(float)).max(initial=0) > 1e6:
            raise ValueError(f"{name} holds impossible numbers")
    if steps < 1 or actors < seats:
        raise ValueError("it holds no step, or fewer actors than seats")
    if not all(np.all((arrays[name] >= 0) & (arrays[name] < bodies)) for name in ("actor_body", "geom_body")):
        raise ValueError("a geom or an actor has no body")
    if not np.isin(arrays["geom_type"], list(SHAPES)).all() or (arrays["geom_size"] < 0).any():
        raise ValueError("a geom has an unknown shape or a negative size")
    if (np.linalg.norm(arrays["quaternion"], axis=-1) < 0.5).any():
        raise ValueError("an orientation is no unit quaternion")
