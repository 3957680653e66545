"""The viewer: a server for browser tabs, and the loop that plays bouts at their own speed."""

import threading
import time
from collections.abc import Callable, Sequence

from dohyo.arenas.errors import DohyoError
from dohyo.arenas.viewer.panel import IDLE
from dohyo.arenas.viewer.server import serve, stop
from dohyo.arenas.viewer.stage import Stage
from dohyo.cli.viewer.live import LiveBouts
from dohyo.cli.viewer.panel import BoutsPanel

REST = 1.5
"""Time between the end of a bout and the next one, s."""


class Viewer:
    """Shows live bouts at `address`; every browser tab sees the same bout.

    `choices` returns the names of players that the tabs offer. `at_end` is called at the end of every bout. If the port
    is taken, the next free one is used.
    """

    def __init__(
        self,
        bouts: LiveBouts,
        choices: Callable[[], Sequence[str]],
        host: str,
        port: int,
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.bouts, self._at_end = bouts, at_end
        self._server, self.address = serve(host, port)
        self.stage = Stage(self._server, bouts.batch)
        self.panel = BoutsPanel(self._server, bouts, self.stage, choices)
        self._server.on_client_connect(self.stage.aim)
        self._stop = threading.Event()

    def run(self) -> None:
        """Play bouts until `stop` is called."""
        due, over = time.monotonic(), 0.0
        while not self._stop.is_set():
            self.panel.work()
            now = time.monotonic()
            ended = self.bouts.board.ending is not None
            if self.panel.wants_next or (ended and self.panel.goes_on and now - over > REST):
                self._begin()
            elif self.panel.takes_step():
                self._advance()
            elif self.panel.playing and not ended:
                if now >= due:
                    pace = self.bouts.batch.arena.scene.control_step / self.panel.speed
                    due = max(due + pace, now)  # a slow machine plays slower, and does not catch up
                    self._advance()
                    over = time.monotonic()
                else:
                    self._stop.wait(min(due - now, IDLE))
            else:
                self._stop.wait(IDLE)

    def _advance(self) -> None:
        if self.bouts.board.ending is not None:
            return
        self.bouts.step()
        self.stage.show()
        self.panel.show()
        if self.bouts.board.ending is not None:
            self._at_end()

    def _begin(self) -> None:
        """Begin the next bout; pause and tell why if its players cannot play."""
        self.panel.wants_next = False
        self.panel.refresh()
        try:
            self.bouts.begin()
        except DohyoError as error:
            self.panel.pause()
            self.panel.say(str(error))
            return
        self.stage.begin()
        self.panel.show()

    def stop(self) -> None:
        """End `run`; it can be called from any thread."""
        self._stop.set()

    def close(self) -> None:
        """Stop the server and release the engine."""
        self.stop()
        stop(self._server)
        self.bouts.close()
