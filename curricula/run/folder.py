"""The run folder: a run's settings, record, snapshots and checkpoints."""

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path

from dohyo.agents.files import UNFINISHED, write_atomically
from dohyo.agents.snapshot import SUFFIX, Snapshot, SnapshotError, load_named, save_snapshot
from dohyo.arenas.checks import short
from dohyo.arenas.errors import DohyoError, UnknownName, lookup
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.registry import ARENAS, build_arena
from dohyo.arenas.rules.arena import Arena
from dohyo.curricula.matches.roles import Role, roles_of
from dohyo.curricula.opponents.league import KINDS, MAIN
from dohyo.curricula.run.budget import start_schedules
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.config_file import read_run_settings
from dohyo.curricula.run.fitting import fit
from dohyo.curricula.run.learners import LearnerSpec, by_name, plan_learners
from dohyo.curricula.run.record import Generation, RunRecord
from dohyo.curricula.run.results_folder import SETTINGS, FolderBefore, FolderLock, check_holds, make_folders

KIND = "training run"
"""What a run folder holds, among `SETTINGS`."""


class RunFolder:
    """The folder of a run. A generation is committed in this order: snapshot, checkpoint, then the record's row.

    A kill between two of these steps leaves a file that no row names; the run resumes from the last row.
    """

    def __init__(self, path: Path, config: TrainConfig, *, create: bool = False) -> None:
        self.path, self.config = path, config
        self.snapshots, self._checkpoints = path / "snapshots", path / "checkpoints"
        self.record = RunRecord(path / "league.sqlite", create=create)
        self._lock: FolderLock | None = None
        self._found: FolderBefore | None = None
        self.before: TrainConfig | None = None
        """The settings of the previous session, if this one resumes a run."""

    def _check_record(self) -> None:
        """Raise `DohyoError` if the record has lost rows: a checkpoint may be at most one generation ahead of it."""
        newest = {link.learner: link.generation for link in self.record.generations()}
        for path in sorted(self._checkpoints.glob(f"*{SUFFIX}")):
            learner, _, number = path.name.removesuffix(SUFFIX).rpartition(".")
            if number.isdecimal() and int(number) > newest.get(learner, -1) + 1:
                raise DohyoError(
                    f"{self.path} has a checkpoint of {learner}'s generation {int(number)}, but its record "
                    f"(league.sqlite) ends at {newest.get(learner, 'none')}: restore the record, with "
                    "league.sqlite-wal if that was beside it, or train in a new folder"
                )

    @classmethod
    def create_or_resume(cls, path: Path, config: TrainConfig, *, restart_schedules: bool = False) -> "RunFolder":
        """Create or resume the run in `path` with the settings `config`, and lock the folder.

        If the budget has changed, schedules continue from their progress; with `restart_schedules` they follow the
        share of the whole budget again.

        Raises `DohyoError`, and changes nothing, if another process uses the folder, its settings differ from `config`
        or it holds other results.
        """
        check_holds(KIND, path)
        found = FolderBefore(path)
        make_folders(path, path / "snapshots", path / "checkpoints")
        settings = path / SETTINGS[KIND]
        before = read_run_settings(settings) if settings.exists() else None
        if before is None and any(path.glob(f"*/*{SUFFIX}")):
            raise DohyoError(f"{settings}, the settings of the run, is missing: restore it, or train in a new folder")
        run = cls(path, config, create=before is None)
        try:
            run.lock()
            run._found = found if before is None else None
            run._check_record()
            run._settle(before, restart_schedules)
        except DohyoError:
            run.undo()
            run.close()
            raise
        return run

    def _settle(self, before: TrainConfig | None, restart: bool) -> None:
        """Write the settings; raise `DohyoError` if they differ from those `before`."""
        if before is not None and not before.same_run(self.config):
            now = self.config._named()
            changed = {key: value for key, value in before._named().items() if now[key] != value}
            had = ", ".join(f"{key} {short(value)}" for key, value in changed.items())
            raise DohyoError(
                f"{self.path} holds a run with other settings ({', '.join(changed)}), it has {had}: "
                "give the same settings to resume it, or another --out for a new run"
            )
        if before is not None:
            self.before = before
            start = start_schedules(before, self.config, self.minutes, self.samples, restart=restart)
            self.config = replace(self.config, schedule_start=start, seeding=before.seeding)
        for leftover in self.path.rglob(f".*{UNFINISHED}"):
            leftover.unlink()
        write_atomically(self.path / SETTINGS[KIND], json.dumps(asdict(self.config), indent=2).encode())

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Open an existing run without locking it; raises `UnknownName` if there is none."""
        settings = path / SETTINGS[KIND]
        if not settings.exists():
            raise UnknownName(f"{path} is not a run folder: `dohyo train … --out {path}` makes one")
        return cls(path, read_run_settings(settings))

    def lock(self) -> None:
        """Lock the folder until `close` or the end of this process; raises `DohyoError` if another process uses it."""
        self._lock = FolderLock(self.path)

    def undo(self) -> None:
        """Remove the files of a new run that has no generation yet; leave any other run."""
        if self._found is not None and not self.record.generations():
            self.record.close()
            self._found.restore()

    def close(self) -> None:
        """Close the record and unlock the folder; safe to call twice."""
        self.record.close()
        if self._lock is not None:
            self._lock.close()

    @property
    def minutes(self) -> float:
        """Minutes of training so far."""
        return max((link.seconds for link in self.record.generations()), default=0.0) / 60

    @property
    def samples(self) -> int:
        """Samples of all learners so far."""
        return sum({link.learner: link.samples for link in self.record.generations()}.values())

    @cached_property
    def learners(self) -> dict[str, Role]:
        """The roles of the run's learners by name."""
        return {name: spec.role for name, spec in self.specs.items()}

    @cached_property
    def specs(self) -> dict[str, LearnerSpec]:
        """The run's learners by name."""
        chosen = self.config.roles
        learning = [role for role in self.roles if not chosen or role.name in chosen]
        if len(learning) < len(chosen):
            raise UnknownName(
                f"unknown role among {', '.join(chosen)}; choose of: {', '.join(r.name for r in self.roles)}"
            )
        kinds = tuple(KINDS) if self.config.league else (MAIN,)
        return by_name(plan_learners(learning, self.config.population, kinds))

    @cached_property
    def roles(self) -> list[Role]:
        """The arena's roles, including those that do not learn."""
        return roles_of(self._arena, shared=self.config.shared)

    @cached_property
    def guests(self) -> dict[str, list[Role]]:
        """The guests by name, with the roles that each can play; raises `DohyoError` for one that meets no learner."""
        found = {name: self._played_by(name) for name in self.config.guests}
        for name, roles in found.items():
            if not any(role.meets(learning) for role in roles for learning in self.learners.values()):
                raise DohyoError(f"guest {name} cannot meet any of the learners ({', '.join(self.learners)})")
        return found

    def _played_by(self, guest: str) -> list[Role]:
        if guest in BUILT_IN:
            return self.roles
        refusals = {role: self._refusal(guest, role) for role in self.roles}
        played = [role for role, refusal in refusals.items() if refusal is None]
        if not played:
            raise next(refusal for refusal in refusals.values() if refusal is not None)
        return played

    def _refusal(self, guest: str, role: Role) -> SnapshotError | None:
        """Return why a snapshot cannot fill the seats of a role, or None if it can."""
        try:
            for seat in role.seats:
                self.fitted(guest, seat)
        except SnapshotError as refusal:
            return refusal
        return None

    def fitted(self, name: str, seat: int) -> Snapshot:
        """Return the snapshot `name` for a seat, see `dohyo.curricula.run.fitting`; raises as `load` and `fit` do."""
        return fit(self.load(name), self.config, self._arena, seat)

    @cached_property
    def _arena(self) -> Arena:
        self.check_arena()
        return build_arena(self.config.arena, self.config.body, drive=self.config.drive)

    def check_arena(self) -> None:
        """Raise `UnknownName` if the arena is unknown, and name the imports with which the run was trained.

        Imports are code, so opening a run folder never imports them: the user does, with `--import` or in Python.
        """
        if self.config.arena not in ARENAS and self.config.imports:
            needed = " ".join(f"--import {shlex.quote(name)}" for name in self.config.imports)
            raise UnknownName(
                f"{self.path} was trained in arena {self.config.arena!r} with {needed}: give that if you trust the code"
            )

    def checkpoint(self, learner: str, generation: int) -> Path:
        """Return the path of the checkpoint of a learner's generation."""
        return self._checkpoints / f"{learner}.{generation:06d}{SUFFIX}"

    def checked_checkpoint(self, link: Generation) -> Path:
        """Return the path of a generation's checkpoint; raises `SnapshotError` if it was changed after it was saved."""
        path = self.checkpoint(link.learner, link.generation)
        if link.checkpoint and _digest(path) != link.checkpoint:
            raise SnapshotError(
                f"cannot resume from {path}: it was changed after it was saved; restore it, or train anew"
            )
        return path

    def commit(self, generation: Generation, payoffs: Mapping[str, tuple[float, float, float]]) -> None:
        """Add the row of a generation whose snapshot and checkpoint are on disk, and remove older checkpoints."""
        checkpoint = _digest(self.checkpoint(generation.learner, generation.generation))
        self.record.add_generation(replace(generation, checkpoint=checkpoint), payoffs)
        for path in self._checkpoints.glob(f"{generation.learner}.*{SUFFIX}"):
            if path != self.checkpoint(generation.learner, generation.generation):
                path.unlink(missing_ok=True)

    def save_snapshot(self, snapshot: Snapshot) -> str:
        """Write a snapshot and return its name."""
        save_snapshot(snapshot, self.snapshots)
        return snapshot.name

    def load(self, name: str) -> Snapshot:
        """Return the snapshot `name`; raises `SnapshotError` if its file is missing, damaged or holds another."""
        return load_named(self.snapshots, name)

    def _load_link(self, link: Generation) -> Snapshot:
        snapshot = self.load(link.snapshot)
        origin = snapshot.origin
        if (origin.generation, origin.samples) != (link.generation, link.samples):
            raise SnapshotError(
                f"{self.path}'s record names {link.snapshot} as {link.learner}'s generation {link.generation} with "
                f"{link.samples} samples, but it is generation {origin.generation} with {origin.samples}: restore the "
                "record, league.sqlite"
            )
        return snapshot

    def latest(self, learner: str | None = None) -> Snapshot:
        """Return a learner's newest snapshot, by default the first learner's.

        Raises `UnknownName` for an unknown learner, `DohyoError` while it has no snapshot.
        """
        return self._load_link(self._chain(learner)[-1])

    def at(self, generation: int, learner: str | None = None) -> Snapshot:
        """Return the snapshot of a learner's generation, by default the first learner's; raises as `latest` does."""
        chain = self._chain(learner)
        for link in chain:
            if link.generation == generation:
                return self._load_link(link)
        raise UnknownName(f"{self.path} has generations 0 to {chain[-1].generation}, not {generation}")

    def _chain(self, learner: str | None) -> list[Generation]:
        name = next(iter(self.learners)) if learner is None else learner
        lookup(self.learners, name, "learner")
        chain = self.record.chain(name)
        if not chain:
            raise DohyoError(f"{self.path} has no snapshot of {name} yet: train it a little longer")
        return chain


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise SnapshotError(f"cannot resume from {path}: {error.strerror}; restore it, or train anew") from error
