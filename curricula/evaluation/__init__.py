"""Evaluation: cross-play, best responses and the wind test."""
