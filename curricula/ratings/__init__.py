"""Ratings of a run's snapshots against frozen references."""
