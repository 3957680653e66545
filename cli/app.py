"""The `dohyo` program: its commands, and the exit status and message of errors."""

import sys
from typing import Annotated, NoReturn

import typer

from dohyo.cli.lazy import COMMANDS, Commands, listed

EXIT_TYPED, EXIT_FAILED, EXIT_INTERRUPTED = 2, 1, 130
RESUMES = ("train", "exploit", "study", "crossplay")
"""Commands that resume from the folder `--out`."""
ALWAYS = "card"
"""The command that resumes without `--out` too."""

app = typer.Typer(
    name="dohyo",
    cls=Commands,
    help="Competitive 3D physics arenas and self-play training.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for name, help_ in COMMANDS.items():
    app.command(name=name, help=help_)(listed)


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
    # Here and in `main`, because these load NumPy and the engines, without which `dohyo --help` is three times as fast.
    from dohyo.agents.learning.threads import use_one_thread
    from dohyo.cli.imports import load_installed

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
    except (KeyboardInterrupt, typer.Abort):
        status = EXIT_INTERRUPTED
    except Exception as error:
        from dohyo.arenas.errors import DohyoError, UnknownName

        if not isinstance(error, DohyoError):
            raise
        _fail(str(error), EXIT_TYPED if isinstance(error, UnknownName) else EXIT_FAILED)
    if status == EXIT_INTERRUPTED:  # typer returns it on Ctrl-C
        _fail(f"interrupted{_what_is_kept(sys.argv[1:])}", status)
    sys.exit(status)


def _what_is_kept(arguments: list[str]) -> str:
    """Return a note that the same command resumes, if it records its progress in a folder; else an empty text."""
    name = next(iter(arguments), "")
    resumes = name == ALWAYS or (name in RESUMES and any(word.partition("=")[0] == "--out" for word in arguments))
    return "; run the same command again to resume" if resumes else ""


def _fail(message: str, status: int) -> NoReturn:
    typer.echo(f"dohyo: {' '.join(message.split())}", err=True)
    sys.exit(status)
