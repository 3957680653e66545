"""Rules: the interface that an arena implements, and what arenas share."""
