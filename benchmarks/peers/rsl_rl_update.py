"""An update and an acting step of rsl_rl's PPO and of Dohyo's on one rollout's shape: processor time, and operations.

The operations of torch that a step or an update needs say more of a GPU, which begins each of them anew, than the times
on a processor do. Arguments: slots, steps, minibatches, passes, rounds.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from rsl_rl.algorithms import PPO
from rsl_rl.models import MLPModel
from rsl_rl.storage import RolloutStorage
from tensordict import TensorDict
from torch.utils._python_dispatch import TorchDispatchMode

from dohyo.agents.learning.algorithms import make_learner
from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.device_vec import DeviceVec
from dohyo.arenas.device import make_device_batch


class Count(TorchDispatchMode):
    """Counts operations of torch."""

    total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Count one operation, and make it."""
        self.total += 1
        return func(*args, **(kwargs or {}))


class Nobody:
    """The opponents of mirror bouts, of which there are none."""

    def assign(self, worlds: Any) -> None:
        """Do nothing."""

    note = open = follow = assign

    def settle(self) -> None:
        """Do nothing."""


def counted(call: Callable[[], Any]) -> int:
    """Return the operations of a call."""
    with Count() as count:
        call()
    return count.total


def timed(call: Callable[[], Any]) -> float:
    """Return the processor time of a call, s."""
    start = time.process_time()
    call()
    return time.process_time() - start


def ours(slots: int, steps: int, minibatches: int, epochs: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return a rollout and an update of Dohyo's PPO; its batch does not count, and steps only once."""
    batch: Any = make_device_batch("sumo", "ant", "mujoco", slots // 2, device="cpu", workers=1)
    vec = DeviceVec(batch, Nobody(), mirrored=slots // 2, reward_scale=0.005)  # type: ignore[arg-type]
    config = PpoConfig(rollout=steps, minibatch=slots * steps // minibatches, epochs=epochs, target_kl=1e9)
    learner: Any = make_learner(vec, config, 1)
    learner.begin()
    rollout = learner.collect()
    learner.learn([rollout])  # fills the statistics alone
    step = batch.step([torch.zeros(slots // 2, 8)] * 2)
    batch.step = lambda actions: step
    return learner.collect, lambda: learner.learn([rollout])


def theirs(
    slots: int, steps: int, minibatches: int, epochs: int, size: int
) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return the same of rsl_rl's, over random numbers."""
    seen = TensorDict({"policy": torch.randn(slots, size)}, batch_size=[slots])
    groups = {"actor": ["policy"], "critic": ["policy"]}
    noise = {"class_name": "GaussianDistribution", "init_std": 0.5, "std_type": "log"}
    more: dict[str, Any] = {"hidden_dims": (64, 64), "activation": "tanh", "obs_normalization": True}
    actor = MLPModel(seen, groups, "actor", 8, distribution_cfg=noise, **more)
    critic = MLPModel(seen, groups, "critic", 1, **more)
    storage = RolloutStorage("rl", slots, steps, seen, [8])
    ppo = PPO(actor, critic, storage, num_learning_epochs=epochs, num_mini_batches=minibatches)

    @torch.inference_mode()
    def collect() -> None:
        storage.clear()
        for _ in range(steps):
            ppo.act(seen)
            ppo.process_env_step(seen, torch.randn(slots), torch.rand(slots) < 0.01, {})
        ppo.compute_returns(seen)

    return collect, ppo.update


def tell(name: str, text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{name}: {text}\n")


def main() -> None:
    """Print operations and times, in alternation."""
    slots, steps, minibatches, epochs, rounds = map(int, sys.argv[1:])
    torch.set_num_threads(1)
    shape = slots, steps, minibatches, epochs
    pairs = {"Dohyo": ours(*shape), "rsl_rl": theirs(*shape, size=59)}
    for name, (collect, update) in pairs.items():
        collect()
        operations = counted(collect) / steps, counted(update) / (minibatches * epochs)
        tell(name, "{:.0f} operations a step, {:.0f} a minibatch".format(*operations))
    for _ in range(rounds):
        for name, (collect, update) in pairs.items():
            tell(name, f"{timed(collect) / steps * 1000:.2f} ms a step, {timed(update):.3f} s an update")


main()
