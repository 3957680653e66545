"""Who acts: policies, snapshots and the learner."""

if __name__ != "dohyo.agents":
    raise ImportError("this folder is the package dohyo.agents: `import dohyo.agents`")
