"""BenchMARL's recipe: a new task over TorchRL's `PettingZooWrapper`, and IPPO from the library's configurations.

After `examples/extending/task` and `benchmarl/environments/pettingzoo` of BenchMARL 1.5.
"""

import tempfile
from collections.abc import Callable
from typing import Any

import torch
from benchmarl.algorithms import IppoConfig
from benchmarl.environments import Task
from benchmarl.environments.pettingzoo.common import PettingZooClass
from benchmarl.experiment import Callback, Experiment, ExperimentConfig
from benchmarl.models.mlp import MlpConfig
from common import MAX_CYCLES, arguments, check_early, check_finite, check_moves, make, passed
from tensordict import TensorDictBase
from torchrl.envs import EnvBase, PettingZooWrapper

GROUP = "sumo"
FRAMES = 1000


class DohyoClass(PettingZooClass):
    """Tells BenchMARL how to make an arena and which properties it has."""

    def get_env_fun(
        self, num_envs: int, continuous_actions: bool, seed: int | None, device: Any
    ) -> Callable[[], EnvBase]:
        """Return a function that makes the environment; agents may leave before others."""
        arena, engine = self.name.lower(), self.config["engine"]
        return lambda: PettingZooWrapper(
            make(arena, engine),
            return_state=self.has_state(),
            use_mask=True,
            done_on_any=False,
            seed=seed,
            device=device,
        )

    def supports_continuous_actions(self) -> bool:
        """Actions are torques."""
        return True

    def supports_discrete_actions(self) -> bool:
        """There are no discrete actions."""
        return False

    def has_state(self) -> bool:
        """The environment has `state()`, for centralised critics."""
        return True

    def max_steps(self, env: EnvBase) -> int:
        """Return the longest bout."""
        return MAX_CYCLES

    @staticmethod
    def env_name() -> str:
        """Return the name for logs."""
        return "dohyo"


class DohyoTask(Task):
    """The arenas as BenchMARL's tasks."""

    SUMO = None
    SUMO_4 = None

    @staticmethod
    def associated_class() -> type[DohyoClass]:
        """Return the class that makes the environments."""
        return DohyoClass


class Record(Callback):
    """Keeps the collected batches and the losses."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[TensorDictBase] = []
        self.losses: list[float] = []

    def on_batch_collected(self, batch: TensorDictBase) -> None:
        """Keep a batch `[n_envs, steps]`."""
        self.batches.append(batch.clone())

    def on_train_end(self, training_td: TensorDictBase, group: str) -> None:
        """Keep the losses of a round."""
        self.losses += [float(loss.mean()) for name, loss in training_td.items() if name.startswith("loss")]


def configuration(folder: str) -> ExperimentConfig:
    """Return the library's configuration with small numbers and no logs."""
    config = ExperimentConfig.get_from_yaml()
    config.max_n_frames = 2 * FRAMES
    config.on_policy_collected_frames_per_batch = FRAMES
    config.on_policy_n_envs_per_worker = 2
    config.on_policy_n_minibatch_iters = 2
    config.on_policy_minibatch_size = 250
    config.evaluation_interval = FRAMES
    config.evaluation_episodes = 1
    config.render = False
    config.loggers = []
    config.create_json = False
    config.save_folder = folder
    return config


def learn(arena: str, engine: str, folder: str) -> int:
    """Run an experiment of two rounds and return the number of samples."""
    record = Record()
    experiment = Experiment(
        task=DohyoTask[arena.upper()].get_task(config={"engine": engine}),
        algorithm_config=IppoConfig.get_from_yaml(),
        model_config=MlpConfig.get_from_yaml(),
        critic_model_config=MlpConfig.get_from_yaml(),
        seed=0,
        config=configuration(folder),
        callbacks=[record],
    )
    experiment.run()
    data = torch.cat(record.batches, 1).transpose(0, 1)
    check_moves(data[GROUP, "observation"].numpy())
    check_moves(data["state"].numpy())
    check_early(data[GROUP, "mask"].flatten(0, 1).numpy(), arena)
    returns = data["next", GROUP, "episode_reward"][data["next", "done"].squeeze(-1)]
    check_finite(losses=record.losses, returns=returns.numpy())
    return experiment.total_frames * data[GROUP, "mask"].shape[-1]


if __name__ == "__main__":
    given = arguments(__doc__)
    with tempfile.TemporaryDirectory() as runs:
        passed(learn(given.arena, given.engine, runs))
