#!/usr/bin/env bash
# PyBullet 3.2.7: a joint that passes its limit by more than 0.04 (rad for a hinge) stays beyond the limit. Split
# impulse is on by default. It takes position errors beyond `splitImpulsePenetrationThreshold` out of the velocities, to
# correct them apart, but nothing does that for the joint limits of a multibody. Such a limit still stops motion
# outwards, and smaller errors are corrected. A fast hinge needs no reset to get there: at 20 rad/s and the default time
# step it overshoots by 0.08 rad and stays. Way out: `setPhysicsEngineParameter(useSplitImpulse=0)`.
# The wheel needs NumPy, which it does not require.
# Output seen:
#   split impulse by default, put at 0.53: corrected
#   split impulse by default, put at 0.55: at 0.550 after 10 s
#   split impulse by default, put at 0.70: at 0.700 after 10 s
#   split impulse by default, put at 0.00 with 20 rad/s: at 0.579 after 10 s
#   split impulse off, put at 0.53: corrected
#   split impulse off, put at 0.55: corrected
#   split impulse off, put at 0.70: corrected
#   split impulse off, put at 0.00 with 20 rad/s: corrected
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip --python "$folder/venv/bin/python" install --quiet --no-compile pybullet==3.2.7 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY' 2>/dev/null | grep "^split" | tee "$folder/out"
import pybullet as p

LIMIT = 0.5
p.connect(p.DIRECT)
for title, parameters in (("by default", {}), ("off", {"useSplitImpulse": 0})):
    for angle, rate in ((0.53, 0), (0.55, 0), (0.7, 0), (0, 20)):
        p.resetSimulation()
        p.setPhysicsEngineParameter(**parameters)
        arm = p.createMultiBody(
            baseMass=0, linkMasses=[1], linkCollisionShapeIndices=[-1], linkVisualShapeIndices=[-1],
            linkPositions=[[0, 0, 0]], linkOrientations=[[0, 0, 0, 1]], linkInertialFramePositions=[[0.5, 0, 0]],
            linkInertialFrameOrientations=[[0, 0, 0, 1]], linkParentIndices=[0], linkJointTypes=[p.JOINT_REVOLUTE],
            linkJointAxis=[[0, 1, 0]],
        )
        p.changeDynamics(arm, 0, jointLowerLimit=-LIMIT, jointUpperLimit=LIMIT)
        p.setJointMotorControl2(arm, 0, p.VELOCITY_CONTROL, force=0)  # no motor: the joint is free
        p.resetJointState(arm, 0, angle, rate)
        for _ in range(2400):
            p.stepSimulation()
        angle_now = p.getJointState(arm, 0)[0]
        state = f"at {angle_now:.3f} after 10 s" if angle_now > LIMIT + 0.01 else "corrected"
        speed = f" with {rate} rad/s" if rate else ""
        print(f"split impulse {title}, put at {angle:.2f}{speed}: {state}", flush=True)
PY
sed -n '/^# Output seen/,/^set/s/^#   //p' "$0" | diff - "$folder/out"
