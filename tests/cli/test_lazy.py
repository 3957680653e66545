"""The list of commands, which is shown without loading them, agrees with the commands."""

import inspect
import pkgutil

import pytest

from dohyo.cli import commands
from dohyo.cli.lazy import COMMANDS, load


def test_every_command_is_listed():
    assert {module.name.rstrip("_") for module in pkgutil.iter_modules(commands.__path__)} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_with_the_first_line_of_its_help(name: str):
    command = load(name)
    assert command.name == name
    first = inspect.cleandoc(command.help).partition("\n\n")[0]
    assert " ".join(first.split()) == COMMANDS[name]
    assert "--help" in [
        option
        for parameter in command.get_params(command.make_context(name, [], resilient_parsing=True))
        for option in parameter.opts
    ]
