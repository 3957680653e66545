"""Runs: the folder of a training run, its settings and its record."""
