"""Files of published agents: numpy's arrays are read, all else is refused, and no code in a file ever runs."""

import io
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dohyo.agents.published.pickles import LIMIT, PublishedError, parse_vector, read_vector

NUMBERS = np.linspace(-3, 3, 300, dtype=np.float32)
# What Python 2.7 and numpy 1.13 make of np.array([1, -2], "f4") in protocol 2, put together by hand from the opcodes.
PYTHON_2 = (
    b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03(K\x01K\x02\x85"
    b"cnumpy\ndtype\nq\x04U\x02f4K\x00K\x01\x87Rq\x05(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    b"\x89U\x08\x00\x00\x80\x3f\x00\x00\x00\xc0tb."
)


def npy(array: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_a_pickled_vector_is_read(protocol: int):
    vector = parse_vector(pickle.dumps(NUMBERS, protocol))
    assert vector.dtype == np.float32
    np.testing.assert_array_equal(vector, NUMBERS)


def test_the_module_names_of_old_and_new_numpy_are_known():
    new = pickle.dumps(NUMBERS, 3)
    old = new.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert old != new
    np.testing.assert_array_equal(parse_vector(old), NUMBERS)


def test_what_python_2_wrote_is_read():
    np.testing.assert_array_equal(parse_vector(PYTHON_2), [1, -2])


def test_an_npy_file_is_read():
    np.testing.assert_array_equal(parse_vector(npy(NUMBERS)), NUMBERS)


class Bomb:
    """An object that creates a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_that_would_run_a_command(tmp_path: Path, protocol: int):
    trace, path = tmp_path / "it ran", tmp_path / "agent1_parameters-v1.pkl"
    path.write_bytes(pickle.dumps(Bomb(trace), protocol))
    with pytest.raises(PublishedError, match=r"names '(posix|nt) mkdir', which is not allowed; nothing of it was run"):
        read_vector(path)
    assert not trace.exists()
    pickle.loads(path.read_bytes())  # the bomb is live
    assert trace.exists()


def test_an_object_array_with_a_bomb_in_it(tmp_path: Path):
    array = np.array([Bomb(tmp_path / "it ran")], object)
    for content in (pickle.dumps(array, 2), npy(array, allow_pickle=True)):
        with pytest.raises(ValueError, match=r"is not allowed|not one flat vector"):
            parse_vector(content)
    assert list(tmp_path.iterdir()) == []


BROKEN = np.where(np.arange(300) == 7, np.nan, NUMBERS)
REFUSED: dict[str, tuple[bytes, str]] = {
    "text": (b"The quick brown fox jumps over the lazy dog\n" * 10, "neither a pickle nor an .npy file"),
    "nothing": (b"", "neither a pickle nor an .npy file"),
    "too large": (bytes(LIMIT + 1), "more than 4,000,000 bytes"),
    "protocol 0": (pickle.dumps(NUMBERS, 0), "neither"),
    "protocol 5": (pickle.dumps(NUMBERS, 5), "_frombuffer', which is not allowed"),
    "a list": (pickle.dumps([1.0, 2.0], 2), "uses EMPTY_LIST, which is not allowed"),
    "a string": (pickle.dumps("numpy", 4), "not one flat vector"),
    "two arrays": (pickle.dumps((NUMBERS, NUMBERS), 2), "not one flat vector"),
    "an array and more": (pickle.dumps(NUMBERS, 3) + b"cos\nsystem\n.", "holds more than one array"),
    "another kind": (pickle.dumps(NUMBERS.astype(np.float64), 3), "not one flat vector"),
    "another byte order": (pickle.dumps(NUMBERS.astype(">f4"), 3), "not one flat vector"),
    "a matrix": (pickle.dumps(NUMBERS.reshape(3, 100), 3), "not one flat vector"),
    "objects": (pickle.dumps(np.array([None, None]), 2), "is not allowed"),
    "NaN": (pickle.dumps(BROKEN.astype(np.float32), 3), "NaN or infinity"),
    "npy of doubles": (npy(NUMBERS.astype(np.float64)), "not one flat vector"),
    "npy matrix": (npy(NUMBERS.reshape(3, 100)), "not one flat vector"),
    "npy objects": (npy(np.array([None, None]), allow_pickle=True), "not one flat vector"),
    "npy with NaN": (npy(BROKEN.astype(np.float32)), "NaN or infinity"),
    "npy cut short": (npy(NUMBERS)[:-1], "300 numbers, but is truncated"),
    "npy with more": (npy(NUMBERS) + b"\0", "300 numbers, but is truncated"),
    "npy that promises a lot": (npy(NUMBERS).replace(b"(300,), }  ", b"(9999999,)}"), "not one flat vector"),
    "pickle with less": (pickle.dumps(NUMBERS, 3).replace(b"M\x2c\x01", b"M\x2d\x01"), "301 numbers, but is truncated"),
    "many opcodes": (b"\x80\x02" + b")" * 1000 + b".", "longer than that of an array"),
    "an empty stack": (b"\x80\x02R.", "damaged"),
    "no mark": (b"\x80\x02t.", "damaged"),
    "no memo": (b"\x80\x02h\x07.", "damaged"),
    "a name made of numbers": (b"\x80\x04K\x01K\x02\x93.", "damaged"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_vector_is_refused(case: str, tmp_path: Path):
    content, said = REFUSED[case]
    path = tmp_path / "agent1_parameters-v1.pkl"
    path.write_bytes(content)
    with pytest.raises(PublishedError) as caught:
        read_vector(path)
    message = str(caught.value)
    assert message.startswith(f"{path} is not a published agent: ")
    assert said in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_a_truncated_pickle_is_refused(protocol: int):
    content = pickle.dumps(NUMBERS[:20], protocol)
    for end in range(len(content)):
        with pytest.raises(ValueError, match=r"^(?!.*\n)."):
            parse_vector(content[:end])


def test_a_file_that_cannot_be_read(tmp_path: Path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(PublishedError, match="cannot read"):
            read_vector(path)


EVENTS: list[str] = []
"""Audited events since `watched` began: imports, files, processes, code, pickled globals."""
ACTIVE: list[bool] = []
HARMLESS = "object.__getattr__"  # hypothesis looks at frames


@cache
def hook() -> None:
    """Start to audit events; a hook cannot be removed."""
    sys.addaudithook(lambda event, arguments: EVENTS.append(event) if ACTIVE and event != HARMLESS else None)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Yield the names of the events audited within the block."""
    hook()
    EVENTS.clear()
    ACTIVE.append(True)
    try:
        yield EVENTS
    finally:
        ACTIVE.pop()


SEEDS = [pickle.dumps(NUMBERS[:9], protocol) for protocol in (2, 3, 4)] + [PYTHON_2, npy(NUMBERS[:9])]
SPLICES = [b"cos\nsystem\n", b"cbuiltins\neval\n", b"X\x02\x00\x00\x00ls", b"\x85", b"R", b"(", b"t", b"b", b"0", b"."]
CHANGE = st.one_of(
    st.tuples(st.just("flip"), st.integers(0, 400), st.integers(1, 255)),
    st.tuples(st.just("cut"), st.integers(0, 400), st.integers(1, 30)),
    st.tuples(st.just("put"), st.integers(0, 400), st.sampled_from(SPLICES) | st.binary(min_size=1, max_size=8)),
)


def changed(content: bytes, how: str, at: int, what: Any) -> bytes:
    at %= len(content) + 1
    if how == "cut":
        return content[:at] + content[at + what :]
    if how == "put":
        return content[:at] + what + content[at:]
    return content[:at] + bytes(byte ^ what for byte in content[at : at + 1]) + content[at + 1 :]


@given(st.sampled_from(SEEDS), st.lists(CHANGE, min_size=1, max_size=6))
@example(SEEDS[1], [("put", 2, b"cos\nsystem\nX\x02\x00\x00\x00ls\x85R0")])
@settings(max_examples=500)
def test_nothing_in_a_changed_file_runs(content: bytes, changes: list[tuple[str, int, Any]]):
    for change in changes:
        content = changed(content, *change)
    with watched() as events:
        try:
            vector = parse_vector(content)
        except ValueError as error:
            said = str(error)
        else:
            said = ""
            assert vector.dtype == np.float32
            assert vector.ndim == 1
            assert np.isfinite(vector).all()
    assert events == []
    assert len(said.splitlines()) <= 1


def test_the_watch_sees_what_a_bomb_does(tmp_path: Path):
    with watched() as events:
        pickle.loads(pickle.dumps(Bomb(tmp_path / "it ran")))
    assert {"pickle.find_class", "os.mkdir"} <= set(events)
