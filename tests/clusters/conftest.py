"""Processes of Ray that tests find and kill: all those whose environment has the mark of the test."""

import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MARK = "DOHYO_TEST"


class Marked:
    """The processes that a test has begun, directly or not."""

    def __init__(self, mark: str) -> None:
        self.mark = f"{MARK}={mark}".encode()

    def find(self, title: str) -> list[int]:
        """Return the processes whose command line begins with `title` or has it as its program."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal() and int(folder.name) != os.getpid():
                try:
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                    if command.split(" ")[0].endswith(title) and self.mark in (folder / "environ").read_bytes():
                        found.append(int(folder.name))
                except OSError:
                    continue  # it has ended
        return sorted(found)

    def wait(self, title: str, holds: Callable[[list[int]], bool], patience: float = 240.0) -> list[int]:
        """Return the processes as soon as `holds` is true of them."""
        until = time.monotonic() + patience
        while not holds(found := self.find(title)):
            assert time.monotonic() < until, f"{title}: {found}"
            time.sleep(0.01)
        return found

    def kill(self, title: str) -> None:
        """Kill one process as soon as there is one."""
        os.kill(self.wait(title, bool)[0], signal.SIGKILL)


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Marked]:
    mark = secrets.token_hex(8)
    monkeypatch.setenv(MARK, mark)
    yield Marked(mark)
    for title in ("raylet", "gcs_server", "ray::Outpost", "ray::Outpost.collect", "ray::IDLE"):
        for process in Marked(mark).find(title):
            os.kill(process, signal.SIGKILL)
