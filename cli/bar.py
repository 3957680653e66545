"""A bar for work of which the end is known, on standard error."""

from rich.console import Console
from rich.progress import Progress


def bar(quiet: bool) -> Progress:
    """Return a progress bar that leaves nothing behind; it shows nothing if `quiet`."""
    return Progress(transient=True, console=Console(stderr=True), disable=quiet)
