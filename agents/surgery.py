"""Surgery: fit a policy to other observations or wider layers without changing what it does (arXiv 1912.06680)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from dohyo.agents.entries import Entries, entries_before
from dohyo.agents.policies.networks import Lstm, Mlp, describe, network_of
from dohyo.agents.snapshot import Part, Snapshot, SnapshotError
from dohyo.arenas.arrays import FloatArray, IntArray
from dohyo.arenas.rules.arena import Entry, layout, observation_size

Tensors = dict[str, FloatArray]
NEW = -1
"""The source of a number that the old observation lacks."""
FORGET = 1
"""The forget gate's place among an LSTM's gates; its bias begins at 1, see `dohyo.agents.learning.lstm`."""


def fit(snapshot: Snapshot, part: Part, entries: Sequence[Entry], drop: Collection[str] = ()) -> Snapshot:
    """Return the snapshot fitted to observations of `entries`, to play `part`; it keeps its name and its actions.

    Entries are matched by name. New ones get zero weights, mean 0 and variance 1, and are named in `Snapshot.fresh`.
    The policy acts as if entries in `drop` were always at their mean. Raises `SnapshotError` for another body or drive,
    and for entries outside `drop` that are missing in `entries` or have another size, unit or frame there.
    """
    own = snapshot.origin.part
    if (own.body, own.drive) != (part.body, part.drive):
        raise SnapshotError(
            f"snapshot {snapshot.name} has body {own.body} and drive {own.drive}, not {part.body} and {part.drive}: "
            "surgery changes neither, choose a snapshot with these"
        )
    before = tuple(entries) if own.layout == part.layout else entries_of(snapshot)
    source = _source(snapshot, before, entries, drop)
    kept = {entry.name for entry in entries} & {entry.name for entry in before} - {*drop}
    return replace(
        snapshot,
        origin=replace(snapshot.origin, part=part, observation=len(source)),
        tensors=_refit(snapshot.tensors, source),
        values=_refit(snapshot.values, source),
        entries=tuple(entries),
        fresh=tuple(entry.name for entry in entries if entry.name not in kept or entry.name in snapshot.fresh),
    )


def widen(snapshot: Snapshot, width: int) -> Snapshot:
    """Return the snapshot with `width` units in every hidden layer; it keeps its name and its actions.

    New units are drawn at random, from the snapshot's digest, but nothing reads them yet: their outgoing weights to the
    old units and to the actions are 0. Raises `SnapshotError` for a smaller width.
    """
    _, held = describe(snapshot.tensors)
    if width < held:
        raise SnapshotError(f"snapshot {snapshot.name} has width {held}: surgery cannot make it {width}, give more")
    if width == held:
        return snapshot
    grow, rng = WIDENINGS[network_of(snapshot.tensors)], np.random.default_rng(int(snapshot.name, 16))
    tensors, values = (
        dict(held) | grow(held, width, rng) if held else {} for held in (snapshot.tensors, snapshot.values)
    )
    return replace(snapshot, tensors=tensors, values=values)


def entries_of(snapshot: Snapshot) -> Entries:
    """Return the entries of a snapshot's observation; raises `SnapshotError` if they are not known."""
    entries = snapshot.entries or entries_before(snapshot.origin.part.layout)
    if not entries:
        raise SnapshotError(
            f"snapshot {snapshot.name} does not name the entries of its observation: make it anew with this version"
        )
    return entries


def _source(snapshot: Snapshot, before: Entries, after: Sequence[Entry], drop: Collection[str]) -> IntArray:
    """Return for every number of the new observation its index in the old one, or `NEW`, `[obs]`."""
    old, new = ({entry.name: _form(entry) for entry in entries} for entries in (before, after))
    lost = [name for name, form in old.items() if name not in drop and new.get(name) != form]
    if lost:
        said = ", ".join(f"{name} ({old[name]}; here {new.get(name, 'none')})" for name in lost)
        raise SnapshotError(
            f"snapshot {snapshot.name} sees what {snapshot.origin.part.arena} shows, and would lose {said}: "
            f"let it forget them with {' '.join(f'--drop {_typed(name)}' for name in lost)}"
        )
    source = np.full(observation_size(after), NEW)
    places, held = layout(after), layout(before)
    for name in old.keys() & new.keys() - {*drop}:
        source[places[name]] = np.arange(held[name].start, held[name].stop)
    return source


def _form(entry: Entry) -> str:
    return f"{entry.size} in {entry.unit}, {entry.frame}"


def _typed(name: str) -> str:
    return f"'{name}'" if " " in name else name


def _refit(tensors: Mapping[str, FloatArray], source: IntArray) -> Tensors:
    """Return tensors whose inputs are rearranged: those of new numbers get weight 0, mean 0 and variance 1."""
    if not tensors:
        return {}
    first = "embed_weight" if network_of(tensors) is Lstm else "weight_0"
    return dict(tensors) | {
        name: np.where(source == NEW, np.float32(blank), tensors[name][..., source])
        for name, blank in ((first, 0), ("mean", 0), ("variance", 1))
        if name in tensors
    }


def _widen_mlp(tensors: Mapping[str, FloatArray], width: int, rng: np.random.Generator) -> Tensors:
    last = sum(name.startswith("weight_") for name in tensors) - 1
    grown = Tensors()
    for k in range(last + 1):
        rows, columns = tensors[f"weight_{k}"].shape
        shape = (rows if k == last else width), (width if k else columns)
        grown[f"weight_{k}"] = _grown(tensors[f"weight_{k}"], *shape, 2**0.5, rng)
        grown[f"bias_{k}"] = _longer(tensors[f"bias_{k}"], shape[0])
    return grown


def _widen_lstm(tensors: Mapping[str, FloatArray], width: int, rng: np.random.Generator) -> Tensors:
    inputs, actions = tensors["embed_weight"].shape[1], len(tensors["bias_0"])
    gates = {name: np.stack(np.split(tensors[name], 4)) for name in ("gates_in", "gates_back", "gates_bias")}
    bias = _longer(gates["gates_bias"], width)
    bias[FORGET, gates["gates_bias"].shape[1] :] = 1
    return {
        "embed_weight": _grown(tensors["embed_weight"], width, inputs, 2**0.5, rng),
        "embed_bias": _longer(tensors["embed_bias"], width),
        "gates_in": np.concatenate(_grown(gates["gates_in"], width, width, 1, rng)),
        "gates_back": np.concatenate(_grown(gates["gates_back"], width, width, 1, rng)),
        "gates_bias": bias.ravel(),
        "weight_0": _grown(tensors["weight_0"], actions, width, 1, rng),
    }


WIDENINGS: dict[type, Callable[[Mapping[str, FloatArray], int, np.random.Generator], Tensors]] = {
    Mlp: _widen_mlp,
    Lstm: _widen_lstm,
}
"""How each network is widened."""


def _grown(old: FloatArray, rows: int, columns: int, gain: float, rng: np.random.Generator) -> FloatArray:
    """Return weights `[…, rows, columns]` with `old` `[…, r, c]` in front.

    Old rows read nothing in new columns. New rows are drawn with deviation gain / sqrt(columns).
    """
    r, c = old.shape[-2:]
    grown: FloatArray = rng.normal(0, gain / columns**0.5, (*old.shape[:-2], rows, columns)).astype(np.float32)
    grown[..., :r, :] = 0
    grown[..., :r, :c] = old
    return grown


def _longer(old: FloatArray, size: int) -> FloatArray:
    """Return `old` `[…, n]` with zeros behind it, `[…, size]`."""
    return np.pad(old, [(0, 0)] * (old.ndim - 1) + [(0, size - old.shape[-1])])
