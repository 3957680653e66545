"""`dohyo card`: measure a snapshot, and write its card as Markdown and JSON."""

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from dohyo.agents.snapshot import SUFFIX, save_snapshot
from dohyo.arenas.errors import lookup
from dohyo.arenas.physics.presets import ACCURATE
from dohyo.arenas.registry import set_up
from dohyo.arenas.views.replay import verdict
from dohyo.cli.best_response import against
from dohyo.cli.options import Imports, Json, Seed, engine_words
from dohyo.cli.progress import bar, train_in
from dohyo.cli.suggestions import quoted
from dohyo.cli.train_settings import plan

if TYPE_CHECKING:
    from dohyo.arenas.views.replay import Replay
    from dohyo.curricula.cards.card import Card
    from dohyo.curricula.cards.subject import Opponent, Subject
    from dohyo.curricula.matches.match import Bout
    from dohyo.curricula.matches.roles import Role

MINUTES = 10.0
"""Usual budget of a best response."""
FILM = "bout.gif"
PARTS = ("blind", "worlds", "wind", "exploit", "speed", "picture")
"""`dohyo.curricula.cards.card.PARTS`, which loads the engines; a test compares them."""

Without = Annotated[
    list[str] | None,
    typer.Option("--without", help=f"Leave out a part: {', '.join(PARTS)}. Can be given several times."),
]
Against = Annotated[
    list[str] | None,
    typer.Option(
        "--against", help="A further opponent: snapshot file, RUN or RUN:LEARNER. Can be given several times."
    ),
]
Engines = Annotated[
    list[str] | None,
    typer.Option(
        "--engine",
        help="Engine to play on; all other parts are on the first. Can be given several times.",
        show_default="that of the training, then all that are installed but warp",
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        "--minutes", help="Budget of a best response in minutes of training.", min=0, show_default=f"{MINUTES:g}"
    ),
]
NotFor = Annotated[
    list[str] | None,
    typer.Option(
        "--not-for", help="A sentence on what it is not for, before those from the figures. Can be given several times."
    ),
]


Samples = Annotated[
    int | None,
    typer.Option(
        "--samples", help="Budget of a best response in control steps instead.", min=1, show_default="no limit"
    ),
]
License = Annotated[
    str | None, typer.Option("--license", help="License of the agent, as Hugging Face names it, such as mit.")
]
Bodies = Annotated[
    str | None, typer.Option("--body", help="Bodies of the seats.", show_default="the run's, else the snapshot's")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Folder of the card; one that exists is resumed.", show_default="RUN/cards/SNAPSHOT"),
]
Player = Annotated[
    str, typer.Argument(help="Snapshot to describe: snapshot file, RUN, RUN:LEARNER or RUN@N.", show_default=False)
]


def command(
    player: Player,
    out: Out = None,
    bouts: Annotated[int, typer.Option("--bouts", help="Bouts of every figure.", min=2)] = 200,
    minutes: Minutes = None,
    samples: Samples = None,
    rivals: Against = None,
    engine: Engines = None,
    without: Without = None,
    not_for: NotFor = None,
    license_: License = None,
    body: Bodies = None,
    seed: Seed = 0,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Measure a snapshot and write its card: training, strength, weaknesses, speed; the same command resumes it.

    Example: [bold]dohyo card runs/first --bouts 100 --minutes 5[/bold]
    """
    for name in without or ():
        lookup({part: part for part in PARTS}, name, "part of a card")
    from dohyo.curricula.cards.card import Card, CardConfig
    from dohyo.curricula.cards.card_folder import usual_folder
    from dohyo.curricula.cards.subject import find_subject

    subject = find_subject(player, body)
    folder = out or usual_folder(player, subject.snapshot)
    engines, config = _engines(subject, engine or ()), CardConfig(bouts, seed)
    with closing(Card(folder, subject, config, without=without or (), named=rivals or (), engines=engines)) as card:
        save_snapshot(subject.snapshot, folder)
        with bar(as_json) as progress:
            task = progress.add_task("playing", total=card.left)
            card.measure(lambda bout: progress.advance(task))
        usual = MINUTES if minutes is None and samples is None else minutes
        budget = {"minutes": usual, "samples": samples}
        responses = _respond(card, budget, tuple(imports or ()), as_json)
        more = {"use": _use(subject), "picture": _film(card, as_json), "license": license_, "not_for": not_for or ()}
        record = card.record(quoted("dohyo", *sys.argv[1:]), responses, **more)
        page, data = card.write(record)
    _report(record, page, data, as_json)


def _engines(subject: "Subject", names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the engines that are named, each with its physics: that of the training for the engine of the training."""
    own = subject.setup
    known = [set_up(subject.arena.name, engine=name).engine for name in dict.fromkeys(names)]
    return [(name, own.physics) if name == own.engine else (name, ACCURATE) for name in known]


def _respond(card: "Card", budget: dict[str, Any], imports: tuple[str, ...], quiet: bool) -> list[Path]:
    """Train a best response in each of the subject's roles and measure it; return their runs."""
    if "exploit" in card.without:
        return []
    runs, subject = [], card.subject
    victim = str(card.folder.path / f"{subject.snapshot.name}{SUFFIX}")
    for role in subject.roles:
        run = card.folder.path / ("exploiter" if len(subject.roles) == 1 else f"exploiter-{role.name}")
        given = {"engine": card.engine, "physics": card.physics, "seed": card.config.seed, "imports": imports}
        planned = plan(against(victim, subject.setup.body, role.name) | given | budget)
        train_in(run, planned.config, planned.snapshots, quiet)
        with bar(quiet) as progress:
            task = progress.add_task("playing the best response", total=card.bouts_against(run))
            card.resist(run, partial(_advance, progress, task))
        runs.append(run)
    return runs


def _advance(progress: Progress, task: TaskID, bout: "Bout") -> None:
    progress.advance(task)


def _film(card: "Card", quiet: bool) -> dict[str, Any] | None:
    """Film a bout against the newest past, or else against `zero`; return what the picture shows."""
    from dohyo.curricula.cards.card import PICTURE
    from dohyo.curricula.cards.cases import MATCHES

    if PICTURE in card.without:
        return None
    if (kept := card.folder.get(PICTURE)) and (card.folder.path / FILM).exists():
        return dict(kept)
    from dohyo.cli.film import film

    role = card.subject.roles[0]
    met = [case.opponent for case in card.cases if case.part == MATCHES and case.role == role]
    opponent = next((one for one in reversed(met) if one.past), met[0])
    with Console(stderr=True, quiet=quiet).status("filming a bout"):
        replay = _play_once(card, role, opponent)
        film(card.folder.path / FILM, replay)
    shown = {"file": FILM, "opponent": opponent.title, "steps": replay.steps, "ending": verdict(replay.about)}
    card.folder.keep(PICTURE, shown)
    return shown


def _play_once(card: "Card", role: "Role", opponent: "Opponent") -> "Replay":
    """Return the replay of one bout of the subject, on its first side, against an opponent."""
    from dohyo.cli.recording import record
    from dohyo.curricula.matches.casting import Teams

    subject, seed = card.subject, card.config.seed
    setup = subject.setup._replace(engine=card.engine, physics=card.physics)
    other = opponent.player
    pair: list[Any] = [
        subject.snapshot.policy(stochastic=True, seed=seed),
        other if isinstance(other, str) else other.policy(stochastic=True, seed=seed + 1),
    ]
    named = [subject.snapshot.name, opponent.title]
    if role.sides[0] != 0:
        pair, named = pair[::-1], named[::-1]
    sides = subject.arena.sides
    return record(subject.arena.name, setup, Teams(pair, sides), Teams(named, sides), seed)


def _use(subject: "Subject") -> str:
    """Return a command that plays the snapshot in a card's folder against `zero`."""
    arena, setup = subject.arena.name, subject.setup
    usual = set_up(arena)
    words = ["dohyo", "play", arena, *(("--body", setup.body) if setup.body != usual.body else ())]
    seats = [f"{subject.snapshot.name}{SUFFIX}", "zero"]
    for player in seats if subject.roles[0].sides[0] == 0 else reversed(seats):
        words += ["--seat", player]
    return quoted(*words, "--bouts", "100", "--picture", "again.gif")


def _report(record: dict[str, Any], page: Path, data: Path, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(record | {"page": str(page), "record": str(data)}))
        return
    table = Table("as", "against", "engine", "won", "drawn", "lost", title=f"{record['snapshot']} in {record['arena']}")
    for row in record["matches"]:
        engine = engine_words(row["engine"], row["physics"])
        table.add_row(row["role"], row["opponent"], engine, *map(str, (row["wins"], row["draws"], row["losses"])))
    Console().print(table)
    typer.echo(f"The card: {page}, and {data.name} beside it")
