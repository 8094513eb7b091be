"""What the supervisor says: one line per event, on stderr, so that a command's stdout stays its own."""

import sys

WIDTH = 11


class Problem(Exception):
    """What keeps the product from starting, as a sentence for the person who started it."""


def say(part: str, text: str) -> None:
    """One line about a part."""
    print(f"  {part:<{WIDTH}} {text}", file=sys.stderr, flush=True)


def line(text: str) -> None:
    """One line about the whole."""
    print(text, file=sys.stderr, flush=True)
