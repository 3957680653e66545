"""Studies: experiments with several arms and seeds, and their verdicts."""
