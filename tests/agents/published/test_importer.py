"""Agents published in 2017: their arenas and seats, and the same actions as their authors' networks."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dohyo.agents.policies.networks import Mlp, make_policy
from dohyo.agents.published.importer import PLACES, PublishedError, choose_place
from dohyo.agents.published.layouts import KINDS, Feedforward, Kind, Recurrent
from dohyo.arenas.errors import UnknownName

Array = NDArray[np.float64]

# Numbers in the files as published.
LENGTHS = {
    "sumo-ants": 299943,
    "sumo-humans": 367677,
    "run-to-goal-ants": 24905,
    "run-to-goal-humans": 59039,
    "you-shall-not-pass": 59039,
    "kick-and-defend": 364839,
    "robosumo-ant-mlp": 24645,
    "robosumo-ant-lstm": 82373,
    "robosumo-bug-mlp": 30629,
    "robosumo-bug-lstm": 88357,
    "robosumo-spider-mlp": 36613,
    "robosumo-spider-lstm": 94341,
}


def kind(label: str) -> Kind:
    return next(kind for kind in KINDS if kind.label == label)


def test_vectors_are_as_long_as_those_published():
    assert {kind.label: kind.size for kind in KINDS} == LENGTHS


def drawn(chosen: Kind, seed: int = 0) -> NDArray[np.float32]:
    """A vector like one from training: ten million observations, some of them constant."""
    rng, n, count = np.random.default_rng(seed), chosen.observation, 1e7
    mean, deviation = rng.normal(0, 3, n), rng.uniform(0, 2, n) * (rng.random(n) < 0.8)
    head = [[1.0, 2.0, 3.0], mean * count, (mean**2 + deviation**2) * count, [count]]
    rest = chosen.size - 2 * n - 4
    return np.concatenate([*map(np.asarray, head), rng.normal(0, 0.1, rest)]).astype(np.float32)


def reference(vector: NDArray[np.float32], n: int, a: int, width: int) -> Callable[[Array], Array]:
    """The authors' network in double precision, written from its description; keeps its state from call to call.

    A vector: 3 numbers on returns; sum, sum of squares, count of observations; value; policy; log_std.
    """
    v = vector.astype(np.float64)
    count = v[3 + 2 * n]
    mean = v[3 : 3 + n] / count
    std = np.sqrt(np.maximum(v[3 + n : 3 + 2 * n] / count - mean**2, 0.01))
    layers = v[4 + 2 * n :]
    recurrent = len(layers) > 3 * width * width + 2 * n * width + 100 * width
    hidden = [(n, width), (2 * width, 4 * width)] if recurrent else [(n, width), (width, width)]
    value = sum(i * o + o for i, o in [*hidden, (width, 1)])
    at, matrices = value, []
    for i, o in [*hidden, (width, a)]:
        matrices.append((layers[at : at + i * o].reshape(i, o), layers[at + i * o : at + i * o + o]))
        at += i * o + o
    assert len(layers) == at + a
    (w1, b1), (w2, b2), (w3, b3) = matrices
    state = {"h": np.zeros((1, width)), "c": np.zeros((1, width))}

    def sigmoid(x: Array) -> Array:
        return 1 / (1 + np.exp(-x))

    def act(observation: Array) -> Array:
        x = np.clip((observation - mean) / std, -5, 5)
        if not recurrent:
            return np.tanh(np.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3
        embedded = np.maximum(x @ w1 + b1, 0)
        h = np.broadcast_to(state["h"], (len(x), width))
        gates = np.concatenate([embedded, h], axis=1) @ w2 + b2
        i, j, f, o = (gates[:, k * width : (k + 1) * width] for k in range(4))
        state["c"] = state["c"] * sigmoid(f + 1) + sigmoid(i) * np.tanh(j)
        state["h"] = np.tanh(state["c"]) * sigmoid(o)
        return state["h"] @ w3 + b3

    return act


@pytest.mark.parametrize("chosen", KINDS, ids=lambda kind: kind.label)
def test_they_act_as_a_reference_in_double_precision(chosen: Kind):
    vector = drawn(chosen)
    policy = make_policy(chosen.tensors(vector), clipped=False)
    act = reference(vector, chosen.observation, chosen.action, chosen.network.width)
    memory = np.zeros((6, policy.memory), np.float32)
    rng = np.random.default_rng(1)
    for _ in range(20):
        observation = rng.normal(0, 4, (6, chosen.observation))
        expected = act(observation)
        np.testing.assert_allclose(policy.act(observation.astype(np.float32), memory), expected, atol=3e-5)
        assert np.ptp(expected) > 0.5


def test_an_lstm_worked_out_by_hand():
    """Observations of mean 2 and deviation 2; gates in the authors' order: input, cell, forget, output."""
    tiny = Kind("tiny", "", "", ("sumo",), 1, 1, Recurrent(1))
    value = [9.0] * 16
    kernel = [0.3, 0.5, -0.4, 0.2, -0.2, 0.25, 0.6, 0.7]
    policy = [2.0, 0.5, *kernel, 0.1, 0, -1, 0.4, 2, 0.1]
    vector = np.array([0, 0, 0, 20, 80, 10, *value, *policy, 0], np.float32)
    acting = make_policy(tiny.tensors(vector))
    memory = np.zeros((1, 2), np.float32)
    # Embedded 2.5; gates .85, 1.25, -2 (1 added: -1), .9; cell .700567 * .848284; output .710950 * tanh(.594280).
    np.testing.assert_allclose(acting.act(np.array([[4]], np.float32), memory), [[2 * 0.378912 + 0.1]], atol=2e-6)
    np.testing.assert_allclose(memory, [[0.378912, 0.594280]], atol=1e-6)
    # Embedded 0; gates .024218, .094728, .227347 with 1 added, .665239; cell .556593 * .594280 + .506054 * .094446.
    np.testing.assert_allclose(acting.act(np.array([[1.5]], np.float32), memory), [[2 * 0.238723 + 0.1]], atol=2e-6)
    np.testing.assert_allclose(memory, [[0.238723, 0.378567]], atol=1e-6)


def test_observations_that_hardly_change_are_scaled_by_a_tenth():
    """The authors' deviation is at least 0.1: 0.3 above the mean is 3 deviations, and 0.6 is clipped to 5."""
    plain = Kind("plain", "", "", ("sumo",), 1, 1, Feedforward(1))
    vector = np.array([0, 0, 0, 10, 10, 10, *[9.0] * 6, 0.1, 0, 1, 0, 1, 0, 0], np.float32)
    action = make_policy(plain.tensors(vector)).act(np.array([[1.3], [1.6], [1.0]], np.float32))
    np.testing.assert_allclose(action, np.tanh(np.tanh([[0.3], [0.5], [0.0]])), atol=1e-6)


def test_actions_are_not_clipped_unless_asked():
    loud = Kind("loud", "", "", ("sumo",), 1, 1, Feedforward(1))
    vector = np.array([0, 0, 0, 0, 1, 1, *[0.0] * 11, 7, 0], np.float32)  # the last bias is 7, the deviation 1
    still = np.zeros((4000, 1), np.float32)
    tensors = loud.tensors(vector)
    np.testing.assert_array_equal(make_policy(tensors, clipped=False).act(still), 7)
    np.testing.assert_array_equal(make_policy(tensors).act(still), 1)
    actions = make_policy(tensors, clipped=False, stochastic=True).act(still)
    assert actions.mean() == pytest.approx(7, abs=0.08)
    assert actions.std() == pytest.approx(1, abs=0.06)


def test_statistics_of_no_observations_are_refused():
    vector = drawn(kind("run-to-goal-ants"))
    vector[3 + 2 * 122] = 0
    with pytest.raises(ValueError, match="rest on 0 observations"):
        kind("run-to-goal-ants").tensors(vector)


ZOO = Path("/somewhere/agent-zoo")
PATHS = {
    "sumo/ants/agent_parameters-v3.pkl": ("paper/sumo-ants", "sumo"),
    "sumo/humans/agent_parameters-v1.pkl": ("paper/sumo-humans", "sumo"),
    "run-to-goal/ants/agent1_parameters-v1.pkl": ("paper/run-to-goal-ants", "runner_right"),
    "run-to-goal/ants/agent2_parameters-v1.pkl": ("paper/run-to-goal-ants", "runner_left"),
    "run-to-goal/humans/agent1_parameters-v1.pkl": ("paper/run-to-goal-humans", "runner_right"),
    "run-to-goal/humans/agent2_parameters-v1.pkl": ("paper/run-to-goal-humans", "runner_left"),
    "you-shall-not-pass/agent1_parameters-v1pkl": ("paper/you-shall-not-pass", "blocker"),
    "you-shall-not-pass/agent2_parameters-v1.pkl": ("paper/you-shall-not-pass", "runner"),
    "kick-and-defend/kicker/agent1_parameters-v1.pkl": ("paper/kick-and-defend", "kicker"),
    "kick-and-defend/defender/agent2_parameters-v1.pkl": ("paper/kick-and-defend", "keeper"),
    "../robosumo/bug/lstm/agent-params-v1.npy": ("paper/robosumo", "sumo"),
    "run-to-goal/copies/you-shall-not-pass/Agent2.pkl": ("paper/you-shall-not-pass", "runner"),
}


@pytest.mark.parametrize("path", PATHS)
def test_length_and_path_tell_what_an_agent_plays(path: str):
    arena, role = PATHS[path]
    label = "robosumo-bug-lstm" if "robosumo" in path else arena.removeprefix("paper/")
    place = choose_place(ZOO / path, LENGTHS[label])
    assert (place.kind.arena, place.role) == (arena, role)


def test_what_was_asked_for_goes_before_the_path():
    chosen = choose_place(ZOO / "run-to-goal/humans/agent1.pkl", 59039, "paper/you-shall-not-pass", "runner")
    assert (chosen.kind.arena, chosen.role, chosen.seat) == ("paper/you-shall-not-pass", "runner", 1)
    assert choose_place(Path("/x/weights.pkl"), 59039, role="blocker").kind.label == "you-shall-not-pass"


def test_where_nothing_tells_it_is_asked_for():
    with pytest.raises(UnknownName, match=r"--arena paper/run-to-goal-humans --role runner_right or .*--role runner$"):
        choose_place(Path("/x/weights.pkl"), 59039)
    with pytest.raises(UnknownName, match="give --arena paper/kick-and-defend --role kicker or"):
        choose_place(Path("/x/weights.pkl"), 364839)


def test_what_does_not_fit_is_refused():
    with pytest.raises(PublishedError, match="holds 12 numbers, as no published agent does"):
        choose_place(Path("/x/weights.pkl"), 12)
    with pytest.raises(UnknownName, match="by its length an agent of paper/sumo-ants as sumo: leave out --arena"):
        choose_place(Path("/x/weights.pkl"), 299943, "paper/sumo-humans")
    with pytest.raises(UnknownName, match="leave out --role keeper"):
        choose_place(Path("/x/weights.pkl"), 299943, role="keeper")
    with pytest.raises(UnknownName, match="unknown arena of published agents 'chess'"):
        choose_place(Path("/x/weights.pkl"), 299943, "chess")
    with pytest.raises(UnknownName, match="unknown role of published agents 'goalie'"):
        choose_place(Path("/x/weights.pkl"), 299943, role="goalie")


def test_labels_differ():
    assert len({place.label for place in PLACES}) == len(PLACES)


def test_networks_that_clip_are_not_stacked_with_those_that_do_not():
    tensors = kind("run-to-goal-ants").tensors(drawn(kind("run-to-goal-ants")))
    alike = {Mlp(tensors, clipped=clipped).likeness for clipped in (True, True, False)}
    assert len(alike) == 2
