"""Trained agents that come with the package: `pretrained/NAME` names one wherever a snapshot can be named.

Beside each snapshot, `NAME.json` says how it was made and how strong it is (docs/reference/pretrained_agents.md).
"""

import json
import os
from pathlib import Path
from typing import Any

from dohyo.arenas.errors import lookup

PREFIX = "pretrained/"
"""The beginning of a shipped agent's name; a file or folder of that name in the working directory goes before."""
FOLDER = Path(__file__).parent


def shipped() -> dict[str, Path]:
    """Return the snapshot files of all shipped agents by name, without `PREFIX`."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.safetensors"))}


def locate(name: str | os.PathLike[str]) -> Path | None:
    """Return the file of the snapshot `name`: a file, or a shipped agent's; None if it is neither.

    Raises `UnknownName` for an agent that is not shipped.
    """
    if os.path.isfile(name):
        return Path(name)
    text = os.fspath(name)
    if not text.startswith(PREFIX) or os.path.exists(text):
        return None
    return lookup(shipped(), text.removeprefix(PREFIX), "pretrained agent", "; `dohyo agents` lists them")


def about(name: str) -> dict[str, Any]:
    """Return what is recorded of a shipped agent, named without `PREFIX`."""
    found: dict[str, Any] = json.loads(lookup(shipped(), name, "pretrained agent").with_suffix(".json").read_bytes())
    return found
