"""The cache of policies: what it keeps, and what it drops."""

import numpy as np
from doubles import Constant, network

from dohyo.agents.policies.cache import PolicyCache
from dohyo.agents.policies.networks import Mlp, make_policy
from dohyo.agents.policies.policy import Policy

BYTES = 4 * (3 + 3 + 2 + 4 * 3 + 4 + 2 * 4 + 2)
"""Of `network()` in float32: statistics of 3 entries, 2 deviations, a hidden layer of 4 units, 2 actions."""


def test_a_network_tells_its_size():
    policy = make_policy(network())
    assert isinstance(policy, Mlp)
    assert policy.nbytes == BYTES == 136


def test_the_least_recently_used_goes_first():
    made: list[str] = []

    def make(name: str) -> Policy:
        made.append(name)
        return make_policy(network())

    cache = PolicyCache(make, most=2 * BYTES)
    a = cache.get("a")
    for name in ("b", "a", "c", "a", "c"):  # for c, b has to go
        cache.get(name)
    assert made == ["a", "b", "c"]
    assert cache.get("a") is a
    cache.get("b")  # and for b, c
    cache.get("a")
    cache.get("c")
    assert made == ["a", "b", "c", "b", "c"]
    assert cache.bytes == 2 * BYTES


def test_one_that_is_larger_than_the_bound_is_held_alone():
    cache = PolicyCache(lambda name: make_policy(network()), most=10)
    assert cache.get("a") is cache.get("a")
    cache.get("b")
    assert cache.bytes == BYTES


def test_a_policy_without_weights_takes_no_room():
    cache = PolicyCache(lambda name: Constant(1.0), most=10)
    np.testing.assert_array_equal(cache.get("zero").act(np.zeros((1, 3), np.float32)), [[1, 1]])
    assert cache.bytes == 0
