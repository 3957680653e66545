"""Render the page about a run from its template."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dohyo import __version__
from dohyo.arenas.players import BUILT_IN
from dohyo.cli.page.settings import listed, own
from dohyo.cli.page.template import fill

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
    from dohyo.cli.page.charts import CHARTS
    from dohyo.cli.page.log import log_of, notices

    charts = [(heading, draw(story)) for heading, draw in CHARTS.items()]
    config = story.config
    return fill(
        PAGE,
        title=f"{config.arena}: {story.path.resolve().name}",
        lead=f"{config.arena} with {config.body} on {config.engine}, seed {config.seed}, opponents {config.opponents}.",
        state=_state(story),
        tiles=_tiles(story),
        charts=charts,
        headings=[*(["Bouts"] if bouts else []), *CHARTS, "Cross-play", "Learners", "Log", "Configuration", "Versions"],
        log=log_of(story),
        notices=notices(story),
        settings=[(key, value, key in own(config)) for key, value in listed(config).items()],
        packages=list(dict.fromkeys(name for session in story.sessions for name in session.versions)),
        **common(bouts, refresh),
        **vars(story) | {"several": story.several},
    )


def common(bouts: Sequence[tuple[str, "Replay"]], refresh: int | None) -> dict[str, Any]:
    """Return the values that all pages of `dohyo report` show, see `render`."""
    from dohyo.cli.page.replay import render as render_replay
    from dohyo.cli.page.replay import script_hash

    shown = [(caption, render_replay(replay)) for caption, replay in bouts]
    return {"bouts": shown, "hash": script_hash(), "refresh": refresh, "version": __version__}


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
