"""The panel beside the scene: who fights, the score, the controls and the plots of the reward's terms."""

import html
from collections.abc import Callable, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import viser
from viser import uplot

from dohyo.arenas.physics.scene import COLOURS
from dohyo.arenas.views.replay import geoms_of
from dohyo.cli.chart_style import SERIES
from dohyo.cli.viewer.live import LiveBouts
from dohyo.cli.viewer.stage import VIEWS, Stage

SPEEDS = ("0.25", "0.5", "1", "2", "4")
FORCE = 400.0
"""Usual force of a push, N: in the middle of the wind test's."""
SHOWN = 10.0
"""Time that the plots show, s."""
PLOT_EVERY = 5
"""Control steps between two updates of the plots."""


class Panel:
    """The controls of a viewer. A control puts what it wants done into a queue, since it runs in another thread."""

    def __init__(
        self, server: viser.ViserServer, bouts: LiveBouts, stage: Stage, choices: Callable[[], Sequence[str]]
    ) -> None:
        self._gui, self._bouts, self._stage, self._choices = server.gui, bouts, stage, choices
        self._todo: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.playing = True
        self.wants_next = False
        self._gui.configure_theme(show_logo=False, show_share_button=False)
        self._gui.main_panel.dock_right()
        self._score = self._gui.add_html("")
        self._add_controls()
        self._players = [self._add_player(side) for side in range(max(bouts.batch.arena.sides) + 1)]
        self._add_pushes()
        self._plots = [self._add_plot(seat) for seat in range(len(bouts.batch.seats))]
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

    @property
    def goes_on(self) -> bool:
        """Whether the next bout begins by itself."""
        return bool(self._goes_on.value)

    def _on(self, control: Any, do: Callable[[], None], *, click: bool = True) -> Any:
        (control.on_click if click else control.on_update)(lambda event: self._todo.put(do))
        return control

    def _add_controls(self) -> None:
        gui = self._gui
        self._toggle = self._on(gui.add_button("Pause", icon=viser.Icon.PLAYER_PAUSE), self._play_or_pause)
        self._on(gui.add_button("Step", icon=viser.Icon.PLAYER_TRACK_NEXT), self._single_step)
        self._on(gui.add_button("Next bout", icon=viser.Icon.PLAYER_SKIP_FORWARD), self._next)
        self._on(gui.add_button("Swap seats", disabled=not self._bouts.can_swap), self._swap)
        self._speed = gui.add_dropdown("Speed", SPEEDS, initial_value="1")
        self._goes_on = gui.add_checkbox("Go on after a bout", True)
        self._view = gui.add_dropdown("Camera", VIEWS, initial_value=VIEWS[0])
        self._on(self._view, self._look, click=False)

    def _add_player(self, side: int) -> Any:
        names = self._bouts.players
        name = names[min(side, len(names) - 1)]
        control = self._gui.add_dropdown(f"Side {side}", _with(name, self._choices()), initial_value=name)
        return self._on(control, self._cast, click=False)

    def _add_pushes(self) -> None:
        with self._gui.add_folder("Push"):
            self._force = self._gui.add_slider("Force, N", 50.0, 2000.0, 50.0, FORCE)
            for seat, name in enumerate(self._bouts.batch.seats):
                self._on(self._gui.add_button(f"Push {name}"), partial(self._push, seat))

    def _add_plot(self, seat: int) -> Any:
        terms = [term.name for term in self._bouts.batch.arena.terms]
        series = (
            uplot.Series(label="s"),
            *(uplot.Series(label=t, stroke=SERIES[k % len(SERIES)], width=1.5) for k, t in enumerate(terms)),
        )
        with self._gui.add_folder(f"Reward terms of {self._bouts.batch.seats[seat]}", expand_by_default=seat == 0):
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
        self._bouts.step()
        self._stage.show()
        self.show()

    def _next(self) -> None:
        self.wants_next = True

    def _swap(self) -> None:
        self._bouts.swap()
        self.wants_next = True
        for control, name in zip(self._players, self._bouts.players, strict=False):
            control.value = name

    def _cast(self) -> None:
        chosen = [control.value for control in self._players]
        if chosen != [self._bouts.players[min(s, len(self._bouts.players) - 1)] for s in range(len(chosen))]:
            self._bouts.players, self.wants_next = chosen, True

    def _push(self, seat: int) -> None:
        self._bouts.push(seat, self._force.value)

    def _look(self) -> None:
        self._stage.view = self._view.value

    def refresh(self) -> None:
        """Offer the players of now: a run that goes on has new snapshots."""
        known = self._choices()
        for control in self._players:
            if tuple(control.options) != (options := _with(control.value, known)):
                control.options = options

    def say(self, message: str) -> None:
        """Show an error in place of the score."""
        self._score.content = f'<p role="alert" style="padding:0 1em">{html.escape(message)}</p>'

    def show(self) -> None:
        """Show score, clock and plots of the current state."""
        bouts = self._bouts
        self._score.content = _score(bouts)
        if bouts.terms and (bouts.steps % PLOT_EVERY == 0 or not self.playing or bouts.ending):
            step = bouts.batch.arena.scene.control_step
            keep = round(SHOWN / step)
            recent = np.array(bouts.terms[-keep:])
            time = step * np.arange(bouts.steps - len(recent) + 1, bouts.steps + 1)
            for seat, plot in enumerate(self._plots):
                plot.data = (time, *np.ascontiguousarray(recent[:, :, seat].T))


def _with(name: str, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([name, *names]))


def _score(bouts: LiveBouts) -> str:
    """Return the score as HTML; names are escaped."""
    arena = bouts.batch.arena
    geoms = geoms_of(arena.model(0))
    lines = []
    for seat, name in enumerate(bouts.batch.seats):
        own = np.flatnonzero(geoms["geom_body"] == arena.scene.seats[seat].root)
        rgb = geoms["geom_rgba"][own[0], :3] if len(own) else COLOURS[arena.sides[seat] % len(COLOURS)][:3]
        colour = ",".join(str(round(255 * float(c))) for c in rgb)
        won = bouts.ending is not None and name in (bouts.winner or "").split(",")
        state = " wins" if won else " is out" if bouts.out[seat] else ""
        lines.append(
            f'<div><span style="color:rgb({colour})">&#9679;</span> {html.escape(name)}: '
            f"{html.escape(bouts.player_of(seat))} <b>{bouts.sums[seat]:.1f}</b>{state}</div>"
        )
    end = "" if bouts.ending is None else f"<b>{'A draw' if bouts.winner is None else 'Over'}: {bouts.ending}</b>"
    return (
        f'<div style="padding:0 1em;overflow-wrap:anywhere">{"".join(lines)}<div>{bouts.clock:.1f} s {end}</div></div>'
    )
