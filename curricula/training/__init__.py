"""Training: the loop that makes one generation after another."""
