"""One registry for every kind of extension: the file is dropped into its folder, nothing else names it."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import ClassVar, Generic, Protocol, TypeVar

import apps


class Item(Protocol):
    """What every registered class says of itself."""

    key: ClassVar[str]
    label: ClassVar[str]


T = TypeVar("T", bound=Item)


class UnknownKey(LookupError):
    """A key no installed item has; the message lists those that exist."""


class Registry(Generic[T]):
    """Items of one kind, found in the sub-package `folder` of every app below `apps`.

    Modules whose name begins with `_` are helpers and are skipped. The folder is scanned on first use.
    A module that cannot be imported is kept in `failures` and the rest still load; a system check and a
    test show what failed.

    Args:
        kind: what an item is called in messages, such as "retrieval method".
        folder: the sub-package's name, such as "retrieval".
        base: the class every item derives from.
    """

    def __init__(self, kind: str, folder: str, base: type[T]) -> None:
        self.kind, self.folder, self.base = kind, folder, base
        self.failures: dict[str, str] = {}
        self._items: dict[str, type[T]] = {}
        self._scanned = False
        self._lock = RLock()

    def register(self, item: type[T]) -> type[T]:
        """Class decorator. Raises TypeError for a wrong base or a missing or taken key."""
        if not issubclass(item, self.base):
            raise TypeError(f"{item.__qualname__} is not a {self.base.__qualname__}.")
        key = getattr(item, "key", "")
        if not key or not getattr(item, "label", ""):
            raise TypeError(f"{item.__qualname__} needs a key and a label.")
        other = self._items.get(key)
        if other is not None and other.__qualname__ != item.__qualname__:
            raise TypeError(f"The {self.kind} key {key!r} is taken by {other.__module__}, wanted by {item.__module__}.")
        self._items[key] = item
        return item

    def get(self, key: str) -> type[T]:
        """The class with this key. Raises UnknownKey."""
        self._scan()
        try:
            return self._items[key]
        except KeyError:
            known = ", ".join(sorted(self._items)) or "none"
            raise UnknownKey(f"There is no {self.kind} {key!r}. Known: {known}.") from None

    def all(self) -> dict[str, type[T]]:
        """Every item by key, sorted by key."""
        self._scan()
        return dict(sorted(self._items.items()))

    def __contains__(self, key: object) -> bool:
        self._scan()
        return key in self._items

    @contextmanager
    def temporarily(self, item: type[T]) -> Iterator[type[T]]:
        """For tests: `item` takes its key's place inside the block."""
        self._scan()
        before = self._items.get(item.key)
        self._items[item.key] = item
        try:
            yield item
        finally:
            if before is None:
                del self._items[item.key]
            else:
                self._items[item.key] = before

    def _scan(self) -> None:
        if self._scanned:
            return
        with self._lock:
            if self._scanned:
                return
            for name in modules_in(self.folder):
                try:
                    importlib.import_module(name)
                except ImportError as error:
                    self.failures[name] = str(error)
            self._scanned = True


def packages_named(folder: str) -> Iterator[str]:
    """Dotted names of the sub-packages called `folder` of all apps, lower apps in alphabetical order."""
    for app in pkgutil.iter_modules(apps.__path__, "apps."):
        if app.ispkg and importlib.util.find_spec(f"{app.name}.{folder}"):
            yield f"{app.name}.{folder}"


def modules_in(folder: str) -> Iterator[str]:
    """Dotted names of the public modules in all packages called `folder`."""
    for package_name in packages_named(folder):
        package = importlib.import_module(package_name)
        for module in pkgutil.iter_modules(package.__path__, f"{package_name}."):
            if not module.name.rpartition(".")[2].startswith("_"):
                yield module.name
