"""Studies: experiments with several arms and seeds, and verdicts on a paper's claims."""
