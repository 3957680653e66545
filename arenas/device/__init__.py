"""The device batch: worlds whose observations, rewards and verdicts are torch tensors, with no copies in the step loop.

    >>> import torch
    >>> from dohyo.arenas.device import make_device_batch
    >>> batch = make_device_batch("sumo", "ant", "mujoco", worlds=16, device="cpu")  # "warp" keeps all on the device
    >>> observations = batch.reset(seed=0)  # one tensor per seat, a row per world
    >>> step = batch.step([torch.zeros(16, 8), torch.zeros(16, 8)])
    >>> step.reward.shape  # worlds, seats
    torch.Size([16, 2])
    >>> batch.close()

It needs PyTorch, and MuJoCo Warp for `engine="warp"`. docs/guide/device.md says more.
"""

from dohyo.arenas.device.batch import DeviceBatch
from dohyo.arenas.device.make import make_device_batch

__all__ = ["DeviceBatch", "make_device_batch"]
