"""Bouts, log, notices and refreshing on a run's page."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import shorten_bouts, tiny_config
from driven import browser

from dohyo.cli.commands import report
from dohyo.cli.page.contents import read_story
from dohyo.cli.page.log import log_of, notices
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

RunMain = Callable[..., tuple[int, str, str]]
FRAMES = "[...document.querySelectorAll('iframe')]"


@pytest.mark.parametrize("width", [900, 390])
def test_two_bouts_side_by_side(
    width: int, run_folder: Path, tmp_path: Path, run_main: RunMain, monkeypatch: pytest.MonkeyPatch
):
    shorten_bouts(monkeypatch, 20)
    path = tmp_path / "page.html"
    assert run_main("report", str(run_folder), "--bouts", "--out", str(path))[0] == 0
    assert path.stat().st_size < 1_000_000
    with browser(tmp_path) as page:
        page.open(path.as_uri(), width, 900)
        assert page.run(f"{FRAMES}.map(f => f.title)") == ["Early: sumo@0", "Newest: sumo@3"]
        assert page.run("document.documentElement.scrollWidth") <= width
        page.run(f"{FRAMES}[0].scrollIntoView()")
        lefts = page.run(f"{FRAMES}.map(f => f.getBoundingClientRect().left)")
        assert (lefts[0] < lefts[1]) == (width == 900)
        end = time.monotonic() + 60
        while (red := page.picture()[:480, : width // 2])[..., 0].size and time.monotonic() < end:
            if ((red[..., 0] > 150) & (red[..., 1] < 90)).sum() > 200:  # the script in the frame runs and draws
                break
            time.sleep(0.2)
        else:
            pytest.fail("no body is seen")
        page.run("tip = document.querySelector('.tip use'); tip.scrollIntoView({block: 'center'}); 0")
        under = "(r => document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2))(tip.getBoundingClientRect())"
        assert page.run(f"{under}.closest('.tip').querySelector('title').textContent").startswith("sumo: 25 at ")
        assert page.requests == [path.as_uri()]
        assert page.errors == []


def test_the_log_tells_what_went_wrong(run_folder: Path):
    """Of 101 generations 40 or fewer are shown: every third; draws stall 50 to 52, and 2 bouts diverge in 70."""
    folder = RunFolder.open(run_folder)
    story = read_story(folder)
    folder.close()
    [(learner, [first, *_])] = story.chains.items()
    chain = [
        replace(first, generation=g, curves={"draws": 0.96 if 50 <= g <= 52 else 0.5, "diverged": 2.0 * (g >= 70)})
        for g in range(101)
    ]
    long = replace(story, chains={learner: chain})
    lines = log_of(long)[learner]
    assert [line.link.generation for line in lines] == [*range(100, 0, -3), 0]
    told = {line.link.generation: line.notice for line in lines if line.notice}
    assert told == {70: "physics diverged in 2 bouts", 52: "stalled in 3 of 3 generations"}
    assert notices(long) == ["The physics diverged in 2 bouts so far; they count as draws that pay nothing."]
    stuck = replace(story, chains={learner: [chain[0], chain[50]]})
    assert log_of(stuck)[learner][0].notice == "stalled"
    assert notices(stuck) == [f"{learner} has stalled: 96% of its last bouts are draws, so nothing is decided."]


def test_a_page_is_written_again_while_the_run_goes_on(
    tmp_path: Path, run_main: RunMain, monkeypatch: pytest.MonkeyPatch
):
    shorten_bouts(monkeypatch)
    folder = RunFolder.create_or_resume(tmp_path / "run", tiny_config(samples=192))
    training = Training(folder)
    training.start_chains()
    pages: list[str] = []

    def train(seconds: float) -> None:
        assert seconds == 7
        pages.append((folder.path / "report.html").read_text())
        training._take_turn()

    monkeypatch.setattr(report.time, "sleep", train)
    status, _, errors = run_main("report", str(folder.path), "--refresh", "7")
    assert (status, errors) == (0, "")
    pages.append((folder.path / "report.html").read_text())
    training.close()
    folder.close()
    again = '<meta http-equiv="refresh" content="7">'
    assert [again in page for page in pages] == [True, True, False]  # two turns of 96 samples use up 192
    assert run_main("report", str(folder.path), "--refresh", "4")[0] == 2
