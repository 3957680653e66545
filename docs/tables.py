"""Write the tables of the pages from the code: `python docs/tables.py`; a test fails when they are stale."""

import re
from collections import Counter
from pathlib import Path

import mujoco
import numpy as np

from dohyo.agents.learning.config import POLICIES, PpoConfig
from dohyo.agents.pretrained import PREFIX, shipped
from dohyo.arenas import ARENAS, BODIES
from dohyo.arenas.randomisation import GROUPS, PRESETS, Randomisation
from dohyo.arenas.registry import build_arena
from dohyo.arenas.rules.arena import Arena
from dohyo.arenas.settings import Setting, settings_of
from dohyo.cli.commands.agents import describe
from dohyo.cli.lazy import load
from dohyo.cli.setting_options import option_name
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.presets import preset_names, read_preset

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


def parts_table(arena: Arena) -> list[str]:
    """Return the rows that describe the links of seat 0's body, equal ones in one row."""
    seat, model = arena.scene.seats[0], arena.scene.model
    parts = Counter(
        (_kind(model.body(b).name), _shapes(model, b), f"{model.body_mass[b]:.2f}") for b in (seat.root, *seat.links)
    )
    rows = [f"| {name} | {count} | {shapes} | {mass} |" for (name, shapes, mass), count in parts.items()]
    return [
        "| part | number | shape, m (a capsule's length is that of its axis) | mass of each, kg |",
        "|---|---|---|---|",
        *rows,
    ]


def joints_table(arena: Arena) -> list[str]:
    """Return the rows that describe the hinges of seat 0's body and their PD law, equal ones in one row."""
    seat, model = arena.scene.seats[0], arena.scene.model
    laws = zip(model.actuator_biasprm[seat.ctrl], model.actuator_forcerange[seat.ctrl, 1], strict=True)
    joints = Counter(
        (_kind(model.joint(int(model.body_jntadr[b])).name), f"{low:.0f} to {high:.0f}", -bias[1], -bias[2], torque)
        for b, (low, high), (bias, torque) in zip(seat.links, np.rad2deg(seat.joint_range), laws, strict=True)
    )
    rows = [
        f"| {name} | {count} | {span} | {stiffness:g} | {damping:g} | {torque:g} |"
        for (name, span, stiffness, damping, torque), count in joints.items()
    ]
    head = "| joint | number | range, degrees | stiffness, N m/rad | damping, N m s/rad | largest torque, N m |"
    return [head, "|---|---|---|---|---|---|", *rows]


def hyperparameter_table(arena: Arena) -> list[str]:
    """Return the rows that describe PPO's hyperparameters, the same for every arena."""
    rows = []
    for name, known in settings_of(PpoConfig).items():
        defaults = dict.fromkeys(_plain(getattr(settings, name)) for settings in POLICIES.values())
        if name != "policy":
            rows.append(f"| `{name}` | {', '.join(defaults)} | {_meaning(known)} |")
    return [f"| name | default ({', '.join(POLICIES)}) | meaning |", "|---|---|---|", *rows]


def settings_table(arena: Arena) -> list[str]:
    """Return the rows that describe the settings of a training run, the same for every arena."""
    rows = [
        f"| `{name}` | {_default(known)} | {_option(known)} | {_meaning(known)} |"
        for name, known in settings_of(TrainConfig).items()
        if name not in ("ppo", "schedule_start", "seeding")
    ]
    return ["| name | default | option | meaning |", "|---|---|---|---|", *rows]


def randomisation_table(arena: Arena) -> list[str]:
    """Return the rows that describe the fields of a randomisation, the same for every arena."""
    rows = [
        f"| `{name}` | `{_plain(known.default)}` | {known.help} |" for name, known in settings_of(Randomisation).items()
    ]
    return ["| field | off | meaning |", "|---|---|---|", *rows]


def groups_table(arena: Arena) -> list[str]:
    """Return the rows that list the groups of a randomisation, the same for every arena."""
    rows = [f"| `{group}` | {', '.join(f'`{name}`' for name in names)} |" for group, names in GROUPS.items()]
    return ["| group | fields |", "|---|---|", *rows]


def dactyl_table(arena: Arena) -> list[str]:
    """Return the rows that list Dactyl's ranges and their sources, the same for every arena."""
    rows = [f"| `{name}` | {_written(value)} | {source} |" for name, (value, source) in PRESETS["dactyl"].items()]
    return ["| field | value | source |", "|---|---|---|", *rows]


def _written(value: object) -> str:
    """Return a range, a number or numbers by kind as prose."""
    if isinstance(value, dict):
        return ", ".join(f"{kind} {number:g}" for kind, number in value.items())
    return f"{value[0]:g} to {value[1]:g}" if isinstance(value, tuple) else f"{value:g}"


def presets_table(arena: Arena) -> list[str]:
    """Return the rows that describe the presets, the same for every arena."""
    presets = [read_preset(name) for name in preset_names()]
    rows = [f"| `{p.name}` | {p.about} | {', '.join(p.settings.get('stages', ())) or 'none'} |" for p in presets]
    return ["| preset | what it trains | stages |", "|---|---|---|", *rows]


def options_table(command: str, *inner: str) -> list[str]:
    """Return the rows that describe what a command takes, such as `train` or `hub push`, as its `--help` says it."""
    known = load(command)
    for name in inner:
        known = known.commands[name]
    context = known.context_class(known, info_name=command)
    rows = []
    for parameter in known.params:
        declared, text = parameter.get_help_record(context)
        meaning, _, default = text.replace("|", "\\|").partition("  [")
        default = default.removesuffix("]").removeprefix("default: ")
        rows.append(f"| `{declared.replace(' range>', '>')}` | {default} | {meaning} |")
    return ["| argument or option | default; range | meaning |", "|---|---|---|", *rows]


def _default(known: Setting) -> str:
    return known.shown or f"`{_plain(known.default)}`"


def _option(known: Setting) -> str:
    return "" if known.option is None else f"`{option_name(known)}`"


def _meaning(known: Setting) -> str:
    return " ".join(filter(None, (known.help, known.note))).replace("|", "\\|")


def _plain(value: object) -> str:
    """Return a value as it is typed."""
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def _kind(name: str) -> str:
    """Return `thigh` for `0/thigh_3`, `hip_x` for `0/left_hip_x`."""
    return re.sub(r"^\d+/(left_|right_)?|_\d+$", "", name)


def _shapes(model: mujoco.MjModel, body: int) -> str:
    """Describe the geoms of a body: `sphere, radius 0.160; 2 capsules, length 0.280, radius 0.040`."""
    first, number = int(model.body_geomadr[body]), int(model.body_geomnum[body])
    shapes: Counter[str] = Counter()
    for g in range(first, first + number):
        kind = mujoco.mjtGeom(int(model.geom_type[g])).name.removeprefix("mjGEOM_").lower()
        length = f"length {2 * model.geom_size[g, 1]:.2f}, " if kind == "capsule" else ""
        shapes[f"{kind}, {length}radius {model.geom_size[g, 0]:.3f}"] += 1
    return "; ".join(s if n == 1 else f"{n} {s.replace(',', 's,', 1)}" for s, n in shapes.items())


def agents_table(arena: Arena) -> list[str]:
    """Return the table of shipped agents, of all arenas."""
    lines = [
        "| agent | arena | as | network | samples | against `zero` | against `random` |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in map(describe, shipped()):
        name = row["agent"].removeprefix(PREFIX)
        scores = [", ".join(map(str, row["strength"].get(rival, ()))) for rival in ("zero", "random")]
        told = row["arena"], row["role"], row["network"], f"{row['samples'] / 1e6:.1f} M", *scores
        lines.append(f"| [`{row['agent']}`](pretrained/{name}.md) | {' | '.join(told)} |")
    return lines


TABLES = {
    "agents": agents_table,
    "observation": observation_table,
    "reward": reward_table,
    "action": action_table,
    "parts": parts_table,
    "joints": joints_table,
    "hyperparameters": hyperparameter_table,
    "settings": settings_table,
    "presets": presets_table,
    "randomisation": randomisation_table,
    "groups": groups_table,
    "dactyl": dactyl_table,
}


def with_tables(text: str, arena: Arena) -> str:
    """Return the page with the table after each `<!-- table: NAME -->` replaced by that of the code.

    `<!-- table: NAME ARENA -->` is the table of another arena than the page's, `<!-- table: options COMMAND -->` that
    of a command.
    """
    lines: list[str] = []
    skipping = False
    for line in text.splitlines():
        skipping = skipping and line.startswith("|")
        if not skipping:
            lines.append(line)
        if line.startswith("<!-- table: "):
            name, *of = line.removeprefix("<!-- table: ").removesuffix(" -->").split()
            if name == "options":
                lines += options_table(*of)
            else:
                lines += TABLES[name](build_arena(*of) if of else arena)
            skipping = True
    return "\n".join(lines) + "\n"


def pages() -> list[tuple[Path, Arena]]:
    """Return every page with tables, and the arena whose tables it shows unless they name another."""
    found = [page for page in sorted(DOCS.rglob("*.md")) if "<!-- table: " in page.read_text()]
    return [(page, _shown_on(page.stem)) for page in found]


def _shown_on(name: str) -> Arena:
    """Return the arena called `name`, or one in which the body called `name` takes every seat."""
    return build_arena(name) if name in ARENAS else build_arena("sumo", name if name in BODIES else None)


if __name__ == "__main__":
    for page, arena in pages():
        page.write_text(with_tables(page.read_text(), arena))
