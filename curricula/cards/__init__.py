"""Cards: what a snapshot was trained on, what it can do, what breaks it, and how fast it answers."""
