"""MuJoCo Warp behind tensors: the states stay in the device's memory, where the rules see them."""

import torch
from torch import Tensor

from dohyo.arenas.device.moving import Mover, write_rows
from dohyo.arenas.physics.frame import Frame, diverged
from dohyo.arenas.physics.warp_engine import WarpEngine
from dohyo.arenas.saved import nested


class WarpTensors:
    """The `warp` engine over tensors; see `dohyo.arenas.device.engines.DeviceEngine`.

    A world that diverges is put back into its last reset state, and touches nothing until the next step.
    """

    def __init__(self, host: WarpEngine) -> None:
        self.host = host
        names = ("qpos", "qvel", "ctrl", "sensordata", "overflow", "qacc", "qacc_warmstart")
        self._data: dict[str, Tensor] = {name: host.tensor(name) for name in names}
        self._qpos, self._qvel = self._data["qpos"], self._data["qvel"]
        self.device = self._qpos.device
        self._start = self._qpos.clone(), self._qvel.clone()
        self._sensed = self._data["sensordata"].clone()
        self.frame: Frame = Mover(self.device)(Frame.empty(host.scene, host.worlds))

    def reset(self, worlds: Tensor, qpos: Tensor, qvel: Tensor) -> None:
        """See `DeviceEngine`."""
        write_rows(worlds, qpos, self._start[0])
        write_rows(worlds, qvel, self._start[1])
        self._put(worlds)
        self.host.sense()
        write_rows(worlds, self._data["sensordata"], self._sensed)
        frame = self.frame
        frame.fill(self._qpos, self._qvel, self._sensed)  # type: ignore[arg-type]  # tensors
        for now, before in ((frame.root_position, frame.root_before), (frame.loose_position, frame.loose_before)):
            write_rows(worlds, torch.as_tensor(now), torch.as_tensor(before))
        frame.failed[:] = False

    def step(self, action: Tensor) -> None:
        """See `DeviceEngine`."""
        self._data["overflow"].zero_()
        self._data["ctrl"].copy_(action)
        self.host.run()
        self._sensed.copy_(self._data["sensordata"])
        failed = torch.as_tensor(diverged(self._qpos, self._qvel))  # type: ignore[arg-type]  # tensors
        failed |= self._data["overflow"] & self.host.overflows != 0
        self._put(failed)
        self._sensed.masked_fill_(failed[:, None], 0.0)
        self.frame.remember()
        self.frame.fill(self._qpos, self._qvel, self._sensed)  # type: ignore[arg-type]  # tensors
        torch.as_tensor(self.frame.failed).copy_(failed)

    def _put(self, worlds: Tensor) -> None:
        """Put the worlds in the mask `worlds` `[W]` into their start states, without history."""
        write_rows(worlds, self._start[0], self._qpos)
        write_rows(worlds, self._start[1], self._qvel)
        for name in ("qacc", "qacc_warmstart"):
            self._data[name].masked_fill_(worlds[:, None], 0.0)

    def halt(self, worlds: Tensor) -> None:
        """Do nothing: all worlds step together."""

    def fetch(self) -> None:
        """See `DeviceEngine`."""
        tensors = self._tensors()
        for name, array in self.host.state.items():
            array[...] = tensors[name].numpy(force=True)

    def send(self) -> None:
        """See `DeviceEngine`."""
        arrays = self.host.state
        for name, tensor in self._tensors().items():
            tensor.copy_(torch.from_numpy(arrays[name]))

    def _tensors(self) -> dict[str, Tensor]:
        """Return the tensors that correspond to `state` of the engine on the host."""
        own = {"start/qpos": self._start[0], "start/qvel": self._start[1], "sensed": self._sensed}
        frame = {name: torch.as_tensor(part) for name, part in nested("frame", self.frame.state).items()}
        return own | frame | {"qpos": self._qpos, "qvel": self._qvel}
