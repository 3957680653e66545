"""Render a replay as one page that plays it in a browser: no network, no library, one file."""

import base64
import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.views.replay import SHAPES, Replay
from dohyo.arenas.views.replay_file import describe
from dohyo.cli.page.template import fill, part

TEMPLATE, SCRIPT = "replay.html", "replay.js"
"""The page's two parts."""

WORLD = 0
"""The body that never moves."""


def render(replay: Replay) -> str:
    """Return the page as HTML; everything that comes from the replay is escaped, and only our script may run."""
    about = replay.about
    return fill(
        TEMPLATE,
        title=f"{about.arena} with {about.body} on {about.engine}, seed {about.seed}",
        bout=json.dumps(_contents(replay)).replace("<", "\\u003c"),  # no text can end the script element
        script=part(SCRIPT),
        hash=script_hash(),
    )


def script_hash() -> str:
    """Return the hash of the script, with which a page's security policy allows it."""
    return base64.b64encode(hashlib.sha256(part(SCRIPT).encode()).digest()).decode()


def _contents(replay: Replay) -> dict[str, Any]:
    """Return what the script reads; poses are 16-bit numbers, positions in shares of `reach`."""
    reach = max(float(np.abs(replay.position).max()), 1.0)
    norm = np.linalg.norm(replay.quaternion, axis=2, keepdims=True)
    shares = np.concatenate([replay.position / reach, replay.quaternion / norm], axis=2)
    sums = np.concatenate([np.zeros((1, len(replay.about.seats))), np.cumsum(replay.dense, axis=0)])
    return {
        **describe(replay),
        "rows": replay.steps + 1,
        "bodies": replay.position.shape[1],
        "reach": reach,
        "poses": base64.b64encode(np.rint(32767 * shares).astype("<i2").tobytes()).decode(),
        "actors": replay.actor_body.tolist(),
        "sums": sums.round(2).tolist(),
        "out": replay.out.astype(int).tolist(),
        "touches": _touches(replay).tolist(),
        "ground": _ground(replay),
        "geoms": [
            {
                "type": SHAPES[int(kind)],
                "body": int(replay.geom_body[g]),
                "size": replay.geom_size[g].round(4).tolist(),
                "position": replay.geom_position[g].round(4).tolist(),
                "quaternion": replay.geom_quaternion[g].round(4).tolist(),
                "rgba": replay.geom_rgba[g].round(3).tolist(),
            }
            for g, kind in enumerate(replay.geom_type)
        ],
    }


def _touches(replay: Replay) -> NDArray[np.intp]:
    """Return where two actors begin to touch, `[n, 3]`: row and both actors."""
    begun = replay.contact.copy()
    begun[1:] &= ~replay.contact[:-1]
    return np.argwhere(np.triu(begun, 1))


def _ground(replay: Replay) -> float:
    """Return the height of what the bodies stand on, m: the top of a platform, else the floor."""
    halves = {"box": 2, "cylinder": 1}
    tops = [0.0]
    for g in np.flatnonzero(replay.geom_body == WORLD):
        half = replay.geom_size[g, halves.get(SHAPES[int(replay.geom_type[g])], 0)]
        if SHAPES[int(replay.geom_type[g])] in halves and half < replay.geom_size[g, 0] / 2:
            tops.append(float(replay.geom_position[g, 2] + half))
    return max(tops)
