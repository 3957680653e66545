"""Write the tables of the arena pages from the code: `python docs/tables.py`; a test fails when they are stale."""

from pathlib import Path

from dohyo.arenas import ARENAS
from dohyo.arenas.registry import build_arena
from dohyo.arenas.rules import Arena

DOCS = Path(__file__).parent


def observation_table(arena: Arena) -> list[str]:
    """Return the rows that describe what seat 0 sees."""
    rows, first = ["| index | entry | unit | frame | meaning |", "|---|---|---|---|---|"], 0
    for entry in arena.entries(0):
        last = first + entry.size - 1
        index = f"{first}" if entry.size == 1 else f"{first}-{last}"
        rows.append(f"| {index} | {entry.name} | {entry.unit} | {entry.frame} | {entry.meaning} |")
        first = last + 1
    return rows


def reward_table(arena: Arena) -> list[str]:
    """Return the rows that describe the dense reward."""
    rows = [f"| {t.name} | {t.weight:g} | {t.quantity} | {t.source} |" for t in arena.terms]
    return ["| term | weight | quantity | source |", "|---|---|---|---|", *rows]


def action_table(arena: Arena) -> list[str]:
    """Return the rows that name the joints that an action drives, with the targets that -1 and 1 mean."""
    seat, model = arena.scene.seats[0], arena.scene.model
    rows = ["| index | joint | target at -1, rad | at 0 | at 1 |", "|---|---|---|---|---|"]
    for index, (link, (low, high)) in enumerate(zip(seat.links, seat.joint_range, strict=True)):
        name = model.joint(int(model.body_jntadr[link])).name.partition("/")[2]
        rows.append(f"| {index} | {name} | {low:.3f} | {(low + high) / 2:.3f} | {high:.3f} |")
    return rows


TABLES = {"observation": observation_table, "reward": reward_table, "action": action_table}


def with_tables(text: str, arena: Arena) -> str:
    """Return the page with the table after each `<!-- table: NAME -->` replaced by that of the code."""
    lines: list[str] = []
    skipping = False
    for line in text.splitlines():
        skipping = skipping and line.startswith("|")
        if not skipping:
            lines.append(line)
        if line.startswith("<!-- table: "):
            lines += TABLES[line.split()[2]](arena)
            skipping = True
    return "\n".join(lines) + "\n"


def pages() -> list[tuple[Path, Arena]]:
    """Return the page of every arena that has one of its own, and the arena."""
    return [(DOCS / f"{name}.md", build_arena(name)) for name, spec in ARENAS.items() if spec.page == name]


if __name__ == "__main__":
    for page, arena in pages():
        page.write_text(with_tables(page.read_text(), arena))
