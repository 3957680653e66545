"""Training: the loop over generations."""
