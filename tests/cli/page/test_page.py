"""The page of a run: its numbers are the record's, it loads nothing else, and texts of a run are never markup."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from browser import Page, Rendered, render
from doubles import only_object, shorten_bouts, tiny_config

from dohyo.arenas.registry import ARENAS
from dohyo.cli.chart_style import VARIABLES, drawing, to_svg
from dohyo.cli.commands import report
from dohyo.cli.page import page
from dohyo.cli.page.charts import CHARTS
from dohyo.cli.page.contents import read_story
from dohyo.cli.page.panels import chosen, line
from dohyo.curricula.matches.match import Bout
from dohyo.curricula.ratings.rating import rate
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.record import Generation
from dohyo.curricula.training.training import Training

RunMain = Callable[..., tuple[int, str, str]]
"""What the fixture `run_main` is."""
SECTIONS = [*CHARTS, "Cross-play", "Learners", "Log", "Configuration", "Versions"]


def page_of(run_main: RunMain, run: Path) -> str:
    status, _, errors = run_main("report", str(run))
    assert status == 0, errors
    return (run / "report.html").read_text()


def cells(page: str, table: str) -> list[list[str]]:
    """The body of the first table of a class, row by row."""
    body = page.split(f'<table class="{table}">')[1].split("<tbody>")[1].split("</tbody>")[0]
    rows = body.split("</tr>")[:-1]
    return [
        [text.strip() for text in Page(row.replace("<th", "<td").replace("</th", "</td")).texts["td"]] for row in rows
    ]


def test_the_numbers_are_the_leagues(run_folder: Path, run_main: RunMain):
    page = page_of(run_main, run_folder)
    db = sqlite3.connect(run_folder / "league.sqlite")
    chain = db.execute("select generation, snapshot, samples, seconds from generations order by generation").fetchall()
    played = {s for (s,) in db.execute("select distinct player from bouts")}
    folder = RunFolder.open(run_folder)
    early = [snapshot for generation, snapshot, *_ in chain if generation == 1]
    ratings = rate(["zero", "random", *early], folder.record.matches("mujoco"))
    folder.close()
    expected = [
        [str(g), s, f"{n:,}", f"{t / 60:.1f}", f"{ratings[s].mu:.1f}", f"{ratings[s].low:.1f} to {ratings[s].high:.1f}"]
        for g, s, n, t in chain
        if s in played
    ]
    assert len(expected) == 3
    assert cells(page, "snapshots") == expected
    won = dict(db.execute("select player || opponent, avg(winner = 0) from bouts group by player, opponent").fetchall())
    db.close()
    opponents = ["zero", "random", *early]
    shares = [[won.get(row[1] + who) for who in opponents] for row in expected]
    assert cells(page, "heat") == [
        [row[0], *("" if share is None else f"{100 * share:.0f} %" for share in line)]
        for row, line in zip(expected, shares, strict=True)
    ]


def test_the_page_stands_by_itself(run_folder: Path, run_main: RunMain):
    text = page_of(run_main, run_folder)
    page = Page(text)
    assert len(text) < 500_000
    assert not {"script", "link", "img", "iframe", "object", "embed"} & {tag for tag, _ in page.elements}
    references = [a[key] for _, a in page.elements for key in ("href", "src", "xlink:href") if key in a]
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert all(reference.startswith("#") for reference in references)
    assert len(ids) == len(set(ids))
    assert {reference[1:] for reference in references} <= set(ids)
    alts = [a["aria-label"] for a in page.all("div") if a.get("role") == "img"]
    assert len(alts) == len(CHARTS)
    assert all(len(alt) > 40 for alt in alts)


def test_a_browser_shows_all_of_it(run_folder: Path, run_main: RunMain, tmp_path: Path):
    """Also for a run whose name contains markup."""
    evil = run_folder.rename(
        run_folder.with_name("<img src=x onerror=document.title='owned'><script>document.title='owned'")
    )
    page_of(run_main, evil)
    seen: Rendered = render(evil / "report.html", tmp_path)
    assert seen.console == []
    assert seen.page.texts["h2"] == SECTIONS
    assert len([1 for a in seen.page.all("svg") if "viewbox" in a]) == len(CHARTS)
    assert seen.page.all("img") == seen.page.all("script") == []
    assert seen.page.texts["h1"] == [f"sumo: {evil.name}"] == seen.page.texts["title"][:1]


def test_two_learners_and_ranges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    monkeypatch.setitem(ARENAS, "kick_and_defend", replace(ARENAS["kick_and_defend"], max_cycles=12))
    config = tiny_config(arena="kick_and_defend", widen=("ball y=0.1:0.5",), samples=400)
    folder = RunFolder.create_or_resume(tmp_path / "run", config)
    Training(folder).run()
    page = page_of(run_main, tmp_path / "run")  # while this process still holds the run
    folder.close()
    for wanted in (
        "rating of kicker",
        "rating of keeper",
        "zero@keeper",
        "kicker against",
        ">ball y<",
        "ball y=0.1:0.5",
    ):
        assert wanted in page
    assert page.count('<table class="heat">') == page.count('<table class="snapshots">') == 2


def test_one_generation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    shorten_bouts(monkeypatch)
    folder = RunFolder.create_or_resume(tmp_path / "run", tiny_config(samples=None, minutes=0.0))
    Training(folder).run()
    folder.close()
    page = page_of(run_main, tmp_path / "run")
    assert [row[0] for row in cells(page, "snapshots")] == ["0"]
    assert page.count("Nothing has been recorded yet.") == len(CHARTS) - 2  # only what rests on rated bouts is there


def test_a_run_that_goes_on_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    shorten_bouts(monkeypatch)
    folder = RunFolder.create_or_resume(tmp_path / "run", tiny_config(samples=10_000))
    training = Training(folder)
    training.start_chains()
    training._take_turn()
    before = {path: path.read_bytes() for path in folder.path.rglob("*.[js]*") if path.is_file()}
    status, output, errors = run_main(
        "report", str(folder.path), "--out", str(tmp_path / "new" / "page.html"), "--json"
    )
    assert (status, errors) == (0, "")
    record = only_object(output)
    assert record["bytes"] == (tmp_path / "new" / "page.html").stat().st_size
    assert "1 % of its budget (10,000 samples) is used" in Path(record["page"]).read_text()
    assert {path: path.read_bytes() for path in before} == before
    training._take_turn()  # nothing stands in its way
    training.close()
    folder.close()


def test_a_long_run_stays_small(run_folder: Path, run_main: RunMain):
    folder = RunFolder.open(run_folder)
    link = folder.record.generations()[-1]
    folder.record._db.execute("pragma synchronous=off")  # no power cut is to be survived here
    curves = {"alpha": 0.5, "draws": 0.25}
    for g in range(4, 4000):
        samples, seconds = link.samples + 1000 * g, link.seconds + g
        folder.record.add_generation(Generation(link.learner, g, f"{g:016x}", samples, seconds, curves))
    for g in range(10, 4000, 10):
        folder.record.add_match(f"{g:016x}", "zero", "mujoco", 0, [Bout(0, 0, 0, 9, "fell")])
    folder.close()
    assert len(page_of(run_main, run_folder)) < 2_000_000


def test_it_opens_the_page(run_folder: Path, run_main: RunMain, monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []
    monkeypatch.setattr(report.webbrowser, "open", opened.append)
    assert run_main("report", str(run_folder), "--open")[0] == 0
    assert opened == [(run_folder / "report.html").resolve().as_uri()]


def test_what_is_no_run(tmp_path: Path, run_main: RunMain):
    status, output, errors = run_main("report", str(tmp_path))
    assert (status, output) == (2, "")
    assert "is not a run folder" in errors
    RunFolder.create_or_resume(tmp_path / "run", tiny_config()).close()
    status, output, errors = run_main("report", str(tmp_path / "run"))
    assert (status, output) == (1, "")
    assert errors.endswith("has no generation yet: train it a little longer\n")
    assert not (tmp_path / "run" / "report.html").exists()


def test_a_page_that_cannot_be_written(run_folder: Path, run_main: RunMain):
    (run_folder / "file").touch()
    status, _, errors = run_main("report", str(run_folder), "--out", str(run_folder / "file" / "page.html"))
    assert status == 1
    assert "cannot create" in errors


def test_colours_of_a_chart_are_the_pages():
    with drawing() as (figure, [panel]):
        panel.plot([0, 1], label="a < b & $x$")
        panel.legend()
        svg = to_svg(figure, "one")
    assert not any(colour in svg for colour in VARIABLES)
    assert "var(--series-0)" in svg
    assert "a &lt; b &amp; $x$" in svg
    template = (Path(page.__file__).parent / "base.html").read_text()
    assert all(template.count(f"{variable}: #") == 2 for variable in VARIABLES.values())  # light and dark


def test_a_line_shows_its_values_under_the_mouse():
    with drawing() as (figure, [panel]):
        line(panel, [0.0, 1.5, 2.0], [25.0, 31.25, 1 / 3], "a < b")
        svg = to_svg(figure, "one")
    assert re.findall("<title>(.*?)</title>", svg) == [
        "a &lt; b: 25 at 0",
        "a &lt; b: 31.25 at 1.5",
        "a &lt; b: 0.3333 at 2",
    ]
    assert "tip:" not in svg
    with drawing() as (figure, [panel]):
        line(panel, range(1000), range(1000), "long")
        line(panel, [], [], "empty")
        assert to_svg(figure, "two").count("<title>") == 50


def test_lines_are_thinned_out_evenly():
    assert chosen(0) == []
    assert chosen(3) == [0, 1, 2]
    many = chosen(10_000)
    assert (len(many), many[0], many[-1]) == (400, 0, 9999)


def test_curves_begin_with_training(run_folder: Path):
    folder = RunFolder.open(run_folder)
    story = read_story(folder)
    links: list[Generation] = folder.record.generations()
    folder.close()
    assert story.series("sumo", "alpha")[0] == [link.samples / 1e6 for link in links[1:]]
    assert story.samples == links[-1].samples == 288  # three generations of 96
    assert story.share == 1.0
