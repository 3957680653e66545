"""The render modes of views: nothing, pictures, or the viewer, which shows every step in a browser tab."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import gymnasium

from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import DohyoError, UnknownName
from dohyo.arenas.step import Step
from dohyo.arenas.views.render import Image, render

if TYPE_CHECKING:
    from dohyo.arenas.viewer.window import Window

MODES = ("human", "rgb_array")
"""Render modes of the views that have one world."""


class Screen:
    """Shows a batch's first world in the render mode `mode`; `title` is what "human" says of it.

    Raises `UnknownName` for a mode that is not in `MODES`, `DohyoError` for "human" if viser is not installed.
    """

    def __init__(self, mode: str | None, title: str) -> None:
        self.mode, self._title = check_render_mode(mode, MODES), title
        self._window: Window | None = None
        if mode == "human":
            _check_viewer()

    def render(self, batch: Batch, begun: bool) -> Image | None:
        """Return a picture `[360, 480, 3]`, or None: "human" has shown the state already, and no mode gets a warning.

        Raises `DohyoError` unless a bout has `begun`, `EngineError` if the batch is closed.
        """
        batch.check_open()
        if self.mode is None:
            gymnasium.logger.warn('render() does nothing without a render_mode: pass render_mode="rgb_array"')
            return None
        if not begun:
            raise DohyoError("nothing to render yet: call reset() first")
        return None if self.mode == "human" else render(batch.arena, batch.engine.frame)

    def begin(self, batch: Batch) -> None:
        """Show the start of a bout, if the mode is "human"; the viewer opens at the first one."""
        if self.mode != "human":
            return
        if self._window is None:
            from dohyo.arenas.viewer.window import Window  # viser is optional, and slow to import

            self._window = Window(batch, self._title)
        self._window.begin()

    def show(self, step: Step) -> None:
        """Show the control step that the batch has just run, if the mode is "human"."""
        if self._window is not None:
            self._window.show(step)

    def close(self) -> None:
        """Close the viewer; safe to call twice."""
        if self._window is not None:
            self._window.close()
            self._window = None


def _check_viewer() -> None:
    from dohyo.arenas.viewer.server import INSTALL, is_installed

    if not is_installed():
        raise DohyoError(f'render_mode="human" needs viser: {INSTALL}, or use render_mode="rgb_array"')


def check_render_mode(mode: str | None, modes: Sequence[str]) -> str | None:
    """Return the mode; raise `UnknownName` unless it is None or one of `modes`."""
    if mode is not None and mode not in modes:
        raise UnknownName(f"unknown render_mode {mode!r}; choose one of: {', '.join(modes)}")
    return mode
