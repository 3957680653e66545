"""Learners: networks and the algorithms that train them."""
