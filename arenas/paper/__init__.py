"""The arenas of two papers of 2017 on today's MuJoCo, so that the agents published with them can play.

See docs/reference/arenas/paper.md. This package holds their bodies, their scenes, their rules with the original
numbers, and an engine that provides the quantities that the original observations contain. Everything else is shared
with the other arenas.
"""
