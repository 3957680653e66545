"""Random numbers on any device, from NumPy's streams, whose states a run saves."""

from typing import Any

import numpy as np


def normal(stream: np.random.Generator, like: Any) -> Any:
    """Return draws from N(0, 1) of the shape of an array or tensor, float32, where that is.

    On the processor they are the stream's. A GPU draws them itself, from a seed that is the stream's next number.
    """
    if isinstance(like, np.ndarray):
        return stream.standard_normal(tuple(like.shape), dtype=np.float32)
    import torch

    if like.device.type == "cpu":
        return torch.from_numpy(stream.standard_normal(tuple(like.shape), dtype=np.float32))
    seeded = torch.Generator(like.device).manual_seed(int(stream.integers(2**63)))
    return torch.randn(like.shape, device=like.device, generator=seeded)
