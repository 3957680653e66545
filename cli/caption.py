"""The caption of a picture of a bout: who takes each seat, the score, the clock and the ending."""

from functools import lru_cache

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from dohyo.arenas.views.render import Image
from dohyo.arenas.views.replay import Replay, colours, verdict

LINES = 20
"""Lines of text that would fill a picture's height."""
SHADE, WHITE = (16, 20, 24, 150), (255, 255, 255)
"""Colours of the band behind text, and of the text."""


def caption(picture: Image, replay: Replay, row: int) -> Image:
    """Return a copy of the picture `[H, W, 3]` with a caption for one row of the replay.

    A line per seat shows its colour, its player and the sum of its dense reward. The right side shows the clock, and
    the last row how the bout ended.
    """
    height, width, _ = picture.shape
    font, line = _font(height // LINES), round(1.3 * (height // LINES))
    canvas = Pillow.fromarray(picture)
    pen = ImageDraw.Draw(canvas, "RGBA")
    about, sums = replay.about, replay.dense[:row].sum(axis=0)
    clock = f"{row * about.control_step:.1f} s"
    room = width - line - pen.textlength(clock, font) - 2 * line
    pen.rectangle((0, 0, width, line * len(about.seats) + line // 3), fill=SHADE)
    for s, colour in enumerate(np.rint(255 * colours(replay)).astype(int).tolist()):
        y = line // 6 + s * line
        pen.ellipse((line // 4, y + line // 5, line // 4 + line // 2, y + line // 5 + line // 2), fill=tuple(colour))
        score = f"  {sums[s]:.1f}{_state(replay, row, s)}"
        name = _shortened(about.players[s], room - pen.textlength(score, font), font)
        pen.text((line, y), name + score, WHITE, font)
    pen.text((width - line // 3, line // 6), clock, WHITE, font, anchor="ra")
    if row == replay.steps and (end := verdict(about)):
        pen.rectangle((0, height - line - line // 3, width, height), fill=SHADE)
        pen.text((width / 2, height - line - line // 6), end, WHITE, font, anchor="ma")
    return np.asarray(canvas)


def _state(replay: Replay, row: int, seat: int) -> str:
    """Return what the caption adds to a seat: whether it has won or is out."""
    if row == replay.steps and replay.about.seats[seat] in (replay.about.winner or "").split(","):
        return "  wins"
    return "  out" if replay.out[row, seat] else ""


def _shortened(name: str, room: float, font: ImageFont.FreeTypeFont) -> str:
    """Return a name that fits into `room` pixels; a long one loses its beginning, since paths differ at their end."""
    if font.getlength(name) <= room:
        return name
    while len(name) > 1 and font.getlength("..." + name) > room:
        name = name[1:]
    return "..." + name


@lru_cache(maxsize=4)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
