"""The viewer of `render_mode="human"`: the program plays, and the page shows every control step in real time."""

import sys
import time
import weakref

from dohyo.arenas.batch import Batch
from dohyo.arenas.step import Step
from dohyo.arenas.viewer.board import Board
from dohyo.arenas.viewer.panel import IDLE, Panel
from dohyo.arenas.viewer.server import open_tab, serve, stop
from dohyo.arenas.viewer.stage import Stage


class Window:
    """Shows world 0 of a batch at `address`, which it prints on standard error, and in a browser tab if it can."""

    def __init__(self, batch: Batch, title: str) -> None:
        self._server, self.address = serve()
        self._end = weakref.finalize(self, stop, self._server)  # an environment that is not closed
        self._board = Board(batch)
        self._stage = Stage(self._server, batch)
        self.panel = Panel(self._server, self._board, self._stage)
        self._server.on_client_connect(self._stage.aim)
        self._step = batch.arena.scene.control_step
        self._due = time.monotonic()
        sys.stderr.write(f"{title}: watch at {self.address}\n")
        open_tab(self.address)

    def begin(self) -> None:
        """Show the start of a bout."""
        self._board.begin()
        self._stage.begin()
        self.panel.show()
        self._wait()

    def show(self, step: Step) -> None:
        """Show the control step that the batch has just run; return when its time is over, or after a pause."""
        self._board.add(step)
        self._stage.show()
        self.panel.show()
        self._wait()

    def _wait(self) -> None:
        """Wait for the next control step; a pause ends when the last tab is closed."""
        self._due = max(self._due + self._step / self.panel.speed, time.monotonic())
        while True:
            self.panel.work()
            if self.panel.takes_step():
                return
            left = self._due - time.monotonic()
            if left <= 0 and (self.panel.playing or not self._server.get_clients()):
                return
            time.sleep(min(max(left, 0.001), IDLE))

    def close(self) -> None:
        """Stop the server; safe to call twice."""
        self._end()
