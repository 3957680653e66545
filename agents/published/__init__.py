"""Import of the agents that were published in 2017."""
