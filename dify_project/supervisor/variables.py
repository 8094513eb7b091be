"""Notices."""


def notices() -> list[str]:
    """None yet."""
    return []
