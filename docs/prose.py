"""Check the prose of the pages: `python docs/prose.py` names the faults that it finds, a line each.

Harper, a grammar checker that works offline, reads the pages with all its rules but those of `IGNORED`. Sentences of
more than 40 words are faults, too. `UNPLAIN` adds turns of phrase that the project avoids. Spelling is for codespell.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
IGNORED = {
    "codespell checks spelling without a list of this field's words": ("SpellCheck", "SplitWords"),
    "headings and cells of tables are in sentence case, names of packages as their authors write them": (
        "OrthographicConsistency",
        "SentenceCapitalization",
        "UseTitleCase",
    ),
    "both are used": ("OxfordComma", "DiscourseMarkers"),
    "ranges and negative numbers have a hyphen": ("NumericRangeEnDash", "Dashes"),
    "units, keys and names of options": (
        "ExpandConfiguration",
        "ExpandControl",
        "ExpandMemoryShorthands",
        "ExpandMinimum",
        "ExpandTimeShorthands",
        "MergeWords",
    ),
    "a rating, a torque and an info can be counted here": ("MassNouns",),
    "wrong more often than right": (
        "AnA",
        "CompoundNouns",
        "DisjointPrefixes",
        "Everybody",
        "Everyone",
        "ForNoun",
        "ItsContraction",
        "MissingPreposition",
        "MissingTo",
        "Overall",
        "PhrasalVerbAsCompoundNoun",
        "SimplePastToPastParticiple",
        "ThatThan",
        "WereWhere",
    ),
}
"""Rules of Harper that are not checked, by the reason."""
UNPLAIN = re.compile(
    r"\b(whom|one's own|hangs? on|by themselves|as it was|comes? to (?:nothing|be)|no more than that|had better|"
    r"trainings|(?:a|another) training(?! (?:bout|opponent|run|sample|step)))\b",
    re.IGNORECASE,
)
"""Turns of phrase with a plainer form."""


def pages() -> list[Path]:
    """Return every page, written by hand or generated from the code's texts, but the changelog, a list of notes."""
    pages = [page for folder in ("docs", "examples", "clients") for page in (ROOT / folder).rglob("*.md")]
    return sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *pages])


def faults(paths: Iterable[Path]) -> list[str]:
    """Return the faults in the prose of pages as `PATH:LINE: RULE: "WORDS": MESSAGE`."""
    with TemporaryDirectory() as folder:
        copies = {f"{k}.md": path for k, path in enumerate(paths)}  # Harper tells only the names of files
        for name, path in copies.items():
            (Path(folder) / name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
        found = [fault for page in _harper(Path(folder), list(copies)) for fault in _faults(copies[page["file"]], page)]
    return found + [fault for path in copies.values() for fault in _unplain(path)]


def _harper(folder: Path, names: list[str]) -> list[dict[str, Any]]:
    """Return what Harper finds in some files of a folder, a record per file."""
    ignored = ",".join(rule for rules in IGNORED.values() for rule in rules)
    options = ["--quiet", "--format", "json", "--dialect", "gb", "--ignore", ignored]
    # Its exit status is 1 where it finds something, too.
    command = [sys.executable, "-m", "harper", "lint", *options, *names]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("["):
        sys.exit(f"harper did not run: {done.stderr}")
    pages: list[dict[str, Any]] = json.loads(done.stdout)
    return pages


def _faults(path: Path, page: dict[str, Any]) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        _fault(path, lint["line"], lint["rule"], lint["matched_text"], lint["message"])
        for lint in page["lints"]
        if lint["rule"] != "LongSentences" or not lines[lint["line"] - 1].startswith("|")  # a cell may be a list
    ]


def _unplain(path: Path) -> list[str]:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    return [
        _fault(path, number, "Unplain", match[0], "say it in plain words")
        for number, line in lines
        for match in UNPLAIN.finditer(line)
    ]


def _fault(path: Path, line: int, rule: str, words: str, message: str) -> str:
    shown = " ".join(words.split())
    where = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f'{where}:{line}: {rule}: "{shown[:60]}{"…" * (len(shown) > 60)}": {message}'


if __name__ == "__main__":
    sys.exit("\n".join(faults(pages())) or None)
