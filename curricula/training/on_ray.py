"""Collectors on Ray, with a supervisor that replaces those that die. No other file imports Ray."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dohyo.agents.snapshot import SUFFIX
from dohyo.arenas.checks import one_line
from dohyo.arenas.errors import DohyoError
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.saved import AnyArray, Saved
from dohyo.curricula.opponents.ledger import Ledger
from dohyo.curricula.training.collector import Order, Rollout
from dohyo.curricula.training.outpost import Entries, Outpost
from dohyo.curricula.training.plan import SitePlan
from dohyo.curricula.training.site import Site

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray reads it on import
try:
    import ray
    from ray.exceptions import ObjectLostError, RayActorError, RayTaskError
except ImportError as error:
    raise DohyoError("collectors need Ray: pip install 'dohyo[ray]'") from error

PATIENCE = 300.0
"""Most seconds to wait for collectors at the beginning: their processes load torch and compile the scene."""
GRACE = 60.0
"""Most seconds to wait for a new collector in the place of a dead one; then the others go on without it."""
LIVES = 5
"""Deaths in a row after which nobody is put in a collector's place any more."""
MEMORY = 200_000_000
"""Bytes of a local cluster's object store. A rollout of 64 worlds takes 7 MB; what has no room goes to disk."""


@dataclass
class Post:
    """The place of one collector, and the actor that holds it now."""

    number: int
    life: int = -1
    deaths: int = 0
    """Deaths since the last rollout."""
    actor: Any = None
    ready: Any = None
    """What is done when the actor can play."""
    begun: float = 0.0
    """Time at which the actor was ordered, in seconds of `time.monotonic`."""
    sent: set[str] = field(default_factory=set)
    """Names of the snapshots whose handles the actor has."""


class Supervisor:
    """The crew of a run on Ray: `plan.config.collectors` actors, each with its part of the worlds.

    A dead actor's rollout is lost, and the iteration goes on with what the others bring. Ray must not restart the
    actor, because it would repeat the same arguments, and so the same bouts. The supervisor builds a new one, with new
    random streams, and the next iteration waits a while for it. `home` holds the learners that learn, and `snapshots`
    is the run's folder of snapshots, of which actors get the content.
    """

    def __init__(self, plan: SitePlan, home: Site, snapshots: Path) -> None:
        self._plan, self._home, self._folder = plan, home, snapshots
        self._began = connect(plan.config.ray, plan.config.collectors * _cores(plan))
        self._entries, self._handles = ray.put(_entries(plan)), dict[str, Any]()
        self._pending: dict[Any, Post] = {}
        self._why = ""
        self._posts = [Post(number) for number in range(plan.config.collectors)]
        try:
            for post in self._posts:
                self._fill(post)
            if len(ready := self._players(PATIENCE)) < len(self._posts):
                raise self._too_few(len(ready))
        except BaseException:
            self.close()
            raise

    def _fill(self, post: Post) -> None:
        """Put a new actor into a post."""
        post.life, post.sent = post.life + 1, set()
        options = {"num_cpus": _cores(self._plan), "max_restarts": 0, "scheduling_strategy": "SPREAD"}
        seeds = self._plan.seeds_of(post.number, post.life)
        post.actor = ray.remote(**options)(Outpost).remote(self._plan.part(post.number), seeds, self._entries, ray.get)
        post.ready, post.begun = post.actor.build.remote(), time.monotonic()

    def _players(self, patience: float) -> list[Post]:
        """Return the posts whose actors can play; wait for each other one until it is `patience` seconds old.

        If there is none, wait up to `PATIENCE` for one.
        """
        while True:
            posts = [post for post in self._posts if post.deaths < LIVES]
            if not posts:
                raise DohyoError(f"every collector died {LIVES} times in a row ({self._why}): the same command resumes")
            ready = self._ready(posts)
            limit = patience if ready else PATIENCE
            if not any(time.monotonic() - post.begun < limit for post in posts if post not in ready):
                return ready
            time.sleep(0.05)

    def _ready(self, posts: Sequence[Post]) -> list[Post]:
        """Return those among posts whose actors can play; put new actors into the places of dead ones."""
        done = {*ray.wait([post.ready for post in posts], num_returns=len(posts), timeout=0)[0]}
        return [post for post in posts if post.ready in done and self._get(post.ready, post) is not _LOST]

    def _too_few(self, ready: int) -> DohyoError:
        return DohyoError(
            f"{ready} of {len(self._posts)} collectors started within {PATIENCE:.0f} s; each needs "
            f"{_cores(self._plan)} CPU(s) of the cluster's {ray.cluster_resources().get('CPU', 0):.0f}: give fewer "
            "collectors, or add nodes"
        )

    def _get(self, reference: Any, post: Post) -> Any:
        """Return what a post's actor has brought; if the actor has died, put a new one there and return `_LOST`.

        An error that the actor raised is raised again: a new one would raise it, too.
        """
        try:
            return ray.get(reference)
        except RayTaskError as error:
            raise error.cause from error
        except (RayActorError, ObjectLostError) as error:
            self._why = one_line(error)
            ray.kill(post.actor)
            post.deaths += 1
            if post.deaths < LIVES:
                self._fill(post)
            return _LOST

    def collect(self, learner: str, order: Order) -> list[Rollout]:
        """Play one rollout of a learner in every collector, and return those that were brought."""
        self.start(learner, order)
        return self.finish()

    def start(self, learner: str, order: Order) -> None:
        """Let every collector that is ready play a rollout of a learner."""
        self._asked = learner, replace(order, weights=self._home.collectors[learner].learner.weights())
        self._ask()

    def _ask(self) -> None:
        learner, order = self._asked
        names = self._share(order.ledger)
        shared = ray.put(order)
        if not (players := self._players(GRACE)):
            raise self._too_few(0)
        for post in players:
            new = {name: self._handles[name] for name in names if name not in post.sent}
            post.sent |= new.keys()
            self._pending[post.actor.collect.remote(learner, shared, new)] = post

    def finish(self) -> list[Rollout]:
        """Wait for the collectors, and return their rollouts in the order of the collectors."""
        brought: dict[int, Rollout] = {}
        while not brought:
            while self._pending:
                [done], _ = ray.wait([*self._pending], num_returns=1)
                post = self._pending.pop(done)
                if (rollout := self._get(done, post)) is not _LOST:
                    brought[post.number], post.deaths = rollout, 0
            if not brought:
                self._ask()
        return [brought[number] for number in sorted(brought)]

    def _share(self, ledger: Ledger) -> Sequence[str]:
        """Put snapshots into the object store that are not there yet; return the names of all in a ledger."""
        names = [name for chain in ledger.chains for name in chain if name not in BUILT_IN]
        for name in names:
            if name not in self._handles:
                self._handles[name] = ray.put((self._folder / f"{name}{SUFFIX}").read_bytes())
        return names

    def save(self, learner: str) -> Saved:
        """Return nothing: a resumed session begins new bouts, in new random streams."""
        for post in self._posts:
            post.actor.settle.remote(learner)
        return {}

    def restore(self, learner: str, saved: Mapping[str, AnyArray]) -> None:
        """Leave the bouts of another session."""
        self._home.restore(learner, {})

    def close(self) -> None:
        """End the actors, and the cluster if this session has begun it."""
        for post in self._posts:
            if post.actor is not None:
                ray.kill(post.actor)
        if self._began:
            ray.shutdown()
        self._home.close()


_LOST = object()
"""In place of what a dead actor would have brought."""


def connect(address: str, cores: int) -> bool:
    """Connect to the Ray cluster at `address`, or begin one on this machine; return whether this call connected."""
    if ray.is_initialized():
        return False
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "include_dashboard": False}
    if not address:
        options |= {"num_cpus": cores, "object_store_memory": MEMORY}
    try:
        ray.init(address=address or "local", **options)
    except Exception as error:  # Ray raises bare ones, too
        where = address or "this machine"
        raise DohyoError(f"no Ray cluster at {where} ({one_line(error)}): `ray start` begins one") from error
    return True


def _cores(plan: SitePlan) -> int:
    """Return the CPUs of a collector."""
    return plan.config.workers or 1


def _entries(plan: SitePlan) -> Entries:
    """Return what a run uses of the tables; code of files that the user has imported travels by value."""
    for name in plan.config.imports:
        if (module := sys.modules.get(f"dohyo_import:{name}")) is not None:
            ray.cloudpickle.register_pickle_by_value(module)
    return Entries.of(plan.config)
