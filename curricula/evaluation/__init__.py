"""Evaluation: cross-play, best responses, the wind test."""
