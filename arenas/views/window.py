"""The window of `render_mode="human"`, drawn by matplotlib."""

import weakref
from typing import Any

from dohyo.arenas.errors import DohyoError
from dohyo.arenas.views.render import Image


class Window:
    """A window that shows one picture after another; without a display nothing is shown.

    Raises `DohyoError` if matplotlib is not installed.
    """

    def __init__(self, title: str) -> None:
        try:
            import matplotlib.pyplot as plt
        except ImportError:
            raise DohyoError(
                'render_mode="human" needs matplotlib: `pip install matplotlib`, or use render_mode="rgb_array"'
            ) from None
        self._plt = plt
        self._figure, self._axes = plt.subplots(frameon=False, layout="tight")
        self._end = weakref.finalize(self, plt.close, self._figure)  # pyplot would keep the figure for ever
        self._axes.set_axis_off()
        self._picture: Any = None
        if (manager := self._figure.canvas.manager) is not None:
            manager.set_window_title(title)

    def show(self, picture: Image) -> None:
        """Show `picture` `[H, W, 3]` in the window and handle the window's events."""
        if self._picture is None:
            self._picture = self._axes.imshow(picture)
        self._picture.set_data(picture)
        canvas = self._figure.canvas
        canvas.draw()
        if canvas.required_interactive_framework is not None:
            self._plt.show(block=False)
            canvas.flush_events()

    def close(self) -> None:
        """Close the window; safe to call twice."""
        self._end()
