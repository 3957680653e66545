"""The device batch steps W worlds of one arena, with torch tensors in and out, and resets finished worlds in place."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box
from numpy.typing import NDArray
from torch import Tensor

from dohyo.arenas.batch import DIVERGED, Batch
from dohyo.arenas.bouts import named, paid
from dohyo.arenas.device.engines import DeviceEngine
from dohyo.arenas.device.moving import Mover, write_rows
from dohyo.arenas.device.starts import Starts
from dohyo.arenas.errors import ActionError
from dohyo.arenas.rules.arena import Arena
from dohyo.arenas.saved import AnyArray, Saved
from dohyo.arenas.step import Finished, Step


class DeviceBatch:
    """W worlds of one arena, stepped together, over torch tensors on one device.

    It plays the bouts of a `Batch` with the same seed, and names, shapes and meanings are those of `Batch`, with these
    differences. Numbers have 32 bits. `Step.finished` has a row for every world, which counts where `Step.done` holds,
    because the host does not wait to learn which worlds have finished. NaN or infinity in an action ends the world's
    bout like diverged physics. Tensors of a step belong to the batch, and the next step may overwrite them.
    """

    def __init__(self, host: Batch, engine: DeviceEngine) -> None:
        self._host, self.engine, self.device = host, engine, engine.device
        mover = Mover(self.device)
        self.arena: Arena = mover(host.arena)
        """The rules, over tensors; `ranges` and `reweigh` work as ever."""
        self._bouts, self._limits = mover(host.bouts), mover(host.limits)
        self._observation: tuple[Any, ...] = mover(host.observations)
        self._starts = Starts(host.arena, host.worlds, self.device)
        self._action = torch.zeros((host.worlds, host.arena.scene.model.nu), device=self.device)
        self._worlds = torch.arange(host.worlds, device=self.device)
        self._every = torch.ones(host.worlds, dtype=torch.bool, device=self.device)
        self.worlds, self.endings, self.seats = host.worlds, host.endings, host.seats
        self.observation_spaces: tuple[Box, ...] = host.observation_spaces
        self.action_spaces: tuple[Box, ...] = host.action_spaces
        self.alpha, self.autoreset = host.alpha, host.autoreset

    @property
    def observations(self) -> tuple[Tensor, ...]:
        """The current observations, per seat `[W, obs]`; the next step overwrites them."""
        return self._observation

    @property
    def out(self) -> Tensor:
        """Which seats have left the bouts under way, `[W, S]`; their actions count as zero."""
        return torch.as_tensor(self._bouts.out)

    @property
    def diverged(self) -> int:
        """Number of bouts so far whose physics diverged; the host waits for the device."""
        return int(self._bouts.diverged)

    @torch.no_grad()
    def reset(self, seed: int | None = None) -> tuple[Tensor, ...]:
        """Begin a bout in every world and return the observations, per seat `[W, obs]`; see `Batch.reset`."""
        seeds = self._host.seed(seed)
        if seeds:
            self._starts.seed(seeds)
        self._begin(self._every)
        self._observe()
        self._host.torn = False
        return self._observation

    @torch.no_grad()
    def step(self, actions: Sequence[Tensor]) -> Step:
        """Advance every world by one control step under the seats' actions, per seat `[W, act]`.

        Raises `ActionError` for what are not tensors of that shape on the batch's device, and when a reset is needed;
        `EngineError` after `close`.
        """
        self._host.check_begun("step()")
        finite = self._take(actions)
        return self._host.uninterrupted(partial(self._advance, finite))

    def _advance(self, finite: Tensor) -> Step:
        """Advance every world under the actions in `_action`; bouts end where these were not `finite` `[W]`."""
        bouts, frame, action = self._bouts, self.engine.frame, self._action
        self.engine.step(action)
        verdict: Any = self.arena.judge(frame, action)  # type: ignore[arg-type]  # tensors
        dense, out = bouts.record(verdict, frame.failed | ~finite, self.endings.index(DIVERGED)), bouts.out
        self._observe()
        finished = self._finished(verdict)
        if self.autoreset:
            self._begin(verdict.done)
            self._observe()
        reward, terms = paid(dense, verdict.outcome, self.alpha), named(self.arena, verdict.terms)
        return Step(self._observation, reward, dense, verdict.outcome, terms, verdict.done, out, finished)

    def tensors(self, actions: Sequence[NDArray[Any]]) -> list[Tensor]:
        """Return actions, per seat `[W, act]`, as tensors that `step` takes; the host waits for the copies."""
        return [torch.from_numpy(action).to(self.device, self._action.dtype) for action in actions]

    def restart(self, worlds: Tensor) -> None:
        """Abandon the bouts in `worlds`, ids `[n]` or a mask `[W]`, begin new ones and refresh the observations.

        Raises `ActionError` before a reset.
        """
        self._host.check_begun("restart()")
        self._begin(self._mask(worlds))
        self._observe()

    def halt(self, worlds: Tensor) -> None:
        """Stop `worlds`, ids `[n]` or a mask `[W]`, until the next reset: their bouts do not end."""
        self.check_open()
        mask = self._mask(worlds)
        self._bouts.halted |= mask
        self.engine.halt(mask)

    def _mask(self, worlds: Tensor) -> Tensor:
        return worlds if worlds.dtype == torch.bool else torch.zeros_like(self._every).index_fill_(0, worlds, True)

    def _take(self, actions: Sequence[Tensor]) -> Tensor:
        """Write the actions into `_action`; return in which worlds all of them were finite, `[W]`."""
        wanted = [(self.worlds, *space.shape) for space in self.action_spaces]
        if len(actions) != len(wanted):
            raise ActionError(f"expected one action tensor per seat ({len(wanted)}), got {len(actions)}")
        for seat, action, shape in zip(self.seats, actions, wanted, strict=True):
            if not isinstance(action, Tensor) or action.shape != shape or action.device != self.device:
                raise ActionError(f"{seat}: expected a tensor of shape {shape} on {self.device}, got {_kind(action)}")
        torch.cat([action.to(self._action.dtype) for action in actions], dim=1, out=self._action)
        finite = torch.isfinite(self._action)
        self._action.nan_to_num_(0.0, 0.0, 0.0)
        self._limits.keep(self._action, self._bouts.idle)
        return finite.all(dim=1)

    def _finished(self, verdict: Any) -> Finished:
        """Return copies of the results of all bouts, as if they were over."""
        bouts: Any = self._bouts
        row: Any = {
            "ids": self._worlds,
            "observation": tuple(seen.clone() for seen in self._observation),
            "winner": verdict.winner,
            "ending": verdict.ending,
            "steps": bouts.length.clone(),
            "left": torch.minimum(bouts.left, bouts.length[:, None]),
            "dense": bouts.dense.clone(),
            "outcome": verdict.outcome,
        }
        return Finished(**row)

    def _begin(self, worlds: Tensor) -> None:
        """Begin bouts in the worlds in the mask `worlds` `[W]`."""
        start = self._starts.take(worlds)
        self._bouts.begin(worlds)
        self.engine.reset(worlds, start.pop("qpos"), start.pop("qvel"))
        own = vars(self.arena)
        for name, rows in start.items():
            write_rows(worlds, rows, own[name])

    def _observe(self) -> None:
        self.arena.observe(self.engine.frame, self._observation)

    def check_open(self) -> None:
        """Raise `EngineError` after `close`."""
        self._host.check_open()

    def save(self) -> Saved:
        """Return the state from which a like batch, or `Batch` on the same engine, continues; see `Batch.save`.

        The host waits for the device.
        """
        self.check_open()
        self.engine.fetch()
        for array, tensor in self._pairs():
            array[...] = tensor.numpy(force=True)
        saved = self._host.save()
        return saved and saved | {"dice": self._starts.save()}

    def restore(self, saved: Mapping[str, AnyArray]) -> None:
        """Continue from a state that `save` or `Batch.save` returned; raises `StateError` if it does not fit."""
        self._host.restore(saved)
        self.engine.send()
        for array, tensor in self._pairs():
            tensor.copy_(torch.from_numpy(array))
        self._starts.restore(saved["dice"])

    def _pairs(self) -> list[tuple[AnyArray, Tensor]]:
        """Return the arrays of the host's batch and rules, each with its tensor here."""
        pairs: list[Any] = list(zip(self._host.observations, self._observation, strict=True))
        for host, ours in ((self._host.bouts, self._bouts), (self._host.arena, self.arena)):
            pairs += [(array, vars(ours)[name]) for name, array in vars(host).items() if isinstance(array, np.ndarray)]
        return pairs

    def close(self) -> None:
        """Release the engine; safe to call twice. Every other call then raises `EngineError`."""
        self._host.close()


def _kind(value: object) -> str:
    """Describe what was passed as an action."""
    return f"{tuple(value.shape)} on {value.device}" if isinstance(value, Tensor) else type(value).__name__
