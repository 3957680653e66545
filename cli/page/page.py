"""Render the page about a run from its template."""

from collections.abc import Sequence
from dataclasses import asdict
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from dohyo import __version__
from dohyo.arenas.players import BUILT_IN

if TYPE_CHECKING:
    from dohyo.arenas.views.replay import Replay
    from dohyo.cli.page.contents import Story


PAGE = "report.html"
"""Name of the page in a run folder, and of the template beside this file."""


def render(story: "Story", bouts: Sequence[tuple[str, "Replay"]] = (), refresh: int | None = None) -> str:
    """Return the page as HTML; everything that comes from the run is escaped.

    `bouts` are replays to show side by side, with their captions; without them no script can run in the page. With
    `refresh` the browser loads the page again at that interval, in seconds.
    """
    from jinja2 import Environment, StrictUndefined

    from dohyo.cli.page.charts import CHARTS
    from dohyo.cli.page.log import log_of, notices
    from dohyo.cli.page.replay import render as render_replay
    from dohyo.cli.page.replay import script_hash

    template = files("dohyo.cli.page").joinpath(PAGE).read_text(encoding="utf-8")
    page = Environment(autoescape=True, undefined=StrictUndefined).from_string(template)
    charts = [(heading, draw(story)) for heading, draw in CHARTS.items()]
    config = story.config
    return page.render(
        title=f"{config.arena}: {story.path.resolve().name}",
        lead=f"{config.arena} with {config.body} on {config.engine}, seed {config.seed}, opponents {config.opponents}.",
        state=_state(story),
        tiles=_tiles(story),
        charts=charts,
        headings=[*(["Bouts"] if bouts else []), *CHARTS, "Cross-play", "Learners", "Log", "Configuration", "Versions"],
        bouts=[(caption, render_replay(replay)) for caption, replay in bouts],
        hash=script_hash(),
        refresh=refresh,
        log=log_of(story),
        notices=notices(story),
        settings=_settings(config),
        packages=list(dict.fromkeys(name for session in story.sessions for name in session.versions)),
        version=__version__,
        **vars(story) | {"several": story.several},
    )


def _state(story: "Story") -> str:
    budgets = [(story.config.minutes, "minutes"), (story.config.samples, "samples")]
    limits = " or ".join(f"{limit:,.10g} {unit}" for limit, unit in budgets if limit is not None) or "none"
    if story.share >= 1:
        return f"Its budget ({limits}) is used up."
    return f"{100 * story.share:.0f} % of its budget ({limits}) is used: it is still training or was interrupted."


def _tiles(story: "Story") -> list[tuple[str, str]]:
    """Return the figures at the head of the page as (name, value)."""
    generations = ", ".join(str(chain[-1].generation) for chain in story.chains.values())
    tiles = [
        ("samples", f"{story.samples:,}"),
        ("minutes", f"{story.minutes:.1f}"),
        ("newest generation", generations),
    ]
    for learner, rows in story.rated.items():
        whose = f" of {learner}" if story.several else ""
        if not rows:
            continue
        newest = rows[-1]
        interval = f"{newest['low']:.1f} to {newest['high']:.1f}"
        tiles.append((f"rating{whose} ({interval})", f"{newest['rating']:.1f}"))
        built_in = [name for name in newest["win_rate"] if story.references[name].partition("@")[0] in BUILT_IN]
        tiles += [(f"wins{whose} against {name}", f"{100 * newest['win_rate'][name]:.0f} %") for name in built_in]
    return tiles


def _settings(config: Any) -> list[tuple[str, str, bool]]:
    """Return every setting as (name, value, whether it differs from the default)."""
    usual = _flat(asdict(type(config)()))
    return [(key, _words(value), value != usual.get(key)) for key, value in _flat(asdict(config)).items()]


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}": value}
    return flat


def _words(value: Any) -> str:
    if value is None or value == () or value == {}:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
