"""Opponents: which past snapshot a learner meets in each bout."""
