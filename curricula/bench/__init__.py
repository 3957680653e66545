"""Benchmarks: speed of stepping, of training and of opponents."""
