"""`dohyo hub`: send a snapshot with its card to the Hugging Face hub, or fetch one."""

import json
from pathlib import Path
from typing import Annotated

import typer

from dohyo.agents.files import parse_json
from dohyo.agents.snapshot import SUFFIX, Snapshot
from dohyo.arenas.checks import one_line
from dohyo.arenas.errors import DohyoError
from dohyo.cli.hub import pull, push
from dohyo.cli.options import Imports, Json
from dohyo.cli.suggestions import quoted
from dohyo.curricula.cards.card_folder import PAGE, RECORD, usual_folder
from dohyo.curricula.players import find_snapshot

app = typer.Typer(
    name="hub",
    help="Send a snapshot with its card to the Hugging Face hub, or fetch one.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
Repository = Annotated[str, typer.Argument(help="Repository on the hub, such as me/sumo-ant.", show_default=False)]


@app.command("push")
def push_command(
    player: Annotated[
        str, typer.Argument(help="Snapshot to send: snapshot file, RUN, RUN:LEARNER or RUN@N.", show_default=False)
    ],
    repository: Repository,
    card: Annotated[
        Path | None,
        typer.Option("--card", help="Folder of its card.", show_default="that of `dohyo card` without --out"),
    ] = None,
    without_card: Annotated[bool, typer.Option("--without-card", help="Send the snapshot alone.")] = False,
    private: Annotated[bool, typer.Option("--private", help="A new repository is private.")] = False,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Send a snapshot and its card to a repository of yours, which is made if it is new.

    Log in first with [bold]hf auth login[/bold]. Example: [bold]dohyo hub push runs/first me/sumo-ant[/bold]
    """
    snapshot = find_snapshot(player)
    folder = card or usual_folder(player, snapshot)
    if not without_card and not (folder / PAGE).is_file():
        made = quoted("dohyo", "card", player, *(("--out", card) if card else ()))
        raise DohyoError(f"{folder} has no card: make it with `{made}`, or send the snapshot --without-card")
    if not without_card:
        _check_describes(folder, snapshot)
    url = push(snapshot, None if without_card else folder, repository, private=private)
    if as_json:
        typer.echo(json.dumps({"repository": repository, "snapshot": snapshot.name, "commit": url}))
    else:
        typer.echo(f"Sent: {url}")


def _check_describes(folder: Path, snapshot: Snapshot) -> None:
    """Raise `DohyoError` if the card in a folder is of another snapshot."""
    try:
        described = parse_json((folder / RECORD).read_bytes())["snapshot"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DohyoError(f"cannot read {folder / RECORD} ({one_line(error)}): make the card again") from error
    if described != snapshot.name:
        raise DohyoError(f"{folder} has the card of {described}, not of {snapshot.name}: choose its own")


@app.command("pull")
def pull_command(
    repository: Repository,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write to.", show_default="the repository's name")
    ] = None,
    revision: Annotated[
        str | None, typer.Option("--revision", help="Branch, tag or commit.", show_default="the newest")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch the snapshot of a repository and its card; the files are checked like any others.

    Example: [bold]dohyo hub pull me/sumo-ant[/bold]
    """
    folder = out or Path(repository.rpartition("/")[2])
    snapshots = pull(repository, folder, revision)
    paths = [folder / f"{snapshot.name}{SUFFIX}" for snapshot in snapshots]
    if as_json:
        typer.echo(json.dumps({"repository": repository, "snapshots": [str(path) for path in paths]}))
        return
    for snapshot, path in zip(snapshots, paths, strict=True):
        part = snapshot.origin.part
        typer.echo(f"{path}: plays {part.arena} as {part.role} with {part.body}, {snapshot.origin.samples:,} samples")
