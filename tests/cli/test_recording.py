"""Replays of the other commands that play bouts: a best response, and the wind test."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from doubles import shorten_bouts

from dohyo.arenas.views.replay_file import load_replay

RunMain = Callable[..., tuple[int, str, str]]
FEW = ("--engine", "mujoco", "--worlds", "2", "--workers", "1", "--ppo", "rollout=16")


def test_the_wind_test_shows_the_pushed_seat_alone(tmp_path: Path, run_main: RunMain):
    path = tmp_path / "wind.npz"
    call = "push", "zero", "--engine", "mujoco", "--forces", "1500", "--bouts", "2", "--workers", "1"
    status, _, errors = run_main(*call, "--replay", str(path))
    assert status == 0, errors
    replay = load_replay(path)
    assert replay.about.players == ("zero, pushed with 1500 N", "zero, out of reach")
    assert replay.about.ending == "fell"
    assert set(replay.geom_body) == set(range(1, 10))  # an ant: the torso and eight links
    assert np.linalg.norm(replay.position[:, 1, :2], axis=1).max() < 20
    assert np.array_equal(replay.position[:, replay.actor_body[1]], replay.position[:, 1])
    status, output, errors = run_main(*call, "--replay", "wind.txt")
    assert (status, output, errors.count("\n")) == (2, "", 1)


def test_a_best_response_against_its_victim(run_folder: Path, tmp_path: Path, run_main: RunMain, monkeypatch):
    shorten_bouts(monkeypatch)
    path, out = tmp_path / "bout.npz", tmp_path / "exploit"
    call = "exploit", str(run_folder), *FEW, "--minutes", "0", "--bouts", "2", "--out", str(out)
    status, _, errors = run_main(*call, "--replay", str(path))
    assert status == 0, errors
    assert load_replay(path).about.players == (f"{out}:sumo", str(run_folder))


def test_a_keeper_against_a_kicker(tmp_path: Path, run_main: RunMain, monkeypatch):
    """Each has its own side, whoever attacks."""
    shorten_bouts(monkeypatch, arena="kick_and_defend")
    victim, out, path = tmp_path / "kicker", tmp_path / "keeper", tmp_path / "bout.npz"
    role = "--role", "kicker", "--guest", "zero"
    assert run_main("train", "kick_and_defend", *role, *FEW, "--minutes", "0", "--out", str(victim))[0] == 0
    call = "exploit", str(victim), *FEW, "--minutes", "0", "--bouts", "2", "--out", str(out)
    status, _, errors = run_main(*call, "--replay", str(path))
    assert status == 0, errors
    assert load_replay(path).about.players == (str(victim), f"{out}:keeper")
