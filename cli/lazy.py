"""The commands of `dohyo`: `dohyo --help` lists them without loading any, because most load the engines."""

import importlib
from keyword import iskeyword
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "arenas": "List all arenas with their bodies, seats, sizes of observations and actions, and engines.",
    "agents": "List the trained agents that come with the package; each is a player, as in `--seat pretrained/NAME`.",
    "train": "Train a policy by self-play into a run folder; the same command resumes it after Ctrl-C or a kill.",
    "play": "Play bouts between two players, or one per side, and count wins and draws.",
    "watch": "Watch live bouts in a browser tab: of any players, or of a run while it trains.",
    "replay": "Turn a recorded bout into a page that plays it in a browser, or into a video or pictures.",
    "rate": "Show the ratings of a run's snapshots with 95 % intervals, from all rated bouts so far.",
    "report": "Write a page about a run, finished or not, or about several: ratings, win rates, curves, settings.",
    "crossplay": "Play every pair of players, and each player against itself: scores, the Nash mixture, cycles and "
    "side bias.",
    "exploit": "Train a best response against a frozen victim, and report its wins, with and without the victim seeing "
    "it.",
    "push": "Push players repeatedly and report the control steps until they fall: the paper's wind test.",
    "card": "Measure a snapshot and write its card: training, strength, weaknesses, speed; the same command resumes "
    "it.",
    "hub": "Send a snapshot with its card to the Hugging Face hub, or fetch one.",
    "import": "Make snapshots of the agents published with arXiv 1710.03748 and 1710.03641.",
    "study": "Repeat an experiment of the paper with a chosen budget; the same command resumes it after Ctrl-C or a "
    "kill.",
    "bench": "Measure the control steps per second of the batch and of the bare engine, in turn, and their ratio.",
}
"""Every command and the first line of its help; the module of the same name in `dohyo.cli.commands` has the rest."""


class Commands(TyperGroup):
    """The group of all commands: a command is loaded when it runs or shows its own help."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return name, loaded command and remaining arguments."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed and load(listed.name or ""), rest


def load(name: str) -> Any:
    """Return the command `name` with its arguments and options."""
    module = importlib.import_module(f"dohyo.cli.commands.{name}{'_' if iskeyword(name) else ''}")
    if hasattr(module, "app"):  # a command with commands of its own
        return typer.main.get_command(module.app)
    alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
    alone.command(name=name)(module.command)
    return typer.main.get_command(alone)


def listed() -> None:
    """Stand for a command in the list of commands."""
