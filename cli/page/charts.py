"""The charts of a run's page: each function draws one, or returns None if nothing was recorded for it."""

from collections.abc import Callable

import numpy as np
from matplotlib.ticker import MaxNLocator

from dohyo.cli.chart_style import colour
from dohyo.cli.page.contents import Row, Story
from dohyo.cli.page.panels import MILLIONS, Chart, band, chart, chosen, ends, grid, legend, line, name
from dohyo.curricula.matches.intervals import wilson

PAST = "wins_against_past"
BOUT_CURVES = {"draws": ("draws", ""), "bout_steps": ("length", "control steps"), "dense_return": ("dense return", "")}
"""Curves of training bouts, with their titles and units."""
UPDATE_CURVES = {
    "samples_per_s": ("throughput", "samples per second"),
    "train/std": ("noise of the actions", "standard deviation"),
    "train/approx_kl": ("divergence of an update", ""),
}
"""Curves of updates, with their titles and units."""


def ratings(story: Story) -> Chart | None:
    """Draw the ratings of every learner over samples and over minutes, with 95 % intervals."""
    if not any(story.rated.values()):
        return None
    with grid(2) as (figure, panels):
        for k, (learner, rows) in enumerate(story.rated.items()):
            y, low, high = ([row[key] for row in rows] for key in ("rating", "low", "high"))
            for panel, key in zip(panels, ("samples", "minutes"), strict=True):
                x = along(story, rows, key)
                line(panel, x, y, learner)
                band(panel, x, low, high, colour(k))
        name(panels[0], "over samples", MILLIONS, "rating")
        name(panels[1], "over time", "minutes of training", "rating")
        legend(panels[0], story.several)
    series = ((learner, [row["rating"] for row in rows]) for learner, rows in story.rated.items())
    caption = "Rated against references that never change; a passive opponent anchors the scale at 25. Bands: 95 %."
    return chart(figure, "ratings", f"Ratings over samples and over minutes: {ends(series)}", caption)


def along(story: Story, rows: list[Row], key: str) -> list[float]:
    """Return when the snapshots in `rows` were taken: millions of samples, or minutes."""
    if key == "samples":
        return [row["samples"] / 1e6 for row in rows]
    return [story.minutes_at(row["learner"], row["generation"]) for row in rows]


def win_rates(story: Story) -> Chart | None:
    """Draw the share of wins in rated bouts against each reference, a panel per learner."""
    shown = {learner: rows for learner, rows in story.rated.items() if rows}
    if not shown:
        return None
    series = []
    with grid(len(shown), height=3.2) as (figure, panels):
        for panel, (learner, rows) in zip(panels, shown.items(), strict=True):
            for k, (reference, label) in enumerate(story.references.items()):
                met = [row for row in rows if reference in row["win_rate"]]
                if not met:
                    continue
                x, y = [row["samples"] / 1e6 for row in met], [row["win_rate"][reference] for row in met]
                bouts = [row["bouts"][reference] for row in met]
                low, high = zip(*(wilson(round(share * n), n) for share, n in zip(y, bouts, strict=True)), strict=True)
                line(panel, x, y, label, colour(k))
                band(panel, x, low, high, colour(k))
                series.append((f"{learner} against {label}", [100 * share for share in y]))
            name(panel, learner if story.several else "", MILLIONS, "share of wins", share=True)
            legend(panel, columns=2)
    caption = "Rated bouts, always with whole ranges; draws are not wins. Bands: 95 % intervals of the shares (Wilson)."
    return chart(figure, "wins", f"Share of wins over samples: {ends(series, ' %')}", caption)


def frozen_and_past(story: Story) -> Chart | None:
    """Draw ratings against frozen references next to wins against the past in training."""
    past = {learner: story.series(learner, PAST) for learner in story.chains}
    if not any(x for x, _ in past.values()):
        return None
    with grid(2) as (figure, panels):
        for k, (learner, rows) in enumerate(story.rated.items()):
            y, low, high = ([row[key] for row in rows] for key in ("rating", "low", "high"))
            line(panels[0], along(story, rows, "samples"), y, learner)
            band(panels[0], along(story, rows, "samples"), low, high, colour(k))
            line(panels[1], *past[learner], learner)
        name(panels[0], "rating against frozen references", MILLIONS, "rating")
        name(panels[1], "bouts won against the past, in training", MILLIONS, "share of wins", share=True)
        legend(panels[0], story.several)
    caption = (
        "Only the left side measures progress. On the right, opponents are drawn from a past that grows with the "
        "learner, with the dense share and the start ranges that training used at that time."
    )
    alt = "Ratings, next to the share of training bouts won against the past: "
    return chart(figure, "frozen", alt + ends(((k, [100 * y for y in s[1]]) for k, s in past.items()), " %"), caption)


def opponents(story: Story) -> Chart | None:
    """Draw how often each past snapshot was recently met in training, and the score against it."""
    met = {learner: known for learner, known in story.met.items() if any(games for games, _, _ in known.values())}
    if not met:
        return None
    with grid(2 * len(met), height=2.6) as (figure, panels):
        for (learner, known), left, right in zip(met.items(), panels[::2], panels[1::2], strict=True):
            for k, (other, chain) in enumerate(story.chains.items()):
                faced = [(link.generation, *known[link.snapshot][:2]) for link in chain if link.snapshot in known]
                faced = [entry for entry in faced if entry[1] > 0]
                if faced:
                    generation, games, score = np.array(faced).T
                    left.vlines(generation, 0, games, color=colour(k), linewidth=2, label=other)
                    right.plot(generation, score / games, ".", color=colour(k), label=other)
            whose = f"{learner}: " if story.several else ""
            name(left, f"{whose}bouts against it", "generation met", "faded count")
            name(right, f"{whose}score against it", "generation met", "score", share=True)
            left.set_ylim(bottom=0)
            legend(left, story.several)
            last = max(link.generation for chain in story.chains.values() for link in chain)
            for panel in (left, right):
                panel.set_xlim(-0.5, last + 0.5)
                panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    counts = "; ".join(f"{who} has met {sum(g > 0 for g, _, _ in known.values())}" for who, known in met.items())
    caption = (
        "The results that opponent rules see: every bout against a snapshot fades the older ones by 0.99, so a count "
        "levels off at 100. Mirror bouts do not count. A score is the share of wins plus half of the draws."
    )
    return chart(figure, "opponents", f"Training bouts against each past snapshot: {counts} snapshots.", caption)


def curriculum(story: Story) -> Chart | None:
    """Draw the dense share and the ranges that widen."""
    if not story.keys("alpha"):
        return None
    ranges = [key.removeprefix("range/").removesuffix("/low") for key in story.keys("range/") if key.endswith("/low")]
    with grid(1 + len(ranges), columns=3, height=2.4) as (figure, panels):
        for k, learner in enumerate(story.chains):
            line(panels[0], *story.series(learner, "alpha"), learner)
            for panel, key in zip(panels[1:], ranges, strict=True):
                (x, low), (_, high) = (story.series(learner, f"range/{key}/{end}") for end in ("low", "high"))
                for edge in (low, high):
                    line(panel, x, edge, learner, colour(k))
                band(panel, x, low, high, colour(k))
        name(panels[0], "dense reward", MILLIONS, "alpha, its share", share=True)
        for panel, key in zip(panels[1:], ranges, strict=True):
            name(panel, key, MILLIONS, "lowest to highest")
        legend(panels[0], story.several)
    alphas = ends((learner, story.series(learner, "alpha")[1]) for learner in story.chains)
    alt = f"Share of the dense reward: {alphas} Ranges that widen: {', '.join(ranges) or 'none'}."
    return chart(figure, "curriculum", alt, "The dense share of the reward and the start ranges during training.")


def training_bouts(story: Story) -> Chart | None:
    """Draw draws, lengths and dense returns of training bouts."""
    return _curves(story, BOUT_CURVES, "bouts", "Means over the training bouts of a generation, mirror bouts included.")


def endings(story: Story) -> Chart | None:
    """Draw the endings of training bouts, a panel per learner."""
    keys = story.keys("ending/")
    if not keys:
        return None
    words, told = [key.removeprefix("ending/") for key in keys], []
    colours = [colour(k) for k in range(len(keys))]
    with grid(len(story.chains), height=3.2) as (figure, panels):
        for panel, (learner, chain) in zip(panels, story.chains.items(), strict=True):
            links = [link for link in chain if any(key in link.curves for key in keys)]
            links = [links[k] for k in chosen(len(links))]
            name(panel, learner if story.several else "", MILLIONS, "share of bouts", share=True)
            if not links:
                continue
            x = [link.samples / 1e6 for link in links]
            shares = np.array([[link.curves.get(key, 0.0) for link in links] for key in keys])
            if len(x) == 1:  # one point has no area: draw it from 0 on
                x, shares = [0.0, *x], shares.repeat(2, axis=1)
            drawn = panel.stackplot(x, shares, colors=colours, alpha=0.7)
            panel.set_xlim(0, x[-1])
            told.append(
                f"{learner}: "
                + ", ".join(f"{w} {row[-1]:.0%}" for w, row in zip(words, shares, strict=True) if row[-1])
            )
        figure.legend(drawn, words, loc="outside lower center", ncols=4, fontsize=8)
    alt = f"How training bouts ended, at last: {'; '.join(told)}."
    return chart(figure, "endings", alt, "Endings of training bouts, as shares of a generation's.")


def updates(story: Story) -> Chart | None:
    """Draw the throughput, the noise of the actions and the divergence of updates."""
    return _curves(story, UPDATE_CURVES, "updates", "Throughput is that of a session up to then, rated bouts included.")


def _curves(story: Story, kinds: dict[str, tuple[str, str]], called: str, caption: str) -> Chart | None:
    """Draw curves of all learners, a panel for each curve of `kinds` that was recorded."""
    kinds = {key: words for key, words in kinds.items() if story.keys(key)}
    if not kinds:
        return None
    with grid(len(kinds), columns=3, height=2.6) as (figure, panels):
        for panel, (key, (title, unit)) in zip(panels, kinds.items(), strict=True):
            for learner in story.chains:
                line(panel, *story.series(learner, key), learner)
            name(panel, title, MILLIONS, unit, share=key == "draws")
        legend(panels[0], story.several)
    series = (
        (f"{title} of {who}", story.series(who, key)[1]) for key, (title, _) in kinds.items() for who in story.chains
    )
    return chart(figure, called, f"Over samples: {ends(series)}", caption)


CHARTS: dict[str, Callable[[Story], Chart | None]] = {
    "Ratings": ratings,
    "Wins against each reference": win_rates,
    "Against frozen references, and in training": frozen_and_past,
    "Opponents met": opponents,
    "Curriculum": curriculum,
    "Training bouts": training_bouts,
    "How they ended": endings,
    "Speed and updates": updates,
}
"""Charts by heading, in the order of the page."""
