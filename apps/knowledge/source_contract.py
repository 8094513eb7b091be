"""What a source of knowledge is to the rest of the app: something looked into, picked from and read. Free of Django."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import urlsplit

from apps.common.errors import InvalidParam
from apps.common.registry import Registry

MAX_ITEM = 4_000
MAX_TEXT_BYTES = 15 * 2**20


@dataclass(frozen=True, slots=True)
class SourceField:
    """One of the credentials a source asks for.

    Args:
        secret: is never shown again.
        default: taken where nothing is entered.
    """

    name: str
    label: str
    secret: bool = False
    required: bool = True
    default: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """A way into a source.

    Args:
        credentials: by field name.
        private_hosts: names of hosts that may have private addresses; `*` stands for all.
    """

    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    private_hosts: frozenset[str] = frozenset()

    def is_private_allowed(self, host: str) -> bool:
        """Whether this host may have a private address."""
        return "*" in self.private_hosts or host.casefold() in self.private_hosts

    def may_be_private(self, url: str) -> bool:
        """The same of a URL's host."""
        try:
            return self.is_private_allowed(urlsplit(url).hostname or "")
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Account:
    """Whose data the credentials open.

    Args:
        id: what the source calls it; one connection of a workspace for each.
        info: what is shown of it.
    """

    id: str
    name: str
    info: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceItem:
    """Something that can become a document.

    Args:
        id: what `fetch` takes.
        kind: the source's own word, such as page, database, file.
        icon: as the source tells it, such as `{"type": "emoji", "emoji": "…"}`.
        parent: id of the item it lies in.
    """

    id: str
    kind: str
    title: str
    icon: Any = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Some items; `cursor` leads to the next ones, None: there are no more."""

    items: Sequence[SourceItem]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What an item says now.

    Args:
        data, extension: a file that an extractor reads; Markdown mostly.
        version: at most 64 characters; the same as long as the content is the same. "": the source cannot tell yet.
        info: what is kept in the document's `data_source_info`.
    """

    name: str
    data: bytes
    extension: str
    version: str
    info: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """This installation, as it is registered with a source."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


class Source(ABC):
    """Reads one kind of place that documents come from.

    Attributes:
        data_source_type: of its documents, at most 20 characters.
        fields: the credentials; none: no connection is needed.
        has_oauth: a connection can be made by consent at the source (`authorize_url`, `exchange`).

    All methods raise children of AppError only: SourceRefused, SourceGone, SourceUnavailable, SourceRateLimited,
    AddressBlocked, OutboundError, InvalidParam.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    data_source_type: ClassVar[str]
    fields: ClassVar[Sequence[SourceField]] = ()
    has_oauth: ClassVar[bool] = False

    async def check(self, access: Access) -> Account:
        """Whose the credentials are; asked before they are stored."""
        raise NotImplementedError

    def accept(self, access: Access, item: str) -> str:
        """An item's id as it is kept. Raises InvalidParam, AddressBlocked: what can be none is not taken."""
        if not 0 < len(item.strip()) <= MAX_ITEM:
            raise InvalidParam(f"An item's id has 1 to {MAX_ITEM} characters.", params="item")
        return item.strip()

    @abstractmethod
    async def browse(self, access: Access, query: str = "", cursor: str | None = None) -> Listing:
        """Items whose title holds `query`, one page of them."""

    @abstractmethod
    async def fetch(
        self, access: Access, item: str, *, info: Mapping[str, Any], known_version: str = ""
    ) -> Content | None:
        """An item's content; None: it is still the known version.

        Args:
            info: what earlier content said of itself, and the choices made when it was imported.
        """

    def authorize_url(self, app: OAuthApp, state: str) -> str:
        """Where a person consents."""
        raise NotImplementedError

    async def exchange(self, access: Access, app: OAuthApp, code: str) -> tuple[Mapping[str, str], Account]:
        """Credentials for the code that the consent gave; `access` has none yet."""
        raise NotImplementedError


def digest_of(data: bytes | str) -> str:
    """A version of content whose source tells none: SHA-256 in hex."""
    return sha256(data.encode() if isinstance(data, str) else data).hexdigest()


sources: Registry[Source] = Registry("source", "sources", Source)  # type: ignore[type-abstract]  # only subclasses are made
