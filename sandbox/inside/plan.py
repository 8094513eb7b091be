"""What the service tells its fork server at the start: the walls to build and what to load before."""

import json
from dataclasses import asdict, dataclass
from typing import Any

FULL, LANDLOCK, NONE = 2, 1, 0


@dataclass(frozen=True, slots=True)
class Plan:
    """One fork server's walls.

    Args:
        level: FULL or LANDLOCK.
        parent: process id of the service; without it the fork server ends.
        paths: files and folders runs may read, at their own names.
        hidden: folders within them that are covered by empty ones (level FULL).
        executables: of `paths`, those that node's start executes.
        devices: device files runs may read and write.
        place: an existing folder on which the new root is built; none of `paths` lies below it.
        own_user_namespace: whether the namespaces need one of users too (level FULL without privileges).
        site: folder from which jinja2 is imported.
        packages_folder: the operator's packages; empty: none.
        preload: modules to import before the first run.
        packages: the operator's, imported too where they can be.
        node: path of node; empty: none.
        library_path: folders of shared libraries, for node's loader.
        slots: how many processes there are at most at once.
        has_own_users: whether each becomes a user of its own; else it stays the user it is.
        first_uid: the user of the first slot.
        nproc: RLIMIT_NPROC of a run, which counts the user's threads.
    """

    level: int
    parent: int
    paths: tuple[str, ...]
    hidden: tuple[str, ...]
    executables: tuple[str, ...]
    devices: tuple[str, ...]
    place: str
    own_user_namespace: bool
    site: str
    packages_folder: str
    preload: tuple[str, ...]
    packages: tuple[str, ...]
    node: str
    library_path: str
    slots: int
    has_own_users: bool
    first_uid: int
    nproc: int

    def to_json(self) -> str:
        """As one argument of a command."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """The reverse of `to_json`."""
        values: dict[str, Any] = json.loads(text)
        for key, value in values.items():
            values[key] = tuple(value) if isinstance(value, list) else value
        return cls(**values)
