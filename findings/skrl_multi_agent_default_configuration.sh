#!/usr/bin/env bash
# skrl 2.1.1: IPPO and MAPPO refuse their own default configuration. `expand(possible_agents=...)`, which the agents call
# when they are built, compares the keys of every field that may be set per agent with the agents' names; the
# `*_kwargs` fields default to an empty dict, and the empty set counts as a wrong set of names. The message names neither
# the field nor the way out: give all four fields a dict per agent, `{agent: {} for agent in agents}`.
# Output seen:
#   IPPO_CFG as it comes: ValueError: Specified keys (set()) do not match possible agents
#   IPPO_CFG with a dict per agent: accepted
#   MAPPO_CFG as it comes: ValueError: Specified keys (set()) do not match possible agents
#   MAPPO_CFG with a dict per agent: accepted
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0
"$folder/venv/bin/pip" install --quiet skrl==2.1.1 gymnasium==1.4.0 pettingzoo==1.27.0
"$folder/venv/bin/python" - <<'PY' 2>/dev/null | tee "$folder/out"
from dataclasses import fields

from skrl.multi_agents.torch.ippo import IPPO_CFG
from skrl.multi_agents.torch.mappo import MAPPO_CFG

AGENTS = ["first", "second"]
for configuration in (IPPO_CFG, MAPPO_CFG):
    per_agent = {f.name: {a: {} for a in AGENTS} for f in fields(configuration) if f.name.endswith("_kwargs")}
    for title, changes in (("as it comes", {}), ("with a dict per agent", per_agent)):
        try:
            configuration(**changes).expand(possible_agents=AGENTS)
            said = "accepted"
        except ValueError as error:
            said = f"ValueError: {str(error).partition(' ({')[0]}"
        print(f"{configuration.__name__} {title}: {said}")
PY
for name in IPPO_CFG MAPPO_CFG; do
  grep -q "^$name as it comes: ValueError: Specified keys (set()) do not match possible agents$" "$folder/out"
  grep -q "^$name with a dict per agent: accepted$" "$folder/out"
done
