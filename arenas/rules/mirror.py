"""The mirror image of what a seat sees and does: left and right exchanged, through the plane y = 0."""

from collections.abc import Sequence

from dohyo.arenas.errors import ConfigError
from dohyo.arenas.physics.mirror import Mirror, join
from dohyo.arenas.rules.arena import Arena


def mirror_observation(arena: Arena, seats: Sequence[int]) -> Mirror:
    """Return the image of what `seats` see, one after the other; raises `ConfigError` if it is not known."""
    entries = [entry for seat in seats for entry in arena.entries(seat)]
    unknown = next((entry.name for entry in entries if not entry.mirror), None)
    if unknown is not None:
        raise ConfigError(
            f"{arena.name} does not say what its entry {unknown!r} becomes in a mirror: train without --symmetry"
        )
    return join([entry.mirror for entry in entries])


def mirror_action(arena: Arena, seat: int) -> Mirror:
    """Return the image of a seat's actions; raises `ConfigError` if its body is not symmetric."""
    found: Mirror = arena.scene.seats[seat].mirror
    if not found:
        raise ConfigError(f"body {arena.bodies[seat].name} has no mirror image: train without --symmetry")
    return found
