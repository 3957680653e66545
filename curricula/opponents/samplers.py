"""Opponent rules: samplers that draw past snapshots from a learner's payoffs, by name."""

import os
import re
import sys
from collections.abc import Callable
from functools import partial
from inspect import isfunction
from pathlib import Path

import numpy as np

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.checks import short
from dohyo.arenas.errors import ConfigError, UnknownName, lookup
from dohyo.curricula.opponents.payoffs import Payoffs

Sampler = Callable[[Payoffs, np.random.Generator, int], IntArray]
"""An opponent rule, (payoffs, rng, n) -> `[n]`: it draws n versions of a chain of `count` snapshots, from 0 (oldest) to
count - 1."""


def latest(payoffs: Payoffs, rng: np.random.Generator, n: int) -> IntArray:
    """Draw the newest, version N - 1 of N (delta = 1 of arXiv 1710.03748)."""
    return np.full(n, len(payoffs.games) - 1)


def uniform(delta: float, payoffs: Payoffs, rng: np.random.Generator, n: int) -> IntArray:
    """Draw version i ~ U{ceil(delta v), ..., v}, where v is the newest (arXiv 1710.03748, section 4.2)."""
    newest = len(payoffs.games) - 1
    oldest = int(np.ceil(round(delta * newest, 9)))  # 0.07 * 100 is slightly above 7
    return rng.integers(oldest, newest, size=n, endpoint=True)


def window(size: int, payoffs: Payoffs, rng: np.random.Generator, n: int) -> IntArray:
    """Draw version i ~ U{max(0, N - size), ..., N - 1} of N, the newest `size` (`window` of Unity ML-Agents)."""
    count = len(payoffs.games)
    return rng.integers(max(0, count - size), count, size=n)


def quality(payoffs: Payoffs, rng: np.random.Generator, n: int) -> IntArray:
    """Draw the newest in 80 %, else version i with probability exp(q_i) / sum_j exp(q_j) (OpenAI Five).

    Source: arXiv 1912.06680. `Payoffs.record` says how q changes.
    """
    return rng.choice(len(payoffs.games), size=n, p=payoffs.chances())


WEIGHTINGS: dict[str, Callable[[Array], Array]] = {
    "variance": lambda p: p * (1 - p),
    "linear": lambda p: 1 - p,
    "squared": lambda p: (1 - p) ** 2,
}
"""Weight of an opponent by the learner's win rate p against it (AlphaStar, Vinyals et al. 2019): `variance` prefers
equal opponents, the others prefer hard ones."""


def pfsp(weighting: str, payoffs: Payoffs, rng: np.random.Generator, n: int) -> IntArray:
    """Draw by prioritised fictitious self-play (AlphaStar, Vinyals et al. 2019).

    Version i has probability f(p_i) / sum_j f(p_j), where p is the learner's win rate against it and f the weighting.
    """
    chances = weigh(WEIGHTINGS[weighting](payoffs.win_rate()))
    return rng.choice(len(chances), size=n, p=chances)


def weigh(weights: Array) -> Array:
    """Return probabilities in proportion to weights `[n]`, uniform if all are zero (Vinyals et al. 2019)."""
    total = weights.sum()
    return weights / total if total > 0 else np.full(len(weights), 1 / max(1, len(weights)))


def _share(text: str) -> float:
    if not re.fullmatch(r"[0-9]*\.?[0-9]+", text, re.ASCII) or float(text) > 1:
        raise ValueError
    return float(text)


def _size(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]*", text, re.ASCII):
        raise ValueError
    return int(text)


def _weighting(text: str) -> str:
    lookup(WEIGHTINGS, text, "weighting")
    return text


Argument = float | int | str
SAMPLERS: dict[str, tuple[Callable[..., IntArray], Callable[[str], Argument] | None, Argument | None]] = {
    "latest": (latest, None, None),
    "uniform(DELTA)": (uniform, _share, None),
    "window(N)": (window, _size, None),
    "quality": (quality, None, None),
    f"pfsp({'|'.join(WEIGHTINGS)})": (pfsp, _weighting, "variance"),
}
"""Samplers by their typed form, each with the reader of its argument and the argument's default."""
LEAGUE = "league"
"""The rule of a league, which is not a sampler but depends on the learner's kind (`curricula/opponents/league.py`)."""


def known_opponents() -> str:
    """Return all values of `--opponents`, separated by commas: samplers, registered rules and the league."""
    return ", ".join((*SAMPLERS, LEAGUE))


def register_opponents(name: str, rule: Sampler) -> None:
    """Add the opponent rule `rule` under `name`, wherever a rule is given by name.

    `rule(payoffs, rng, n)` returns versions `[n]` from 0 (oldest) to `len(payoffs.games) - 1`. A function of a module
    is also added as `MODULE.FUNCTION`, see `rule_name`. Raises `UnknownName` for a name that another rule has, or that
    holds other characters than letters, digits, `_`, `-` and `.`.
    """
    taken = {typed.partition("(")[0] for typed in SAMPLERS if SAMPLERS[typed][0] is not rule}
    if not re.fullmatch(r"[\w.-]+", name, re.ASCII) or name in taken | {LEAGUE}:
        raise UnknownName(f"opponents cannot be called {name!r}: choose an unused name of a-z, 0-9, _, - or .")
    SAMPLERS[name] = (rule, None, None)
    if (found := _in_module(rule)) is not None:
        SAMPLERS[found] = (rule, None, None)


def rule_name(rule: Sampler) -> str:
    """Register a function as `MODULE.FUNCTION`, such as `my_rules.hardest`, and return that name.

    A later function of the same name replaces it. Raises `ConfigError` for other callables, such as lambdas: give them
    a name with `register_opponents`.
    """
    if rule is latest or rule is quality:
        return rule.__name__
    name = _in_module(rule)
    if name is None:
        raise ConfigError(
            f"opponents can be a function of a module, not {short(rule)}: give it a name with register_opponents"
        )
    SAMPLERS[name] = (rule, None, None)
    return name


def _in_module(rule: Sampler) -> str | None:
    """Return `MODULE.FUNCTION` for a function of a module; None for other callables, such as a lambda.

    The module has the name by which other programs import it, also if it is the main program or was loaded by path.
    """
    if not isfunction(rule) or not rule.__qualname__.isidentifier():
        return None
    module = str(rule.__module__)
    file = getattr(sys.modules.get(module), "__file__", None)
    if file and (module == "__main__" or os.sep in module):
        module = Path(file).stem
    return f"{module}.{rule.__name__}"


def parse_sampler(rule: str | Sampler) -> Sampler:
    """Return the sampler for a text such as `latest` or `uniform(0.5)`; return a function unchanged.

    Raises `UnknownName` for any other text.
    """
    if not isinstance(rule, str):
        return rule
    name, bracket, argument = rule.partition("(")
    for typed, (sampler, read, default) in SAMPLERS.items():
        if name != typed.partition("(")[0]:
            continue
        if not bracket and (read is None or default is not None):
            return sampler if read is None else partial(sampler, default)
        try:
            if read is not None and argument.endswith(")"):
                return partial(sampler, read(argument[:-1]))
        except ValueError:
            break
    raise _unknown(rule)


def _unknown(rule: str) -> UnknownName:
    module, _, function = rule.rpartition(".")
    own = "or a rule of your own: --import the file that calls register_opponents with it"
    if module and re.fullmatch(r"[\w.]+", rule):
        own = (
            f"or the function {function} of {module}: pass it in Python; on the command line, --import the file or "
            "module, which must call register_opponents with it"
        )
    return UnknownName(
        f"unknown opponents {rule!r}; choose one of: {known_opponents()}, with DELTA from 0 to 1 and N above 0, {own}"
    )


def check_opponents(rule: str | Sampler) -> None:
    """Raise `UnknownName` unless `rule` is a sampler, a sampler's name or `league`."""
    if rule != LEAGUE:
        parse_sampler(rule)
