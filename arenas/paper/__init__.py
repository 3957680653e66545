"""The arenas of 2017 on today's MuJoCo, so that the agents published with them can play.

See docs/reference/arenas/paper.md.

They share batch, views, command line and league with the other arenas. What is their own is here: the bodies, the
scenes, an engine that keeps what the old observations read, and the rules, whose numbers are those of the originals.
"""
