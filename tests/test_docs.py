"""The docs agree with the code, and their links lead somewhere."""

import re
import runpy
from pathlib import Path
from unittest.mock import patch

import pytest
from PIL import Image

from dohyo.arenas import ARENAS, BODIES
from dohyo.arenas.rules.arena import Arena
from dohyo.curricula.opponents.samplers import SAMPLERS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("examples/*.md")])
TABLES = runpy.run_path(str(DOCS / "tables.py"))
SITE = runpy.run_path(str(DOCS / "site.py"))
PROSE = runpy.run_path(str(DOCS / "prose.py"))
LONGEST = 1500
"""Words of a page outside tables and code."""
WIDEST = 160
"""Characters of a line that is not a table's."""


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def links_of(page: Path) -> list[str]:
    """Links and pictures that lead to a file or an anchor of the project."""
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()) if "://" not in link]


def anchors_of(text: str) -> set[str]:
    """Anchors of the headings outside code, as GitHub makes them: lower case, hyphens for spaces, no punctuation."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    slugs: list[str] = []
    for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        before = sum(re.fullmatch(rf"{slug}(-\d+)?", known) is not None for known in slugs)
        slugs.append(f"{slug}-{before}" if before else slug)
    return {*slugs, *re.findall(r'<a id="([^"]+)">', prose)}


def target_of(page: Path, link: str) -> tuple[Path, str]:
    """The file that a link of a page leads to, and the anchor in it."""
    path, _, anchor = link.partition("#")
    return ((page.parent / path).resolve() if path else page), anchor


@pytest.mark.parametrize(("path", "arena"), TABLES["pages"](), ids=lambda x: name_of(x) if isinstance(x, Path) else "")
def test_tables_are_those_of_the_code(path: Path, arena: Arena) -> None:
    assert path.read_text() == TABLES["with_tables"](path.read_text(), arena), "run `python docs/tables.py`"


def test_every_arena_and_body_has_a_page_with_tables() -> None:
    arenas, bodies = (
        {p.stem: p.read_text() for p in (DOCS / "reference" / x).glob("*.md")} for x in ("arenas", "bodies")
    )
    assert {spec.page for spec in ARENAS.values()} <= set(arenas)
    assert set(bodies) == set(BODIES)
    described = [text.count("<!-- table: ") for name, text in arenas.items() if name in ARENAS]
    assert described == [3, 3, 3, 3]
    assert [text.count("<!-- table: ") for text in bodies.values()] == [2, 2, 2, 2]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links_of(page):
        path, anchor = target_of(page, link)
        if not path.exists() or (anchor and anchor not in anchors_of(path.read_text())):
            broken.append(link)
    assert broken == []


def test_anchors_are_those_of_github() -> None:
    page = "# A & B\n## What is *new*?\n```sh\n# no heading\n```\n### what is new\n## x_1, y-2: `z`\n"
    assert anchors_of(page) == {"a--b", "what-is-new", "what-is-new-1", "x_1-y-2-z"}


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, new = set(), {DOCS / "index.md"}
    while new:
        reached |= new
        new = {target_of(page, link)[0] for page in new for link in links_of(page)} - reached
        new = {path for path in new if path.suffix == ".md" and path.is_relative_to(DOCS)}
    assert sorted(map(name_of, set(DOCS.rglob("*.md")) - reached)) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_lines_are_short(page: Path) -> None:
    lines = enumerate(page.read_text().splitlines(), start=1)
    assert [n for n, line in lines if len(line) > WIDEST and not line.startswith("|")] == []


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=name_of)
def test_pages_are_short(page: Path) -> None:
    prose = re.sub(r"^\|[^\n]*$|^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert len(prose.split()) <= LONGEST


def test_the_prose_has_no_faults() -> None:
    pytest.importorskip("harper", reason="the grammar checker comes with the extra dev")
    assert PROSE["faults"](PROSE["pages"]()) == []


def test_faults_of_prose_are_found(tmp_path: Path) -> None:
    """A sentence of 41 words, a word twice, an avoided turn; a page without faults has the same name elsewhere."""
    pytest.importorskip("harper", reason="the grammar checker comes with the extra dev")
    texts = {"a": "Ants push.\n", "b": f"Fine.\n\nAnts {', '.join(['push'] * 40)}.\n\nIt is the the ant.\n\nOf whom?\n"}
    for folder, text in texts.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "page.md").write_text(text)
    found = PROSE["faults"](tmp_path / folder / "page.md" for folder in texts)
    where = [re.fullmatch(r".*/b/page\.md:(\d+): (\w+): .*", fault) for fault in found]
    assert [(match and match.groups()) for match in where] == [
        ("3", "LongSentences"), ("5", "RepeatedWords"), ("7", "Unplain"),
    ]  # fmt: skip


@pytest.mark.parametrize("page", [page for page in PAGES if "```python" in page.read_text()], ids=name_of)
def test_the_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a page run one after another, as one program."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    names = {"__name__": "example"}
    with patch.dict(ARENAS), patch.dict(SAMPLERS):
        for block in blocks:
            exec(compile(block, page, "exec"), names)


def test_pages_that_promise_examples_have_them() -> None:
    guides = [f"docs/guide/{name}.md" for name in ("own_arena", "device", "gymnasium", "python")]
    pages = ["README.md", *guides]
    assert [page for page in pages if "```python" not in (ROOT / page).read_text()] == []


def test_the_own_arena_has_at_most_a_hundred_lines() -> None:
    block = re.findall(r"```python\n(.*?)```", (DOCS / "guide" / "own_arena.md").read_text(), re.DOTALL)[0]
    assert (ROOT / "examples" / "own_arena" / "tag.py").read_text().endswith(f'"""\n\n{block}')
    assert len(block.partition('register_arena("tag"')[0].splitlines()) <= 100


def test_every_arena_moves_in_the_gallery() -> None:
    gallery = DOCS / "reference" / "arenas" / "gallery.md"
    shown = {target_of(gallery, link)[0] for link in links_of(gallery) if link.endswith(".gif")}
    assert {path.stem for path in shown} == {name.replace("/", "_") for name in ARENAS}
    for path in shown:
        with Image.open(path) as picture:
            assert getattr(picture, "n_frames", 1) > 5


def test_every_command_has_its_options_on_a_page() -> None:
    text = (DOCS / "reference" / "options.md").read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == re.findall(r"<!-- table: options (.+) -->", text)
    files = {path.stem.rstrip("_") for path in (ROOT / "cli" / "commands").glob("[a-z]*.py")}
    assert set(re.findall(r"^## (\S+)", text, re.MULTILINE)) == files


def test_every_page_is_in_the_navigation_of_the_site_once(tmp_path: Path) -> None:
    SITE["stage"](tmp_path)
    sections = SITE["navigation"]((DOCS / "index.md").read_text())
    assert [next(iter(section)) for section in sections] == ["Home", "Guide", "Reference", "Explanation", "Results"]
    shown = re.findall(r'"([^"]+\.md)"', (tmp_path / "mkdocs.yml").read_text())
    assert sorted(shown) == sorted(str(page.relative_to(tmp_path / "pages")) for page in tmp_path.rglob("*.md"))


def test_links_out_of_the_pages_lead_to_the_forge() -> None:
    text = "[a](../../LICENSE) [b](training.md#x) [c](https://x.org/a.md) [d](#y) [e](../../README.md#use)"
    assert SITE["on_site"](text, DOCS / "guide" / "python.md") == (
        "[a](https://github.com/dohyo/dohyo/blob/main/LICENSE) [b](training.md#x) [c](https://x.org/a.md) [d](#y) "
        "[e](https://github.com/dohyo/dohyo/blob/main/README.md#use)"
    )
