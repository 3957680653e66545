"""What a learner meets, and when: opponents, annealing, the league of rated snapshots."""

if __name__ != "dohyo.curricula":
    raise ImportError("this folder is the package dohyo.curricula: `import dohyo.curricula`")
