"""The pages say what the code does."""

import re
import runpy
from pathlib import Path

import pytest

from dohyo.arenas import ARENAS, BODIES
from dohyo.arenas.registry import build_arena

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", ARENAS)
def test_tables_are_those_of_the_code(name: str) -> None:
    tables = runpy.run_path(str(ROOT / "docs" / "tables.py"))
    page = (ROOT / "docs" / f"{name}.md").read_text()
    assert page.count("<!-- table: ") == 3
    assert page == tables["with_tables"](page, build_arena(name)), "run `python docs/tables.py`"


@pytest.mark.parametrize("name", BODIES)
def test_tables_of_bodies_are_those_of_the_code(name: str) -> None:
    tables = runpy.run_path(str(ROOT / "docs" / "tables.py"))
    page = (ROOT / "docs" / f"{name}.md").read_text()
    assert page.count("<!-- table: ") == 2
    assert page == tables["with_tables"](page, build_arena("sumo", name)), "run `python docs/tables.py`"


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


def test_the_readme_example_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks, "the README has no Python example"
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
