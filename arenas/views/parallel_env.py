"""The PettingZoo view: one world of any arena as a `ParallelEnv`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike, NDArray
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils.conversions import parallel_to_aec

from dohyo.arenas.arrays import FloatArray
from dohyo.arenas.batch import make_batch
from dohyo.arenas.errors import ActionError, DohyoError
from dohyo.arenas.physics.presets import CONTROL_STEP
from dohyo.arenas.push import Push
from dohyo.arenas.randomisation import OFF, Randomisation
from dohyo.arenas.registry import ARENAS
from dohyo.arenas.views.common import Rebuilt, as_action, describe, ends
from dohyo.arenas.views.render import Image
from dohyo.arenas.views.screen import MODES, Screen


class DohyoEnv(Rebuilt, ParallelEnv[str, FloatArray, ArrayLike]):  # type: ignore[misc]  # PettingZoo has no type marker
    """One world of `arena` as a PettingZoo environment in which all seats act at once; every seat has `body`.

    **Actions** `[act]` in [-1, 1] for every agent; values beyond that range are clipped. A missing or unknown agent, a
    wrong shape, NaN or infinity raise `ActionError` that names the agent, and nothing moves. Actions of agents that
    have left the bout are ignored.

    **Endings.** When the arena's rules decide a bout, all agents terminate. With more than two agents, one that is out
    terminates earlier and leaves `agents`, while its body stays where it is. The time-out at `max_cycles` control steps
    is one of the rules: it pays an outcome and the clock is in the observation, so it terminates as well. Agents are
    truncated only if the physics diverged: nothing is paid then, and a learner may bootstrap.

    **Infos**, per agent, at every step: `dense` and `outcome` (the two parts of the reward, which is
    `alpha * dense + (1 - alpha) * outcome`), `terms` (the dense part's weighted terms by name), `winner` (the name of
    the winning agent, the names of a winning side joined by commas, or None while the bout goes on and after a draw);
    at the end also `ending` (why) and `steps`.

    `randomisation` and `push` disturb the bouts; `batch.randomiser` shows the current `factors` and `push_force`.

    A copy, by `copy.deepcopy`, pickle or cloudpickle, is a new environment with the same arguments that needs a reset.
    A step after the end of a bout returns empty dictionaries.

    `reset(seed)` restarts the random streams; without a seed they continue. `options` are accepted and not used.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012, each instance has its own name and frame rate
        "name": "dohyo",
        "render_modes": [*MODES],
        "render_fps": round(1 / CONTROL_STEP),
        "is_parallelizable": True,
    }

    def __init__(
        self,
        arena: str,
        body: str | None = None,
        engine: str | None = None,
        *,
        max_cycles: int | None = None,
        render_mode: str | None = None,
        alpha: float = 0.0,
        drive: str | None = None,
        physics: str | None = None,
        randomisation: Randomisation = OFF,
        push: Push | None = None,
    ) -> None:
        self._screen = Screen(render_mode, f"Dohyo: {arena}")
        self.render_mode = self._screen.mode
        self.batch = make_batch(
            arena,
            body,
            engine,
            1,
            drive=drive,
            physics=physics,
            alpha=alpha,
            max_cycles=max_cycles,
            autoreset=False,
            randomisation=randomisation,
            push=push,
        )
        fps = round(1 / self.batch.arena.scene.control_step)
        self.metadata = {**DohyoEnv.metadata, "name": ARENAS[arena].id, "render_fps": fps}
        self.possible_agents = list(self.batch.seats)
        self.observation_spaces = dict(zip(self.possible_agents, self.batch.observation_spaces, strict=True))
        self.action_spaces = dict(zip(self.possible_agents, self.batch.action_spaces, strict=True))
        self.state_space = _side_by_side(self.batch.observation_spaces)
        self.agents: list[str] = []
        self._begun = False
        self.np_random = np.random.default_rng()
        """A generator for wrappers; `reset(seed)` seeds it. The worlds have their own random streams."""

    def observation_space(self, agent: str) -> Box:
        """Return the observation space of `agent`; `batch.arena.entries(seat)` describes each number."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Box:
        """Return the action space of `agent`: one number in [-1, 1] per joint."""
        return self.action_spaces[agent]

    def state(self) -> FloatArray:
        """Return the observations of all seats in one row, in the order of `possible_agents`, whether or not they left.

        Raises `DohyoError` before the first reset, `EngineError` after `close`.
        """
        self.batch.check_open()
        if not self._begun:
            raise DohyoError("there is no state yet: call reset() first")
        return np.concatenate([seen[0] for seen in self.batch.observations])

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, FloatArray], dict[str, dict[str, Any]]]:
        """Begin a bout; return observations and empty infos, by agent."""
        observation = self.batch.reset(seed)
        if seed is not None:
            self.np_random = np.random.default_rng(seed)
        self.agents, self._begun = list(self.possible_agents), True
        self._screen.begin(self.batch)
        return self._named(observation, self._taking_part()), {agent: {} for agent in self.agents}

    def step(
        self, actions: dict[str, ArrayLike]
    ) -> tuple[dict[str, FloatArray], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Advance by one control step; return observations, rewards, terminations, truncations and infos."""
        taken = self._checked(actions)
        if not self.agents:  # SuperSuit 3.11 steps even when no agent is left
            return {}, {}, {}, {}, {}
        step = self.batch.step(taken)
        part = self._taking_part()
        terminated, truncated = (end.tolist()[0] for end in ends(self.batch, step))
        told = describe(self.batch, step)
        infos = {agent: told[s] for agent, s in part}
        reward = step.reward.tolist()[0]
        rewards = {agent: reward[s] for agent, s in part}
        terminations = {agent: terminated[s] for agent, s in part}
        truncations = {agent: truncated[s] for agent, s in part}
        self.agents = [agent for agent, s in part if not terminated[s] and not truncated[s]]
        self._screen.show(step)
        return self._named(step.observation, part), rewards, terminations, truncations, infos

    def _checked(self, actions: dict[str, ArrayLike]) -> list[NDArray[Any]]:
        """Return the actions `[1, act]` in the order of the seats, checked; zeros for agents that have left."""
        self.batch.check_open()
        if not self._begun:
            raise ActionError("no bout is going on: call reset() before step()")
        if not isinstance(actions, Mapping):
            raise ActionError(f"step() takes a dict with an action per agent, not {type(actions).__name__}")
        if unknown := [agent for agent in actions if agent not in self.possible_agents]:
            known = ", ".join(self.possible_agents)
            raise ActionError(f"no such agent: {', '.join(map(repr, unknown))}; agents are {known}")
        return [
            self._action(agent, actions) if agent in self.agents else np.zeros((1, *self.action_spaces[agent].shape))
            for agent in self.possible_agents
        ]

    def _action(self, agent: str, actions: dict[str, ArrayLike]) -> NDArray[Any]:
        if agent not in actions:
            raise ActionError(f"{agent}: no action given; a step needs one for every agent")
        return as_action(agent, actions[agent], self.action_spaces[agent].shape)[None]

    def _named(self, observation: tuple[FloatArray, ...], part: list[tuple[str, int]]) -> dict[str, FloatArray]:
        return {agent: observation[s][0].copy() for agent, s in part}

    def _taking_part(self) -> list[tuple[str, int]]:
        """Return name and seat index of the agents in play."""
        return [(agent, s) for s, agent in enumerate(self.possible_agents) if agent in self.agents]

    def render(self) -> Image | None:
        """Return a picture `[360, 480, 3]` ("rgb_array"), or None ("human": the viewer shows every step)."""
        return self._screen.render(self.batch, self._begun)

    def close(self) -> None:
        """Release the engine and the viewer; safe to call twice."""
        self.batch.close()
        self._screen.close()


def _side_by_side(spaces: Sequence[Box]) -> Box:
    """Return the space of concatenated vectors from all `spaces`."""
    low, high = (np.concatenate([getattr(space, end) for space in spaces]) for end in ("low", "high"))
    return Box(low, high, dtype=low.dtype.type)


def entry_points(arena: str) -> tuple[Callable[..., AECEnv[str, Any, Any]], Callable[..., DohyoEnv]]:
    """Return `env` and `parallel_env` of an arena's PettingZoo module; both take the keywords of `DohyoEnv`."""

    def parallel_env(**keywords: Any) -> DohyoEnv:
        """Return the arena as a PettingZoo environment in which all agents act at once."""
        return DohyoEnv(arena, **keywords)

    def env(**keywords: Any) -> AECEnv[str, Any, Any]:
        """Return the arena as PettingZoo's turn-based environment."""
        aec: AECEnv[str, Any, Any] = parallel_to_aec(parallel_env(**keywords))
        return aec

    return env, parallel_env
