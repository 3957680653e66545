"""The controls of a viewer of live bouts: the next bout, players, pushes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import viser

from dohyo.arenas.viewer.panel import Panel
from dohyo.arenas.viewer.stage import Stage
from dohyo.cli.viewer.live import LiveBouts

FORCE = 400.0
"""Usual force of a push, N: in the middle of the wind test's."""


class BoutsPanel(Panel):
    """A panel that also chooses the players; `choices` returns the names that it offers."""

    def __init__(
        self, server: viser.ViserServer, bouts: LiveBouts, stage: Stage, choices: Callable[[], Sequence[str]]
    ) -> None:
        self._bouts, self._choices = bouts, choices
        self.wants_next = False
        super().__init__(server, bouts.board, stage)

    @property
    def goes_on(self) -> bool:
        """Whether the next bout begins by itself."""
        return bool(self._goes_on.value)

    def _add_more(self) -> None:
        gui = self._gui
        self._on(gui.add_button("Next bout", icon=viser.Icon.PLAYER_SKIP_FORWARD), self._next)
        self._on(gui.add_button("Swap seats", disabled=not self._bouts.can_swap), self._swap)
        self._goes_on = gui.add_checkbox("Go on after a bout", True)
        self._players = [self._add_player(side) for side in range(max(self._bouts.batch.arena.sides) + 1)]
        with gui.add_folder("Push"):
            self._force = gui.add_slider("Force, N", 50.0, 2000.0, 50.0, FORCE)
            for seat, name in enumerate(self._bouts.batch.seats):
                self._on(gui.add_button(f"Push {name}"), partial(self._push, seat))

    def _add_player(self, side: int) -> Any:
        name = self._bouts.player_of_side(side)
        control = self._gui.add_dropdown(f"Side {side}", _with(name, self._choices()), initial_value=name)
        return self._on(control, self._cast, click=False)

    def _next(self) -> None:
        self.wants_next = True

    def _swap(self) -> None:
        self._bouts.swap()
        self.wants_next = True
        for control, name in zip(self._players, self._bouts.players, strict=False):
            control.value = name

    def _cast(self) -> None:
        chosen = [control.value for control in self._players]
        if chosen != [self._bouts.player_of_side(side) for side in range(len(chosen))]:
            self._bouts.players, self.wants_next = chosen, True

    def _push(self, seat: int) -> None:
        self._bouts.push(seat, self._force.value)

    def refresh(self) -> None:
        """Offer the players of now: a run that goes on has new snapshots."""
        known = self._choices()
        for control in self._players:
            if tuple(control.options) != (options := _with(control.value, known)):
                control.options = options


def _with(name: str, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([name, *names]))
