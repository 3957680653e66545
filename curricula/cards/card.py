"""A card: its parts are measured, kept in its folder as each ends, and put together."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dohyo.arenas.registry import ARENAS
from dohyo.curricula.cards.card_folder import PAGE, RECORD, CardFolder
from dohyo.curricula.cards.cases import BLIND, CHANGED, MATCHES, Case, cases, play
from dohyo.curricula.cards.limits import limits
from dohyo.curricula.cards.page import render
from dohyo.curricula.cards.subject import Subject
from dohyo.curricula.cards.training import how_trained
from dohyo.curricula.cards.trials import ATTACKS, blow, pushed, resist, takes_wind, time_actions
from dohyo.curricula.matches.match import Bout
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.software import installed, machine

WIND, EXPLOIT, SPEED, PICTURE = "wind", "exploit", "speed", "picture"
PARTS = (BLIND, CHANGED, WIND, EXPLOIT, SPEED, PICTURE)
"""Parts of a card that can be left out; it always has matches."""
FORMAT = 1


@dataclass(frozen=True)
class CardConfig:
    """Settings of all bouts of a card."""

    bouts: int = 200
    """Bouts of every match, and per force of the wind test; 2 or more."""
    seed: int = 0


class Card:
    """The card of a subject in a folder that one process at a time can use; a kill loses at most the match in play.

    `without` are names in `PARTS`. `named` are further opponents. `engines` are pairs of engine and physics, by default
    `Subject.engines`; the first is the one for everything but matches.

    Raises `DohyoError` if the folder is in use, holds something else or was begun with other settings; `UnknownName`
    or `SnapshotError` for an opponent that cannot be met.
    """

    def __init__(
        self,
        path: Path,
        subject: Subject,
        config: CardConfig,
        *,
        without: Collection[str] = (),
        named: Sequence[str] = (),
        engines: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.subject, self.config, self.without = subject, config, without
        self.engine, self.physics = (engines or subject.engines)[0]
        found = cases(subject, engines or subject.engines, named)
        self.cases: list[Case] = [case for case in found if case.part not in without]
        self._no_wind = "by option" if WIND in without else takes_wind(subject)
        self._wind = [] if self._no_wind else pushed(subject, config.bouts, config.seed)
        settings = {"snapshot": subject.snapshot.name, "body": subject.setup.body, **asdict(config)}
        self.folder = CardFolder(path, settings)

    @property
    def left(self) -> int:
        """Number of bouts that are still to be played, without those of best responses."""
        keys = [*(case.key for case in self.cases), *map(_wind_key, self._wind)]
        return self.config.bouts * sum(self.folder.get(key) is None for key in keys)

    def measure(self, watch: Callable[[Bout], None]) -> None:
        """Play what is missing, and time actions; `watch` is called with each bout."""
        for case in self.cases:
            if self.folder.get(case.key) is None:
                self.folder.keep(case.key, play(self.subject, case, self.config.bouts, self.config.seed, watch))
        for test in self._wind:
            if self.folder.get(_wind_key(test)) is None:
                self.folder.keep(_wind_key(test), blow(*test, watch))
        if SPEED not in self.without and self.folder.get(SPEED) is None:
            self.folder.keep(SPEED, time_actions(self.subject.snapshot))

    def bouts_against(self, run: Path) -> int:
        """Return the number of bouts that the newest best response in a run still has to play."""
        return 0 if self.folder.get(_exploit_key(run)) else ATTACKS * self.config.bouts

    def resist(self, run: Path, watch: Callable[[Bout], None]) -> None:
        """Play the newest best response in a run against the subject, unless that is done."""
        key = _exploit_key(run)
        if self.folder.get(key) is None:
            self.folder.keep(key, resist(run, self.config.bouts, self.config.seed, watch))

    def record(self, command: str, responses: Sequence[Path], **more: Any) -> dict[str, Any]:
        """Return the card for JSON: all parts that are measured.

        `command` is the one that made it. `responses` are the runs of its best responses. `more` are `use` (a command
        to try the agent), `picture` and `license`.
        """
        subject, part = self.subject, self.subject.snapshot.origin.part
        kept = {name: [self.folder.get(case.key) for case in self._of(name)] for name in (MATCHES, BLIND, CHANGED)}
        card: dict[str, Any] = {
            "format": FORMAT,
            "snapshot": subject.snapshot.name,
            "arena": part.arena,
            "id": f"dohyo/{ARENAS[part.arena].id}",
            "roles": [role.name for role in subject.roles],
            "body": subject.setup.body,
            "drive": part.drive,
            "observation": subject.snapshot.origin.observation,
            "action": subject.snapshot.origin.action,
            "max_cycles": subject.arena.max_cycles,
            "training": how_trained(subject),
            "measured": asdict(self.config)
            | {"engine": self.engine, "physics": self.physics, "command": command}
            | {"machine": machine(), "versions": installed()},
            **kept,
            WIND: [self.folder.get(_wind_key(test)) for test in self._wind],
            EXPLOIT: [self.folder.get(_exploit_key(run)) for run in responses],
            SPEED: None if SPEED in self.without else self.folder.get(SPEED),
            "left_out": dict.fromkeys(self.without, "by option") | ({WIND: self._no_wind} if self._no_wind else {}),
            **more,
        }
        return card | {"not_for": [*card.get("not_for", ()), *limits(card)]}

    def write(self, card: Mapping[str, Any]) -> tuple[Path, Path]:
        """Write the card as Markdown and as JSON, and return their paths."""
        self.folder.write(render(card), card)
        return self.folder.path / PAGE, self.folder.path / RECORD

    def close(self) -> None:
        """Unlock the folder."""
        self.folder.close()

    def _of(self, part: str) -> list[Case]:
        return [case for case in self.cases if case.part == part]


def _wind_key(test: tuple[Any, Any]) -> str:
    player, config = test
    return f"{WIND}/{player.name}/{config.forces[0]:g}/{config.engine}/{config.physics}"


def _exploit_key(run: Path) -> str:
    """Return the name of the result of a run's newest best response."""
    folder = RunFolder.open(run)
    try:
        return f"{EXPLOIT}/{folder.latest().name}"
    finally:
        folder.close()
