"""The `dohyo` program: its commands, and the exit status and message of errors."""

import sys
from typing import Annotated, NoReturn

import typer

from dohyo.agents.learning.threads import use_one_thread
from dohyo.arenas.errors import DohyoError, UnknownName
from dohyo.cli.commands import (
    arenas,
    bench,
    crossplay,
    exploit,
    import_,
    play,
    push,
    rate,
    replay,
    report,
    study,
    train,
    watch,
)
from dohyo.cli.imports import load_installed

EXIT_TYPED, EXIT_FAILED, EXIT_INTERRUPTED = 2, 1, 130
RESUMES = ("train", "exploit", "study", "crossplay")
"""Commands that resume from the folder `--out`."""

app = typer.Typer(
    name="dohyo",
    help="Competitive 3D physics arenas and self-play training.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for module in (arenas, train, play, watch, replay, rate, report, crossplay, exploit, push, import_, study, bench):
    app.command(name=module.__name__.rpartition(".")[2].rstrip("_"))(module.command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from dohyo import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Competitive 3D physics arenas and self-play training."""
    use_one_thread()
    load_installed()


def main() -> None:
    """Run the command line; an error is one line on standard error, with status 2 if the user typed it, else 1."""
    try:
        status = app(standalone_mode=False) or 0
    except typer.TyperException as error:
        if not error.format_message():  # `dohyo` alone: typer has shown the help
            sys.exit(EXIT_TYPED)
        _fail(f"{error.format_message().rstrip('.')}; see `dohyo --help`", EXIT_TYPED)
    except UnknownName as error:
        _fail(str(error), EXIT_TYPED)
    except DohyoError as error:
        _fail(str(error), EXIT_FAILED)
    except (KeyboardInterrupt, typer.Abort):
        status = EXIT_INTERRUPTED
    if status == EXIT_INTERRUPTED:  # typer returns it on Ctrl-C
        _fail(f"interrupted{_what_is_kept(sys.argv[1:])}", status)
    sys.exit(status)


def _what_is_kept(arguments: list[str]) -> str:
    """Return a note that the same command resumes, if it records its progress in a folder; else an empty text."""
    resumes = next(iter(arguments), "") in RESUMES and any(word.partition("=")[0] == "--out" for word in arguments)
    return "; run the same command again to resume" if resumes else ""


def _fail(message: str, status: int) -> NoReturn:
    typer.echo(f"dohyo: {' '.join(message.split())}", err=True)
    sys.exit(status)
