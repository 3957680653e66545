"""Import of agents that other people published in 2017."""
