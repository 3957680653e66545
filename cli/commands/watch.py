"""`dohyo watch`: live bouts in a browser tab."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dohyo.arenas.errors import DohyoError, UnknownName, lookup
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.registry import ARENAS, OWN, Setup, build_arena
from dohyo.arenas.viewer.server import HOST, INSTALL, PORT, is_installed, open_tab
from dohyo.cli.options import BodyName, DriveName, EngineName, Imports, Json, PhysicsName, Seed, check_suffix
from dohyo.cli.players import players_of_run, shipped_players
from dohyo.cli.replays import REPLAYS, write_replay
from dohyo.curricula.players import check_imports, set_up_for
from dohyo.curricula.run.folder import RunFolder

if TYPE_CHECKING:
    from dohyo.cli.viewer.live import LiveBouts

OFFERED = 60
"""Most snapshots of a learner that a tab offers, evenly spread over its generations."""


Shown = Annotated[str, typer.Argument(metavar="ARENA|RUN", help="Arena, or run folder to watch.", show_default=False)]
Seats = Annotated[
    list[str] | None,
    typer.Option(
        "--seat",
        help="Once per player, side 0 first: snapshot file, run folder, zero or random.",
        show_default="a run's newest snapshots, an arena's shipped agents",
    ),
]
Host = Annotated[
    str,
    typer.Option("--host", help="Address to listen on. Everybody who can reach the address can use the controls."),
]
Port = Annotated[int, typer.Option("--port", help="Port; if it is taken, the next free one.", min=1, max=65535)]
Look = Annotated[bool, typer.Option("--open/--no-open", help="Open a browser tab, where there is a display.")]
Record = Annotated[
    Path | None,
    typer.Option(
        "--replay",
        help="Also record the first bout that is watched to its end, or what was seen of one: .html is a page that "
        "plays it in a browser, .npz a file for `dohyo replay`.",
    ),
]


def command(
    shown: Shown,
    seat: Seats = None,
    body: BodyName = None,
    engine: EngineName = None,
    drive: DriveName = None,
    physics: PhysicsName = None,
    host: Host = HOST,
    port: Port = PORT,
    look: Look = True,
    replay: Record = None,
    seed: Seed = 0,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Watch live bouts in a browser tab: of any players, or of a run while it trains.

    Example: [bold]dohyo watch runs/first[/bold]
    """
    if not is_installed():
        raise DohyoError(f"the viewer needs viser: {INSTALL}, or `dohyo play --replay bout.html`")
    check_suffix(replay, REPLAYS)
    arena, players, setup = _plan(shown, seat, Setup(body or "", engine or "", drive or "", physics or ""))
    from dohyo.cli.viewer.live import LiveBouts
    from dohyo.cli.viewer.viewer import Viewer

    runs = [name for name in dict.fromkeys([shown, *players]) if Path(name).is_dir()]
    bouts = LiveBouts(arena, setup, players, seed)
    record = _Record(bouts, replay, quiet=as_json)
    with closing(Viewer(bouts, _choices(players, runs), host, port, record.write)) as viewer:
        typer.echo(json.dumps({"address": viewer.address}) if as_json else f"Watch at {viewer.address} (Ctrl-C ends)")
        if look:
            open_tab(viewer.address)
        try:
            viewer.run()
        finally:
            record.write()


class _Record:
    """Writes the replay of the first bout that ends, or of the one that is shown last, into `path` if there is one."""

    def __init__(self, bouts: "LiveBouts", path: Path | None, *, quiet: bool) -> None:
        self._bouts, self._path, self._quiet = bouts, path, quiet

    def write(self) -> None:
        """Write the replay of the bout shown, unless one was written before or nothing has been played; say so."""
        if self._path is None or (replay := self._bouts.replay()) is None:
            return
        write_replay(self._path, replay)
        if not self._quiet:
            seconds = replay.steps * replay.about.control_step
            whole = "a whole bout" if replay.about.ending else "a bout that was cut short"
            typer.echo(f"Replay written: {self._path} ({whole}, {seconds:.1f} s)")
        self._path = None


def _plan(shown: str, seats: Sequence[str] | None, typed: Setup) -> tuple[str, list[str], Setup]:
    """Return arena, players and setup of what is `shown`; a run brings its own, and fills the sides of its learners."""
    arena, body, players = shown, typed.body or None, list(seats or ())
    if shown not in ARENAS and Path(shown).is_dir():
        with closing(RunFolder.open(Path(shown))) as folder:
            folder.check_arena()
            arena, body = folder.config.arena, body or folder.config.body
            players = players or players_of_run(folder)
    check_imports(arena, players)
    lookup(ARENAS, arena, "arena", f" or give a run folder{OWN}")
    players = players or shipped_players(build_arena(arena, body))
    if not players:
        raise UnknownName("give players: --seat once per side, such as --seat runs/first --seat zero")
    engine, drive, physics = (choice or None for choice in typed[1:])
    return (
        arena,
        players * 2 if len(players) == 1 else players,
        set_up_for(players, arena, body, engine, drive, physics),
    )


def _choices(players: Sequence[str], runs: Sequence[str]) -> Callable[[], list[str]]:
    """Return a function that lists the players to offer: those given, the snapshots of runs, and built-in ones."""
    return lambda: [*players, *(name for run in runs for name in _snapshots(run)), *BUILT_IN]


def _snapshots(run: str) -> list[str]:
    """Return the names of a run's learners, newest first, and of their generations."""
    names = []
    with closing(RunFolder.open(Path(run))) as folder:
        for learner in folder.learners:
            if chain := folder.record.chain(learner):
                every = -(-len(chain) // OFFERED)
                names += [f"{run}:{learner}", *(f"{run}:{learner}@{link.generation}" for link in chain[::-every])]
    return names
