"""Learners: the networks and the algorithms that train them."""
