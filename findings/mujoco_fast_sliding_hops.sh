#!/usr/bin/env bash
# MuJoCo 4.0.0: friction throws a fast sliding body into the air, and a stiffer contact throws it higher. MuJoCo's
# documentation ("Computation", "Physical realism and soft contacts") expects a body to move up a bit as it starts to
# slide, and calls such effects numerically small. Here a sphere of 0.1 m that cannot roll slides at 3 m/s on a plane
# with friction 1. It hops 5 mm with the default contact, and 103 mm, more than its radius, with the stiffest contact
# that MuJoCo takes at this time step (`solref` = 2 * timestep). The default `solref` is the stiffest at a time step of
# 10 ms: 106 mm. The sphere brakes in jumps; the whole way stays v^2 / (2 mu g). Pyramids and `impratio` change little.
# Only the reference for *friction* matters: `solref` for the normal direction alone does no harm. Way out: a contact
# `<pair>` with a softer `solreffriction` (elliptic cones only), or a shorter time step.
# Output seen (height of the hop, share of the slide in the air, way as a share of v^2 / (2 mu g)):
#   default contact: 5 mm, 78 % in the air, way 1.00
#   stiff contact: 103 mm, 96 % in the air, way 0.99
#   stiff contact, shorter time step: 1 mm, 94 % in the air, way 1.00
#   default contact, longer time step: 106 mm, 94 % in the air, way 0.99
#   stiff contact, pyramids: 85 mm, 96 % in the air, way 1.00
#   stiff contact, impratio 10: 113 mm, 99 % in the air, way 0.99
#   only friction stiff: 106 mm, 96 % in the air, way 1.00
#   only the normal direction stiff: 4 mm, 78 % in the air, way 1.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install --quiet --no-compile mujoco==4.0.0
"$folder/venv/bin/python" - <<'PY' | tee "$folder/out"
import mujoco

SPEED, WAY, STIFF, DEFAULT = 3.0, 3.0**2 / (2 * 1.0 * 9.81), "0.004 1", "0.02 1"


def slide(title, step=0.002, solref=DEFAULT, solreffriction=None, cone="elliptic", impratio=1):
    model = mujoco.MjModel.from_xml_string(f"""
        <mujoco><option timestep="{step}" cone="{cone}" impratio="{impratio}"/>
          <worldbody><geom name="floor" type="plane" size="1 1 1"/>
            <body pos="0 0 0.1"><joint type="slide" axis="1 0 0"/><joint type="slide" axis="0 0 1"/>
              <geom name="ball" size="0.1"/></body></worldbody>
          <contact><pair geom1="floor" geom2="ball" condim="3" friction="1 1" solref="{solref}"
            solreffriction="{solreffriction or solref}"/></contact></mujoco>""")
    data = mujoco.MjData(model)
    while data.time < 1:  # let it come to rest on the floor
        mujoco.mj_step(model, data)
    start, data.qvel[0], heights, airborne = data.qpos[0], SPEED, [], 0
    while data.qvel[0] > 0.01:
        mujoco.mj_step(model, data)
        heights.append(data.qpos[1])
        airborne += data.ncon == 0
    print(f"{title}: {1000 * max(heights):.0f} mm, {100 * airborne / len(heights):.0f} % in the air, "
          f"way {(data.qpos[0] - start) / WAY:.2f}")


slide("default contact")
slide("stiff contact", solref=STIFF)
slide("stiff contact, shorter time step", solref=STIFF, step=0.0002)
slide("default contact, longer time step", step=0.01)
slide("stiff contact, pyramids", solref=STIFF, cone="pyramidal")
slide("stiff contact, impratio 10", solref=STIFF, impratio=10)
slide("only friction stiff", solreffriction=STIFF)
slide("only the normal direction stiff", solref=STIFF, solreffriction=DEFAULT)
PY
sed -n '/^# Output seen/,/^set/s/^#   //p' "$0" | diff - "$folder/out"
