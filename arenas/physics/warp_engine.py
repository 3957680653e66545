"""The MuJoCo Warp engine: W worlds in 32-bit numbers on a GPU, or slowly on the processor; the frame is a host copy."""

import copy
import importlib
import os
import warnings
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array
from dohyo.arenas.errors import EngineError, UnknownName
from dohyo.arenas.physics.engine import StateEngine
from dohyo.arenas.physics.quantities import write
from dohyo.arenas.physics.scene import Scene

DEVICES = ("cuda", "cpu")
"""Where worlds can run; the first that is there is the default."""
DEVICE_VARIABLE = "DOHYO_DEVICE"
"""The environment variable that names the device for this process and its children."""
CONTACTS = 4
"""Contacts per geom that moves for which memory is reserved, in the mean over a scene (ours; heaps of four ants that
start in each other have 3.1)."""
DERIVED = ("body_subtreemass", "body_invweight0", "dof_invweight0", "actuator_acc0")
"""The model's fields that follow from the masses; contacts and limits use them."""


def import_warp() -> tuple[Any, Any]:
    """Return the modules `warp` and `mujoco_warp`, or raise `EngineError` that says how to install them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the libraries' own code
            warp, mujoco_warp = map(importlib.import_module, ("warp", "mujoco_warp"))
    except ImportError:
        raise EngineError(
            'MuJoCo Warp is not installed: `pip install "dohyo[warp]"`, or use engine="mujoco" (--engine mujoco)'
        ) from None
    warp.config.log_level = warp.LOG_ERROR  # it would tell of compilations and missing GPUs on standard output
    return warp, mujoco_warp


def choose_device(there: bool, device: str | None) -> str:
    """Return the device to use: `device`, or that of `DEVICE_VARIABLE`, or the first; `there` is whether a GPU is.

    Raises `UnknownName` for one that is not in `DEVICES`, `EngineError` without a GPU.
    """
    device = device or os.environ.get(DEVICE_VARIABLE) or (DEVICES[0] if there else DEVICES[1])
    if device not in DEVICES:
        raise UnknownName(f"unknown device {device!r}; choose one of: {', '.join(DEVICES)}")
    if device == "cuda" and not there:
        raise EngineError("no CUDA device is there: leave out --device, or take --device cpu")
    return device


def room(model: mujoco.MjModel) -> tuple[int, int, int]:
    """Return the contacts and constraint rows to reserve per world, and the most contacts that a world can have."""
    moving = int(np.count_nonzero(model.body_weldid[model.geom_bodyid] != 0))
    contacts = CONTACTS * moving
    rows = 3 if model.opt.cone == mujoco.mjtCone.mjCONE_ELLIPTIC else 4
    kind, affine = model.geom_contype[:, None], model.geom_conaffinity[:, None]
    pairs = np.triu((kind & affine.T) | (kind.T & affine) != 0, 1)
    return contacts, rows * contacts + int(np.count_nonzero(model.jnt_limited)), 2 * int(np.count_nonzero(pairs))


class WarpEngine(StateEngine):
    """The `warp` engine; see `dohyo.arenas.physics.engine.Engine`.

    A world whose constraints do not fit into the memory reserved for them counts as diverged. All contacts share one
    pool, with `room` for every world and for one in which everything touches. Raises `EngineError` without MuJoCo Warp
    or the device, `UnknownName` for an unknown device.
    """

    name = "warp"
    fixed = frozenset({"timing"})

    def __init__(self, scene: Scene, worlds: int, workers: int, device: str | None = None) -> None:
        self._warp, self._mjw = import_warp()
        self.device = choose_device(bool(self._warp.is_cuda_available()), device)
        super().__init__(scene, worlds, workers=1)
        model = copy.copy(scene.model)
        # MuJoCo Warp never resets a world of its own accord, and refuses the flag that forbids it.
        model.opt.disableflags &= ~int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
        contacts, rows, most = room(model)
        kinds = self._mjw.OverflowType
        self.overflows = int(kinds.NEFC | kinds.NJMAX_NNZ | kinds.BROADPHASE | kinds.NARROWPHASE | kinds.CCD)
        """The flags of the data's `overflow` that mean a failed world."""
        with self._warp.ScopedDevice(self.device):
            self._model = self._mjw.put_model(model)
            self._model.opt.warn_overflow = 0  # overflows are counted instead
            self._model.opt.deterministic = int(self._mjw.DeterminismType.ALL)
            self._data = self._mjw.make_data(model, worlds, naconmax=worlds * contacts + most, njmax=rows)
        self._qpos, self._qvel = np.zeros((worlds, model.nq)), np.zeros((worlds, model.nv))
        self._sensed = np.zeros((worlds, model.nsensordata))
        self._fields: dict[str, tuple[Array, Array]] = {}
        """The model's own values and the rows `[W, ...]` of each field that has a row per world, by name."""
        self._roots = [seat.root for seat in scene.seats]
        self._forces = np.zeros((worlds, model.nbody, 6))
        self._pushed = False
        self._graphs: dict[str, Any] = {}
        """Recorded kernels by the name of the method that launches them."""
        self._streams: dict[int, Any] = {}
        """Warp's objects for streams of torch, by address."""

    def _put(self, ids: NDArray[np.intp], qpos: Array, qvel: Array) -> None:
        self._qpos[ids], self._qvel[ids] = qpos, qvel
        chosen = np.zeros(self.worlds, bool)
        chosen[ids] = True
        with self._warp.ScopedDevice(self.device):
            self._mjw.reset_data(self._model, self._data, self._warp.array(chosen, dtype=bool))
            self._data.qpos.assign(self._qpos)
            self._data.qvel.assign(self._qvel)
            self._sense()
            self._sensed[ids] = self._data.sensordata.numpy()[ids]

    def _play(self, action: Array) -> None:
        self.advance(action)
        self._qpos[:], self._qvel[:] = self._data.qpos.numpy(), self._data.qvel.numpy()
        self._sensed[:] = self._data.sensordata.numpy()
        # NaN makes `step` count and reset these worlds like other diverged ones.
        self._qpos[self._data.overflow.numpy() & self.overflows != 0] = np.nan

    def advance(self, action: Array) -> None:
        """See `Engine`."""
        with self._warp.ScopedDevice(self.device):
            self._data.overflow.zero_()
            self._data.ctrl.assign(action)
            self._launch(self._steps)
            if self._pushed:
                self._data.xfrc_applied.zero_()
                self._pushed = False
            self._warp.synchronize_device()

    def _launch(self, work: Callable[[], None], stream: Any = None) -> None:
        """Launch kernels, on Warp's stream by default; a GPU replays a recording of them, which saves launches."""
        if self.device == "cpu":
            work()
            return
        if work.__name__ not in self._graphs:
            with self._warp.ScopedCapture() as capture:
                work()
            self._graphs[work.__name__] = capture.graph
        self._warp.capture_launch(self._graphs[work.__name__], stream)

    def _steps(self) -> None:
        """Make the physics steps of a control step."""
        for _ in range(self.scene.substeps):
            self._mjw.step(self._model, self._data)

    def _sense(self) -> None:
        """Sense contacts without a run of the solver, which would change the worlds' warm starts."""
        self._mjw.fwd_position(self._model, self._data)
        self._data.sensordata.zero_()
        self._mjw.sensor_acc(self._model, self._data)

    def tensor(self, name: str) -> Any:
        """Return an array of the data on the device, such as `qpos`, as a torch tensor over the same memory."""
        return self._warp.to_torch(getattr(self._data, name))

    def run(self) -> None:
        """Make the physics steps of a control step, on torch's stream, under the data's own controls."""
        self._on_torch_stream(self._steps)

    def sense(self) -> None:
        """Refresh the data's sensors of contacts, on torch's stream, from its positions; no warm start changes."""
        self._on_torch_stream(self._sense)

    def _on_torch_stream(self, work: Callable[[], None]) -> None:
        with self._warp.ScopedDevice(self.device):
            self._launch(work, None if self.device == "cpu" else self._torch_stream())

    def _torch_stream(self) -> Any:
        current = importlib.import_module("torch").cuda.current_stream(self.device)
        if current.cuda_stream not in self._streams:
            self._streams[current.cuda_stream] = self._warp.stream_from_torch(current)
        return self._streams[current.cuda_stream]

    def vary(self, ids: NDArray[np.intp], changes: Mapping[str, Array]) -> None:
        """See `Engine`."""
        with self._warp.ScopedDevice(self.device):
            for name, rows in write(self.scene.model, ids, changes, self._expand).items():
                self._field(name).assign(rows)
            if "mass" in changes:
                for name in DERIVED:
                    self._expand(name)
                self._mjw.set_const(self._model, self._data, restore=False)  # `reset` follows, and restores the rest

    def _expand(self, name: str) -> tuple[Array, Array]:
        """Return a field's original value and its rows `[W, ...]`; only fields that vary take up memory."""
        if name not in self._fields:
            field = self._field(name)
            own = field.numpy()[0].astype(float)
            self._fields[name] = own, np.repeat(own[None], self.worlds, axis=0)
            holder, _, last = name.rpartition(".")
            rows = self._warp.array(self._fields[name][1], dtype=field.dtype)
            setattr(self._model.opt if holder else self._model, last, rows)
            self._graphs.clear()  # a recording holds the addresses of arrays
        return self._fields[name]

    def _field(self, name: str) -> Any:
        """Return the device's array of one of the model's fields, such as `body_mass` or `opt.gravity`."""
        return attrgetter(name)(self._model)

    def halt(self, ids: NDArray[np.intp]) -> None:
        """Do nothing: all worlds step together."""

    def push(self, force: Array) -> None:
        """See `Engine`."""
        self._forces[:, self._roots, :3], self._pushed = force, True
        self._data.xfrc_applied.assign(self._forces)

    def pace(self, steps: NDArray[np.intp]) -> None:
        """Raise `EngineError`: all worlds step together."""
        raise EngineError('warp gives all worlds the same number of physics steps: use engine="mujoco"')

    def wait(self) -> None:
        """Return once the device is idle."""
        self._warp.synchronize_device(self.device)

    def memory(self) -> int:
        """Return the bytes of all worlds' state and constraints on the device."""
        data = self._data
        arrays = [value for part in (data, data.contact, data.efc) for value in vars(part).values()]
        return sum(array.capacity for array in arrays if isinstance(array, self._warp.array))

    def close(self) -> None:
        """Do nothing: the device's memory is released with the object."""
