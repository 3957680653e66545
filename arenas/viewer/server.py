"""The server of the viewer's page, and the browser tab that shows it."""

import importlib.util
import os
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import viser

HOST, PORT = "127.0.0.1", 8080
"""Usual address: this machine alone can reach it."""
INSTALL = '`pip install "dohyo[watch]"`'
"""What installs viser."""


def is_installed() -> bool:
    """Return whether viser is there."""
    return importlib.util.find_spec("viser") is not None


@contextmanager
def _quiet() -> Iterator[None]:
    """Drop what viser prints: the caller says where the page is."""
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        yield


def serve(host: str = HOST, port: int = PORT) -> "tuple[viser.ViserServer, str]":
    """Return a running server and its address; if the port is taken, the next free one is used."""
    import viser

    with _quiet():
        server = viser.ViserServer(host=host, port=port, label="Dohyo", verbose=False)
    return server, f"http://{host}:{server.get_port()}"


def stop(server: "viser.ViserServer") -> None:
    """Stop a server."""
    with _quiet():
        server.stop()


def open_tab(address: str) -> None:
    """Open a browser tab, where there is a display."""
    displays = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if displays or sys.platform in ("darwin", "win32"):
        webbrowser.open(address)
