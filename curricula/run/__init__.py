"""Runs: the folder of a training run, with its settings and its record."""
