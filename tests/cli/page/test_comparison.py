"""The page that compares runs: its numbers are the records', and runs that cannot be compared are refused."""

import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from browser import Page
from doubles import only_object, shorten_bouts, tiny_config
from driven import browser

from dohyo.cli.commands import report
from dohyo.cli.page.comparison import read_comparison
from dohyo.cli.page.comparison_charts import CHARTS
from dohyo.cli.page.comparison_page import render
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.software import FILE
from dohyo.curricula.training.training import Training

RunMain = Callable[..., tuple[int, str, str]]


def train(path: Path, config: TrainConfig) -> Path:
    folder = RunFolder.create_or_resume(path, config)
    Training(folder).run()
    folder.close()
    return path


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A run of three generations, and one of two with another seed and another share of generation 0."""
    shorten_bouts(monkeypatch)
    one = train(tmp_path / "one", tiny_config())
    return one, train(tmp_path / "other", tiny_config(samples=192, seed=1, first=0.5))


def compare(run_main: RunMain, out: Path, *arguments: object) -> str:
    status, _, errors = run_main("report", *map(str, arguments), "--out", str(out))
    assert (status, errors) == (0, "")
    return out.read_text()


def cells(page: str, table: str) -> list[list[str]]:
    """The body of the first table of a class, row by row."""
    body = page.split(f'<table class="{table}">')[1].split("<tbody>")[1].split("</tbody>")[0]
    rows = body.replace("<th", "<td").replace("</th", "</td").split("</tr>")[:-1]
    return [[text.strip() for text in Page(row).texts["td"]] for row in rows]


def test_newest_snapshots_and_settings_that_differ(runs: tuple[Path, Path], tmp_path: Path, run_main: RunMain):
    page = compare(run_main, tmp_path / "page.html", *runs)
    expected = []
    for run in runs:
        newest = json.loads(run_main("rate", str(run), "--json")[1])["snapshots"][-1]
        db = sqlite3.connect(run / "league.sqlite")
        [(generation, samples, seconds)] = db.execute(
            "select generation, samples, seconds from generations where snapshot = ?", (newest["snapshot"],)
        ).fetchall()
        query = "select avg(winner = 0), count(*) from bouts where player = ? and opponent = ?"
        wins = [db.execute(query, (newest["snapshot"], who)).fetchone() for who in ("zero", "random")]
        db.close()
        rating = [f"{newest['rating']:.1f}", f"{newest['low']:.1f} to {newest['high']:.1f}"]
        shares = [f"{100 * share:.0f} % of {bouts}" for share, bouts in wins]
        expected.append([run.name, *rating, *shares, str(generation), str(samples), f"{seconds / 60:.1f}", "100 %"])
    assert [row[5:7] for row in expected] == [["3", "288"], ["2", "192"]]
    assert cells(page, "runs") == expected
    assert cells(page, "settings differing") == [["samples", "288", "192"], ["seed", "0", "1"], ["first", "0.3", "0.5"]]
    assert page.count('<p class="quiet">None.</p>') == 1  # both were trained with the same software


def test_lines_of_all_runs(runs: tuple[Path, Path], tmp_path: Path, run_main: RunMain):
    """Each chart has a line and hover values per run; the record of `alpha` gives those of the curriculum."""
    page = compare(run_main, tmp_path / "page.html", *runs)
    charts = page.split('<div role="img"')[1:]
    assert len(charts) == len(CHARTS)
    for chart in charts:
        for run in runs:
            assert f"<title>{run.name}: " in chart
    assert page.count('<ul class="legend">') == len(CHARTS)
    drawn = [re.findall(f"<title>{run.name}: (.*?)</title>", charts[2]) for run in runs]
    for run, shown in zip(runs, drawn, strict=True):
        db = sqlite3.connect(run / "league.sqlite")
        rows = db.execute("select samples, curves from generations where generation > 0 order by generation").fetchall()
        db.close()
        assert shown == [f"{json.loads(curves)['alpha']:.4g} at {samples / 1e6:.4g}" for samples, curves in rows]


@pytest.mark.parametrize("width", [900, 390])
def test_a_browser_shows_it(width: int, runs: tuple[Path, Path], tmp_path: Path, run_main: RunMain):
    one, other = runs
    evil = other.rename(other.with_name("<img src=x onerror=document.title='owned'><script>document.title='owned'"))
    compare(run_main, tmp_path / "page.html", one, evil)
    with browser(tmp_path) as page:
        page.open((tmp_path / "page.html").as_uri(), width, 800)
        assert page.run("document.title") == "sumo: 2 runs"
        assert page.run("[...document.querySelectorAll('script, img')].length") == 0
        assert page.run("document.documentElement.scrollWidth") <= width
        assert page.run("document.querySelector('.legend').innerText.includes('<script>')")
        strokes = page.run(
            "[...document.querySelectorAll('.legend')[0].querySelectorAll('line')].map(l => getComputedStyle(l).stroke)"
        )
        assert len(set(strokes)) == 2
        texts = "[...document.querySelectorAll('figure div svg text')]"
        assert (
            page.run(f"Math.min(...{texts}.map(t => t.getBoundingClientRect().height))") >= 10
        )  # legible, also on a phone
        assert page.requests == [(tmp_path / "page.html").as_uri()]
        assert page.errors == []


def test_bouts_of_the_first_against_the_others(runs: tuple[Path, Path], tmp_path: Path, run_main: RunMain):
    page = Page(compare(run_main, tmp_path / "page.html", *runs, "--bouts"))
    [frame] = page.all("iframe")
    assert frame["title"] == "one against other"
    bout = json.loads(Page(frame["srcdoc"]).texts["script"][0])
    assert bout["players"] == [f"{runs[0]}:sumo", f"{runs[1]}:sumo"]


def test_where_the_page_is(runs: tuple[Path, Path], tmp_path: Path, run_main: RunMain, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, output, _ = run_main("report", "one", "other", "--json")
    assert status == 0
    size = (tmp_path / "comparison.html").stat().st_size
    assert only_object(output) == {"runs": ["one", "other"], "page": "comparison.html", "bytes": size}


def test_runs_of_two_roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    """One run trains both roles, the other one the keeper alone."""
    shorten_bouts(monkeypatch, arena="kick_and_defend")
    config = tiny_config(arena="kick_and_defend", samples=192)
    both = train(tmp_path / "both", config)
    keeper = train(tmp_path / "keeper", replace(config, roles=("keeper",), guests=("zero",), guest_share=1.0))
    page = compare(run_main, tmp_path / "page.html", both, keeper)
    assert [row[:2] for row in cells(page, "runs")] == [["both", "kicker"], ["both", "keeper"], ["keeper", "keeper"]]
    assert "kicker: over samples" in page
    assert "keeper: over samples" in page


def test_names_settings_and_versions(runs: tuple[Path, Path], tmp_path: Path):
    """Equal folder names are told apart by their paths; runs on other engines are compared with a warning."""
    one, other = runs
    (tmp_path / "more").mkdir()
    other = other.rename(tmp_path / "more" / "one")
    assert list(read_comparison([one, other]).runs) == [str(one), str(other)]
    (other / "config.json").write_text((other / "config.json").read_text().replace('"mujoco"', '"pybullet"'))
    sessions = json.loads((other / FILE).read_text())
    sessions[-1]["versions"] |= {"mujoco": "0.1"}
    (other / FILE).write_text(json.dumps(sessions))
    comparison = read_comparison([one, other])
    assert comparison.unlike() == ["engine"]
    assert [values[1] for values in comparison.versions().values()] == ["0.1"]
    assert "The runs differ in engine, so zero and random are not equally strong" in render(comparison)


def test_it_is_written_again_until_all_budgets_are_used_up(
    runs: tuple[Path, Path], tmp_path: Path, run_main: RunMain, monkeypatch: pytest.MonkeyPatch
):
    folder = RunFolder.create_or_resume(tmp_path / "new", tiny_config(samples=96))
    training = Training(folder)
    training.start_chains()
    pages = []

    def go_on(seconds: float) -> None:
        pages.append((tmp_path / "page.html").read_text())
        training._take_turn()

    monkeypatch.setattr(report.time, "sleep", go_on)
    last = compare(run_main, tmp_path / "page.html", *runs, folder.path, "--refresh", "5")
    training.close()
    folder.close()
    assert ['http-equiv="refresh"' in page for page in (*pages, last)] == [True, False]


def test_what_cannot_be_compared(runs: tuple[Path, Path], tmp_path: Path, run_main: RunMain):
    one, other = map(str, runs)
    empty = tmp_path / "empty"
    RunFolder.create_or_resume(empty, tiny_config()).close()
    goal = tmp_path / "goal"
    RunFolder.create_or_resume(goal, tiny_config(arena="run_to_goal")).close()
    folder = RunFolder.open(goal)
    training = Training(folder)
    training.start_chains()
    training.close()
    folder.close()
    wrong = {
        (one, str(goal)): (2, f"{one} trains in sumo, {goal} in run_to_goal: give runs of one arena"),
        (one, str(empty)): (1, f"{empty} has no generation yet: train it a little longer"),
        (one, other, f"{tmp_path}/more/../one"): (2, "is given twice: give different runs"),
        (one, str(tmp_path)): (2, "is not a run folder"),
        tuple(map(str, range(9))): (2, "9 runs: give 8 at most"),
    }
    for words, (expected, message) in wrong.items():
        status, output, errors = run_main("report", *words, "--out", str(tmp_path / "page.html"))
        assert (status, output, errors.count("\n")) == (expected, "", 1), errors
        assert message in errors
    assert not (tmp_path / "page.html").exists()
