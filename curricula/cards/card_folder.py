"""The folder of a card: each finished part is kept, so that a card goes on after Ctrl-C or a kill."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dohyo.agents.files import parse_json, write_atomically
from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.checks import one_line
from dohyo.arenas.errors import DohyoError
from dohyo.curricula.players import find_run
from dohyo.curricula.run.results_folder import claim
from dohyo.curricula.run.row_checks import digest

KIND = "card"
"""What the folder holds, among `dohyo.curricula.run.results_folder.SETTINGS`."""
RESULTS, PAGE, RECORD = "results.json", "README.md", "card.json"
"""Files of the folder: the parts, and the card as Markdown and as JSON."""


def usual_folder(player: str, snapshot: Snapshot) -> Path:
    """Return where the card of a snapshot goes; `player` named it.

    It goes into the snapshot's run or beside its file; that of a shipped agent goes into the working directory.
    """
    beside = Path(player).parent if os.path.isfile(player) else Path()
    return (find_run(player) or beside) / "cards" / snapshot.name


class CardFolder:
    """A card's folder, which one process at a time can use; results are kept by the name of their part.

    Raises `DohyoError` if another process uses it, its settings differ, or a result in it was changed.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path = path
        self._lock = claim(KIND, path, settings)
        try:
            self._results = self._read()
        except BaseException:
            self._lock.close()
            raise

    def get(self, name: str) -> Any:
        """Return the result of a part; None if it is not there yet."""
        return self._results.get(name)

    def keep(self, name: str, result: Any) -> None:
        """Write the result of a part to disk."""
        self._results[name] = json.loads(json.dumps(result))
        sealed = {part: {"result": held, "digest": digest([part, held])} for part, held in self._results.items()}
        write_atomically(self.path / RESULTS, json.dumps(sealed, indent=1).encode())

    def write(self, page: str, record: Mapping[str, Any]) -> None:
        """Write the card."""
        write_atomically(self.path / RECORD, json.dumps(record, indent=2).encode())
        write_atomically(self.path / PAGE, page.encode())

    def _read(self) -> dict[str, Any]:
        path = self.path / RESULTS
        if not path.exists():
            return {}
        try:
            held = parse_json(path.read_bytes())
            for name, entry in held.items():
                if digest([name, entry["result"]]) != entry["digest"]:
                    raise ValueError(f"{name} was changed")
            return {name: entry["result"] for name, entry in held.items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DohyoError(f"cannot read {path} ({one_line(error)}): remove it to measure again") from error

    def close(self) -> None:
        """Unlock the folder."""
        self._lock.close()
