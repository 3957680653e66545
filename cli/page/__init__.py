"""The HTML page about a run, which `dohyo report` writes."""
