"""Pages that the console's navigation leads to: each app brings its own."""

from typing import ClassVar, Literal

from .registry import Registry

Area = Literal["main", "settings", "app", "dataset"]


class Place:
    """A page with an entry of its own.

    Attributes:
        label: in English; the navigation translates it (mark it with `gettext_noop`).
        icon: a name in frontend/icons.json.
        area: `main` navigation; `settings` pages; pages of one `app` or `dataset`, whose id the address takes.
        position: entries are sorted by it.
        url_name: where it leads.
        also: further URL names, or whole namespaces, whose pages belong to it.
        holds: an area whose pages belong to it too.
        roles: of the members who see it; empty: all.
        modes: of the apps that have the page; empty: all.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    icon: ClassVar[str]
    area: ClassVar[Area]
    position: ClassVar[int]
    url_name: ClassVar[str]
    also: ClassVar[frozenset[str]] = frozenset()
    holds: ClassVar[Area | None] = None
    roles: ClassVar[frozenset[str]] = frozenset()
    modes: ClassVar[frozenset[str]] = frozenset()


places: Registry[Place] = Registry("place", "places", Place)


def places_in(area: Area, *, role: str, mode: str = "") -> list[type[Place]]:
    """What a member of this role sees in an area, in order; of an app's pages those of its mode."""
    found = [
        place
        for place in places.all().values()
        if place.area == area and (not place.roles or role in place.roles) and (not place.modes or mode in place.modes)
    ]
    return sorted(found, key=lambda place: place.position)
