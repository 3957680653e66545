"""Ratings: a run's snapshots, rated against frozen references."""
