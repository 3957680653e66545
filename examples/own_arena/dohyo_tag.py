"""The command line `dohyo`, which knows the arena in tag.py as well.

python examples/own_arena/dohyo_tag.py train tag --engine mujoco --minutes 10 --out runs/tag
python examples/own_arena/dohyo_tag.py play tag --engine mujoco --seat runs/tag --seat zero --picture runs/tag/bout.gif
"""

import tag  # noqa: F401  (makes the arena known)

from dohyo.cli import main

if __name__ == "__main__":
    main()
