"""The commands of `dohyo`, one file each."""
