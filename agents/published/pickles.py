"""Read the files of the agents published in 2017, one flat vector as pickle or `.npy`, without running anything."""

import re
import warnings
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from pickletools import genops

import numpy as np

from dohyo.arenas.arrays import FloatArray
from dohyo.arenas.errors import DohyoError

LIMIT = 4_000_000
"""Most bytes in a file; the largest published file has 1.5 million."""
LONGEST = 200
"""Most opcodes in a pickle; that of an array has about sixty. This bounds the memory that a crafted pickle can use."""
KNOWN = {
    "numpy ndarray",
    "numpy dtype",
    "numpy.core.multiarray _reconstruct",
    "numpy._core.multiarray _reconstruct",  # numpy 2
    "_codecs encode",  # bytes in protocol 2, written by Python 3
}
"""The globals that a pickle may name. They are compared with these names and never looked up."""
NPY = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d{1,9}),\), \} *\n", re.S
)
"""Header of an `.npy` file of version 1 as numpy writes it, for a vector of float32 numbers."""

_LITERALS = {
    "BININT", "BININT1", "BININT2", "BINUNICODE", "SHORT_BINUNICODE",
    "BINBYTES", "SHORT_BINBYTES", "BINSTRING", "SHORT_BINSTRING",
}  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_MARK = object()


class PublishedError(DohyoError, ValueError):
    """A file that is not a published agent, or is damaged."""


@dataclass(frozen=True, slots=True)
class _Global:
    name: str


@dataclass(frozen=True, slots=True)
class _Call:
    function: object
    arguments: object


@dataclass(frozen=True, slots=True)
class _Built:
    made: object
    state: object


def read_vector(path: Path) -> FloatArray:
    """Return the numbers `[n]` in a file; raises `PublishedError` that says what is wrong with it."""
    try:
        return parse_vector(_read(path))
    except ValueError as error:
        raise PublishedError(
            f"{path} is not a published agent: {error}; get it anew from where it was published"
        ) from error


def parse_vector(content: bytes) -> FloatArray:
    """Return the numbers `[n]` in a file's content; raises `ValueError` for anything but one float32 vector."""
    if len(content) > LIMIT:
        raise ValueError(f"it has more than {LIMIT:,} bytes")
    if content.startswith(b"\x93NUMPY"):
        size, data = _from_npy(content)
    elif content.startswith(b"\x80"):
        size, data = _from_term(_interpret(content))
    else:
        raise ValueError("it is neither a pickle nor an .npy file")
    if len(data) != 4 * size:
        raise ValueError(f"it should hold {size:,} numbers, but is truncated or damaged")
    vector = np.frombuffer(data, "<f4").astype(np.float32)
    if not np.isfinite(vector).all():
        raise ValueError("it holds NaN or infinity")
    return vector


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LIMIT + 1)
    except OSError as error:
        raise PublishedError(f"cannot read {path}: {error.strerror}") from error


def _from_npy(content: bytes) -> tuple[int, bytes]:
    """Return the length that an `.npy` file declares, and its data."""
    header = NPY.match(content)
    if header is None or header.end() != 10 + int.from_bytes(header[1], "little"):
        raise ValueError("it is truncated, or not one flat vector of float32 numbers")
    return int(header[2]), content[header.end() :]


def _from_term(term: object) -> tuple[int, bytes]:
    """Return the length that the term of a pickled vector declares, and its data."""
    match term:
        case _Built(
            _Call(_Global("numpy.core.multiarray _reconstruct" | "numpy._core.multiarray _reconstruct"),
                  (_Global("numpy ndarray"), (0,), b"b" | "b")),
            (1, (int(size),), _Built(
                _Call(_Global("numpy dtype"), ("f4", 0, 1)), (3, "<", None, None, None, -1, -1, 0)
            ), False, bytes() | str() as data),
        ):  # fmt: skip
            # Python 2 wrote bytes as strings; pickletools reads those as latin-1.
            return size, data.encode("latin-1") if isinstance(data, str) else data
        case _:
            raise ValueError("its pickle is not one flat vector of float32 numbers")


def _interpret(content: bytes) -> object:
    """Return a term that describes what a pickle would build; its calls are recorded, not made.

    It knows the opcodes of a pickled NumPy array in protocols 2 to 4 and raises `ValueError` for all others.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # about backslashes in names, which are refused below
        opcodes = list(islice(genops(content), LONGEST))
    stack: list[object] = []
    memo: dict[int, object] = {}
    try:
        for opcode, argument, place in opcodes:
            if opcode.name == "STOP":
                if len(stack) != 1 or place != len(content) - 1:
                    raise ValueError("its pickle holds more than one array")
                return stack[0]
            _apply(opcode.name, argument, stack, memo)
    except (IndexError, KeyError) as error:
        raise ValueError("its pickle is damaged") from error
    raise ValueError("its pickle is longer than that of an array")


def _apply(name: str, argument: object, stack: list[object], memo: dict[int, object]) -> None:
    """Apply one opcode to the stack and the memo."""
    match name, argument:
        case "PROTO" | "FRAME", _:
            pass
        case "MARK", _:
            stack.append(_MARK)
        case (("BINPUT" | "LONG_BINPUT"), int(key)):
            memo[key] = stack[-1]
        case "MEMOIZE", _:
            memo[len(memo)] = stack[-1]
        case (("BINGET" | "LONG_BINGET"), int(key)):
            stack.append(memo[key])
        case "GLOBAL", str(words):
            stack.append(_known(words))
        case "STACK_GLOBAL", _:
            last, module = stack.pop(), stack.pop()
            if not isinstance(last, str) or not isinstance(module, str):
                raise ValueError("its pickle is damaged")
            stack.append(_known(f"{module} {last}"))
        case "REDUCE", _:
            arguments = stack.pop()
            stack.append(_called(stack.pop(), arguments))
        case "BUILD", _:
            state = stack.pop()
            stack.append(_Built(stack.pop(), state))
        case "TUPLE", _:
            first = [k for k, value in enumerate(stack) if value is _MARK][-1]
            stack[first:] = [tuple(stack[first + 1 :])]
        case _ if name in _TUPLES:
            items = [stack.pop() for _ in range(_TUPLES[name])]
            stack.append(tuple(reversed(items)))
        case _ if name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        case _ if name in _LITERALS:
            stack.append(argument)
        case _:
            raise ValueError(f"its pickle uses {name}, which is not allowed; nothing of it was run")


def _known(name: str) -> _Global:
    if name not in KNOWN:
        raise ValueError(f"its pickle names {name[:60]!r}, which is not allowed; nothing of it was run")
    return _Global(name)


def _called(function: object, arguments: object) -> object:
    """Return the term of a call; protocol 2 writes bytes as a call, which becomes bytes."""
    match function, arguments:
        case _Global("_codecs encode"), (str(text), "latin1"):
            return text.encode("latin-1")
        case _:
            return _Call(function, arguments)
