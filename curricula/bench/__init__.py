"""Benchmarks: the speed of batches and of training, and the cost of opponents."""
