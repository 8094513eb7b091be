"""Read once, kept in the process, forgotten on word from the database."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from . import notify

V = TypeVar("V")
_caches: list["NotifiedCache[object]"] = []


class NotifiedCache(Generic[V]):
    """A bounded process cache whose entries die when `notify` brings their id.

    A value is kept only while this process hears the database: with the listener down, every read loads.

    Args:
        topic: the notify topic; each entry is filed under the id returned with it.
        load: reads the value of a key; returns (id, value), or None for "not there", which is not kept.
        size: the most entries kept.
    """

    def __init__(self, topic: str, load: Callable[[str], Awaitable[tuple[str, V] | None]], size: int = 5000) -> None:
        self._load, self._size = load, size
        self._entries: OrderedDict[str, tuple[str, V]] = OrderedDict()
        self._generation = 0
        notify.subscribe(topic, self.forget)
        _caches.append(self)  # type: ignore[arg-type]  # the list only clears them

    async def get(self, key: str) -> V | None:
        """The value, loaded where it is not cached."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
            return entry[1]
        generation = self._generation
        entry = await self._load(key)
        if entry is None:
            return None
        # Word that came during the load may have been about this very row: then do not keep it.
        if generation == self._generation and notify.is_connected():
            self._entries[key] = entry
            if len(self._entries) > self._size:
                self._entries.popitem(last=False)
        return entry[1]

    def forget(self, id: str | None) -> None:
        """Drops the entries filed under `id`; all of them for None."""
        self._generation += 1
        if id is None:
            self._entries.clear()
        else:
            for key in [key for key, entry in self._entries.items() if entry[0] == id]:
                del self._entries[key]


def clear_all() -> None:
    """Empties every cache: nobody in this process has listened for a while."""
    for cache in _caches:
        cache.forget(None)


__all__ = ["NotifiedCache", "clear_all"]
