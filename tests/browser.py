"""A page as a real browser sees it."""

import shutil
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")


class Page(HTMLParser):
    """A parsed document: its elements with their attributes, and the text in each kind of element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        self._open.append(tag)
        self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.texts[tag][-1] += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of a kind."""
        return [attributes for known, attributes in self.elements if known == tag]


@dataclass
class Rendered:
    """A page rendered by a browser."""

    page: Page
    console: list[str]
    """What the browser had to say of it: refusals and errors."""


def render(path: Path, scratch: Path) -> Rendered:
    """Open a file in a headless browser; skip the test without one."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"there is no browser here: none of {', '.join(BROWSERS)}")
    options = ["--headless", "--no-sandbox", "--disable-gpu", *QUIET, f"--user-data-dir={scratch / 'browser'}"]
    command = [program, *options, "--enable-logging=stderr", "--dump-dom", path.resolve().as_uri()]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return Rendered(Page(result.stdout), [line for line in result.stderr.splitlines() if ":CONSOLE:" in line])
