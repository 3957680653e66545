"""The original bodies, which only the paper's arenas take: one MJCF file and one entry in `PAPER_BODIES` each."""

from pathlib import Path

from dohyo.arenas.bodies import Body

HERE = Path(__file__).parent


def _body(name: str, start: float, reach: float, fallen: float, down: float, standing: float) -> Body:
    return Body(name, start, reach, fallen, down, standing, limbs=(), folder=HERE)


# EC is arXiv 1710.03748 and its code, RoboSumo arXiv 1710.03641 and its code. RoboSumo has one threshold for all three.
PAPER_BODIES = {
    "paper_ant": _body("paper_ant", start=0.75, reach=1.2, fallen=0.3, down=0.28, standing=0.28),  # EC
    "paper_humanoid": _body("paper_humanoid", start=1.4, reach=0.7, fallen=0.5, down=0.8, standing=1.0),  # EC
    "robosumo_ant": _body("robosumo_ant", start=0.75, reach=1.2, fallen=0.29, down=0.29, standing=0.29),
    "robosumo_bug": _body("robosumo_bug", start=0.75, reach=1.2, fallen=0.29, down=0.29, standing=0.29),
    "robosumo_spider": _body("robosumo_spider", start=0.75, reach=0.9, fallen=0.29, down=0.29, standing=0.29),
}
