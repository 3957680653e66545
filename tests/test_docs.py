"""The pages say what the code does."""

import re
import runpy
from pathlib import Path
from unittest.mock import patch

import pytest

from dohyo.arenas import ARENAS
from dohyo.arenas.rules.arena import Arena
from dohyo.curricula.opponents.samplers import SAMPLERS

ROOT = Path(__file__).parent.parent


TABLES = runpy.run_path(str(ROOT / "docs" / "tables.py"))


@pytest.mark.parametrize(("path", "arena"), TABLES["pages"](), ids=lambda x: getattr(x, "name", ""))
def test_tables_are_those_of_the_code(path: Path, arena: Arena) -> None:
    page = path.read_text()
    assert page.count("<!-- table: ") == 3
    assert page == TABLES["with_tables"](page, arena), "run `python docs/tables.py`"


def test_every_arena_has_a_page() -> None:
    described = {path.stem for path, _ in TABLES["pages"]()}
    assert {spec.page for spec in ARENAS.values()} == described | {TABLES["paper_page"]()[0].stem}


@pytest.mark.parametrize("page", ["paper_page", "learner_page"])
def test_other_tables_are_those_of_the_code(page: str) -> None:
    path, arena = TABLES[page]()
    assert "<!-- table: " in path.read_text()
    assert path.read_text() == TABLES["with_tables"](path.read_text(), arena), "run `python docs/tables.py`"


@pytest.mark.parametrize(("path", "arena"), TABLES["body_pages"](), ids=lambda x: getattr(x, "name", ""))
def test_tables_of_bodies_are_those_of_the_code(path: Path, arena: Arena) -> None:
    page = path.read_text()
    assert page.count("<!-- table: ") == 2
    assert page == TABLES["with_tables"](page, arena), "run `python docs/tables.py`"


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", ["README.md", "docs/own_arena.md", "docs/gymnasium.md", "docs/python.md"])
def test_the_examples_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a page run one after another, as one program."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert blocks, f"{page} has no Python example"
    names = {"__name__": "example"}
    with patch.dict(ARENAS), patch.dict(SAMPLERS):
        for block in blocks:
            exec(compile(block, page, "exec"), names)


def test_the_own_arena_has_at_most_a_hundred_lines() -> None:
    [block] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "own_arena.md").read_text(), re.DOTALL)
    assert len(block.partition("ARENAS[")[0].splitlines()) <= 100
