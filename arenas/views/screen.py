"""The render modes of views: nothing, pictures, or a window that shows every step."""

from collections.abc import Sequence

import gymnasium

from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import DohyoError, UnknownName
from dohyo.arenas.views.render import Image, render
from dohyo.arenas.views.window import Window

MODES = ("human", "rgb_array")
"""Render modes of the views that have one world."""


class Screen:
    """Shows a batch's first world in the render mode `mode`; `title` is the window's.

    Raises `UnknownName` for a mode that is not in `MODES`, `DohyoError` for "human" if matplotlib is not installed.
    """

    def __init__(self, mode: str | None, title: str) -> None:
        self.mode = check_render_mode(mode, MODES)
        self._window = Window(title) if mode == "human" else None

    def render(self, batch: Batch, begun: bool) -> Image | None:
        """Return a picture `[360, 480, 3]`, or show it and return None; without a mode warn and return None.

        Raises `DohyoError` unless a bout has `begun`, `EngineError` if the batch is closed.
        """
        batch.check_open()
        if self.mode is None:
            gymnasium.logger.warn('render() does nothing without a render_mode: pass render_mode="rgb_array"')
            return None
        if not begun:
            raise DohyoError("nothing to render yet: call reset() first")
        picture = render(batch.arena, batch.engine.frame)
        if self._window is None:
            return picture
        self._window.show(picture)
        return None

    def refresh(self, batch: Batch) -> None:
        """Show the current state in the window, if there is one."""
        if self._window is not None:
            self.render(batch, begun=True)

    def close(self) -> None:
        """Close the window; safe to call twice."""
        if self._window is not None:
            self._window.close()


def check_render_mode(mode: str | None, modes: Sequence[str]) -> str | None:
    """Return the mode; raise `UnknownName` unless it is None or one of `modes`."""
    if mode is not None and mode not in modes:
        raise UnknownName(f"unknown render_mode {mode!r}; choose one of: {', '.join(modes)}")
    return mode
