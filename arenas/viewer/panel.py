"""The panel beside the scene: score, clock, controls, and plots of the reward's terms."""

import html
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import viser
from viser import uplot

from dohyo.arenas.physics.scene import COLOURS
from dohyo.arenas.viewer.board import Board
from dohyo.arenas.viewer.stage import VIEWS, Stage
from dohyo.arenas.views.colours import SERIES
from dohyo.arenas.views.replay import geoms_of

SPEEDS = ("0.25", "0.5", "1", "2", "4")
IDLE = 0.02
"""Longest time between two looks at the controls, s."""
SHOWN = 10.0
"""Time that the plots show, s."""
PLOT_EVERY = 5
"""Control steps between two updates of the plots."""


class Panel:
    """The controls of a viewer. A control puts what it wants done into a queue, since it runs in another thread."""

    def __init__(self, server: viser.ViserServer, board: Board, stage: Stage) -> None:
        self._gui, self._board, self._stage = server.gui, board, stage
        self._todo: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.playing = True
        self._wants_step = False
        self._paint(dark=False)
        self._gui.main_panel.dock_right()
        self._score = self._gui.add_html("")
        self._add_controls()
        self._add_more()
        self._plots = [self._add_plot(seat) for seat in range(len(board.batch.seats))]
        self.show()

    def work(self) -> None:
        """Do what the controls have asked for since the last call."""
        while True:
            try:
                self._todo.get_nowait()()
            except Empty:
                return

    @property
    def speed(self) -> float:
        """Factor of the speed, 1 for real time."""
        return float(self._speed.value)

    def takes_step(self) -> bool:
        """Return whether a single step was asked for since the last call."""
        wanted, self._wants_step = self._wants_step, False
        return wanted

    def _on(self, control: Any, do: Callable[[], None], *, click: bool = True) -> Any:
        (control.on_click if click else control.on_update)(lambda event: self._todo.put(do))
        return control

    def _add_controls(self) -> None:
        gui = self._gui
        self._toggle = self._on(gui.add_button("Pause", icon=viser.Icon.PLAYER_PAUSE), self._play_or_pause)
        self._on(gui.add_button("Step", icon=viser.Icon.PLAYER_TRACK_NEXT), self._single_step)
        self._speed = gui.add_dropdown("Speed", SPEEDS, initial_value="1")
        self._view = gui.add_dropdown("Camera", VIEWS, initial_value=VIEWS[0])
        self._on(self._view, self._look, click=False)
        self._dark = gui.add_checkbox("Dark page", False)
        self._on(self._dark, self._light_or_dark, click=False)

    def _add_more(self) -> None:
        """Add further controls, above the plots."""

    def _add_plot(self, seat: int) -> Any:
        terms = [term.name for term in self._board.batch.arena.terms]
        series = (
            uplot.Series(label="s"),
            *(uplot.Series(label=t, stroke=SERIES[k % len(SERIES)], width=1.5) for k, t in enumerate(terms)),
        )
        with self._gui.add_folder(f"Reward terms of {self._board.batch.seats[seat]}", expand_by_default=seat == 0):
            return self._gui.add_uplot(
                tuple(np.zeros(1) for _ in series), series, scales={"x": uplot.Scale(time=False)}, height=180
            )

    def _play_or_pause(self) -> None:
        self.playing = not self.playing
        self._toggle.label = "Pause" if self.playing else "Play"
        self._toggle.icon = viser.Icon.PLAYER_PAUSE if self.playing else viser.Icon.PLAYER_PLAY

    def pause(self) -> None:
        """Pause the bout."""
        if self.playing:
            self._play_or_pause()

    def _single_step(self) -> None:
        self.pause()
        self._wants_step = True

    def _look(self) -> None:
        self._stage.view = self._view.value

    def _light_or_dark(self) -> None:
        self._paint(dark=self._dark.value)

    def _paint(self, *, dark: bool) -> None:
        self._gui.configure_theme(show_logo=False, show_share_button=False, dark_mode=dark)

    def say(self, message: str) -> None:
        """Show an error in place of the score."""
        self._score.content = f'<p role="alert" style="padding:0 1em">{html.escape(message)}</p>'

    def show(self) -> None:
        """Show score, clock and plots of the current state."""
        board = self._board
        self._score.content = _score(board)
        if board.terms and (board.steps % PLOT_EVERY == 0 or not self.playing or board.ending):
            step = board.batch.arena.scene.control_step
            keep = round(SHOWN / step)
            recent = np.array(board.terms[-keep:])
            time = step * np.arange(board.steps - len(recent) + 1, board.steps + 1)
            for seat, plot in enumerate(self._plots):
                plot.data = (time, *np.ascontiguousarray(recent[:, :, seat].T))


def _score(board: Board) -> str:
    """Return the score as HTML; names are escaped."""
    arena = board.batch.arena
    geoms = geoms_of(arena.model(0))
    lines = []
    for seat, name in enumerate(board.batch.seats):
        own = np.flatnonzero(geoms["geom_body"] == arena.scene.seats[seat].root)
        rgb = geoms["geom_rgba"][own[0], :3] if len(own) else COLOURS[arena.sides[seat] % len(COLOURS)][:3]
        colour = ",".join(str(round(255 * float(c))) for c in rgb)
        won = board.ending is not None and name in (board.winner or "").split(",")
        state = " wins" if won else " is out" if board.out[seat] else ""
        player = f": {board.players[seat]}" if board.players else ""
        lines.append(
            f'<div><span style="color:rgb({colour})">&#9679;</span> {html.escape(name + player)} '
            f'<span style="white-space:nowrap">reward <b>{board.sums[seat]:.1f}</b>{state}</span></div>'
        )
    end = "" if board.ending is None else f"<b>{'A draw' if board.winner is None else 'Over'}: {board.ending}</b>"
    return (
        f'<div style="padding:0 1em;overflow-wrap:anywhere">{"".join(lines)}<div>{board.clock:.1f} s {end}</div></div>'
    )
