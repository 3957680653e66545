"""Options made from settings: name, type, range, default and help come from the fields of a dataclass."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from typing import Annotated, Any, TypeVar, get_origin

import typer

from dohyo.arenas.settings import Setting, settings_of

Command = TypeVar("Command", bound=Callable[..., None])


def option_name(known: Setting) -> str:
    """Return the name of a setting's option: `--guest-share`."""
    return f"--{(known.option or known.name).replace('_', '-')}"


def option(config: type, name: str, **changes: Any) -> Any:
    """Return `typer.Option` for a setting; `changes` replaces its arguments."""
    known = settings_of(config)[name]
    declared = option_name(known)
    if known.type is bool:
        declared += f"/{declared.replace('--', '--no-')}"
    about: dict[str, Any] = {"help": known.help, "min": known.low, "max": known.high, "rich_help_panel": known.panel}
    if known.shown:
        about["show_default"] = known.shown
    if _repeats(known):
        about["help"] += " Can be given several times."
    return typer.Option(declared, **{**about, **changes})


def parameter(config: type, name: str, **changes: Any) -> inspect.Parameter:
    """Return a command's parameter for a setting; it takes a list of texts if the setting is a list or a table."""
    known = settings_of(config)[name]
    kind: Any = list[str] | None if _repeats(known) else known.type
    default = None if _repeats(known) else known.default
    annotation: Any = Annotated[kind, option(config, name, **changes)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _repeats(known: Setting) -> bool:
    return is_dataclass(known.type) or get_origin(known.type) in (tuple, dict)


def take(*options: inspect.Parameter, after: str) -> Callable[[Command], Command]:
    """Replace a command's `**given` by `options`; the help lists them after the parameter `after`."""

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        own = [p.replace(kind=p.KEYWORD_ONLY) for p in signature.parameters.values() if p.kind != p.VAR_KEYWORD]
        place = 1 + [p.name for p in own].index(after)
        parameters = [*own[:place], *options, *own[place:]]
        command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return command

    return decorate


def typed(context: typer.Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options among `given` that the user typed."""

    def was_typed(name: str) -> bool:
        source = context.get_parameter_source(name)
        return source is not None and source.name != "DEFAULT"

    return {name: value for name, value in given.items() if was_typed(name)}
