"""The live viewer, which `dohyo watch` opens in a browser tab."""
