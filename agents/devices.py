"""Arrays and random numbers on a device of torch, or on the processor; torch is loaded only for a device."""

from typing import Any

import numpy as np


def put(array: Any, device: Any) -> Any:
    """Return a copy of an array as a tensor on a device of torch; without a device the array as it is."""
    if device is None:
        return array
    import torch

    return torch.tensor(array, device=device)


def host(array: Any) -> Any:
    """Return an array as it is, or a tensor as an array, for which a GPU has to be awaited."""
    return array if isinstance(array, np.ndarray) else array.numpy(force=True)


def normal(stream: np.random.Generator, like: Any) -> Any:
    """Return draws from N(0, 1) of the shape of an array or tensor, float32, where that is.

    On the processor they are the stream's. A GPU draws them itself, from a seed that is the stream's next number: so
    the state of the stream, which a run saves, is all that they depend on.
    """
    if isinstance(like, np.ndarray):
        return stream.standard_normal(tuple(like.shape), dtype=np.float32)
    import torch

    if like.device.type == "cpu":
        return torch.from_numpy(stream.standard_normal(tuple(like.shape), dtype=np.float32))
    seeded = torch.Generator(like.device).manual_seed(int(stream.integers(2**63)))
    return torch.randn(like.shape, device=like.device, generator=seeded)
