"""Ship an agent: `python docs/pretrained.py NAME CARD`, with the folder of its card (`dohyo card RUN`).

The snapshot and the card's figures go into the package, the card and its picture into the docs. Then run
`python docs/tables.py`, which lists the agent on its page.
"""

import argparse
import shutil
import textwrap
from pathlib import Path

from PIL import Image, ImageSequence

from dohyo.agents.files import parse_json
from dohyo.agents.pretrained import FOLDER

DOCS = Path(__file__).parent
WIDTH = 116
"""Longest line of prose."""
CARDS, PICTURES = DOCS / "reference" / "pretrained", DOCS / "pictures" / "pretrained"


def ship(name: str, card: Path) -> None:
    """Copy an agent's snapshot, card and picture to where they belong."""
    figures = parse_json((card / "card.json").read_bytes())
    for folder in (CARDS, PICTURES):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(card / f"{figures['snapshot']}.safetensors", FOLDER / f"{name}.safetensors")
    shutil.copyfile(card / "card.json", FOLDER / f"{name}.json")
    picture = figures["picture"]["file"]
    shrink(card / picture, PICTURES / f"{name}.gif")
    (CARDS / f"{name}.md").write_text(page(name, (card / "README.md").read_text(), figures["snapshot"], picture))


def shrink(film: Path, small: Path) -> None:
    """Write a film with every second frame at two thirds of its size, because the docs hold one of each agent."""
    with Image.open(film) as opened:
        frames = list(ImageSequence.all_frames(opened))[::2]
        duration = 2 * opened.info["duration"]
    size = (2 * frames[0].width // 3, 2 * frames[0].height // 3)
    first, *rest = [frame.convert("RGB").resize(size).quantize(64) for frame in frames]
    first.save(small, save_all=True, append_images=rest, duration=duration, loop=0)


def page(name: str, text: str, snapshot: str, picture: str) -> str:
    """Return a card as a page of the docs: without its header for Hugging Face, under the agent's name."""
    body = text.split("\n---\n", 1)[1].lstrip()
    _, _, rest = body.partition("\n")
    shown = rest.replace(f"({picture})", f"(../../pictures/pretrained/{name}.gif)")
    text = f"# {name}\n{shown}".replace(f"{snapshot}.safetensors", f"pretrained/{name}")
    return "\n".join(map(wrapped, text.splitlines())) + "\n"


def wrapped(line: str) -> str:
    """Break a line of prose; lines of tables, code and pictures stay."""
    if len(line) <= WIDTH or line.startswith(("|", "!", "    ")):
        return line
    return textwrap.fill(line, WIDTH, subsequent_indent="  " if line.startswith("- ") else "", break_long_words=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="the agent's name, such as sumo-ant")
    parser.add_argument("card", type=Path, help="the folder of its card")
    given = parser.parse_args()
    ship(given.name, given.card)
