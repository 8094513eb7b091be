"""Rows of a PostgreSQL database, by a table's name or a query. Nothing is ever written there."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

from apps.common.errors import InvalidParam
from apps.common.guard import AddressBlocked, is_allowed
from apps.knowledge.errors import SourceRefused, SourceUnavailable
from apps.knowledge.source_contract import (
    MAX_TEXT_BYTES,
    Access,
    Account,
    Content,
    Listing,
    Source,
    SourceField,
    SourceItem,
    digest_of,
    sources,
)

if TYPE_CHECKING:
    import psycopg

MAX_ROWS: Final = 10_000
PAGE_SIZE: Final = 100
CONNECT_S: Final = 10
STATEMENT_S: Final = 30
TOTAL_S: Final = 120
_TABLE: Final = re.compile(r'[^\s".]{1,63}(?:\.[^\s".]{1,63})?')
# The guard's answer for a database's port is no; what counts here is the address.
_ANY_WEB_PORT: Final = 443
_TABLES: Final = """
select table_schema, table_name from information_schema.tables
where table_schema not in ('pg_catalog', 'information_schema') and position(lower(%s) in lower(table_name)) > 0
order by 1, 2 limit %s offset %s"""


@sources.register
class Database(Source):
    """Each row becomes a passage of its own: `column: value`, a line each.

    An item is `schema.table`, or a query that begins with `select` or `with`.
    """

    key: ClassVar[str] = "database"
    label: ClassVar[str] = "PostgreSQL database"
    data_source_type: ClassVar[str] = "database_import"
    fields: ClassVar = (
        SourceField("host", "Host"),
        SourceField("port", "Port", required=False, default="5432"),
        SourceField("database", "Database"),
        SourceField("user", "User", help="One that may only read is enough."),
        SourceField("password", "Password", secret=True),
    )

    async def check(self, access: Access) -> Account:
        """See the base class."""
        async with _connected(access) as connection:
            await connection.execute("select 1")
        told = access.credentials
        place = f"{told['user']}@{told['host']}:{told.get('port') or 5432}/{told['database']}"
        return Account(place[:255], f"{told['database']} on {told['host']}", {"database": told["database"]})

    def accept(self, access: Access, item: str) -> str:
        """See the base class."""
        _statement(item)
        return super().accept(access, item)

    async def browse(self, access: Access, query: str = "", cursor: str | None = None) -> Listing:
        """See the base class. `query` is looked for in the tables' names."""
        start = int(cursor) if cursor and cursor.isdecimal() else 0
        async with _connected(access) as connection:
            found = await (await connection.execute(_TABLES, [query, PAGE_SIZE + 1, start])).fetchall()
        items = [SourceItem(f"{schema}.{name}", "table", name, parent=schema) for schema, name in found[:PAGE_SIZE]]
        return Listing(items, str(start + PAGE_SIZE) if len(found) > PAGE_SIZE else None)

    async def fetch(
        self, access: Access, item: str, *, info: Mapping[str, Any], known_version: str = ""
    ) -> Content | None:
        """See the base class. The version is a digest of the rows, for databases tell of no last change."""
        lines: list[bytes] = []
        size = 0
        async with _connected(access) as connection:
            async for line in _lines(connection, _statement(item)):
                size += len(line)
                if size > MAX_TEXT_BYTES:
                    raise SourceRefused("These rows hold too much text. Select fewer columns or rows.")
                lines.append(line)
        if not lines:
            raise SourceRefused("There are no rows.")
        data = b"\n".join(lines)
        version = digest_of(data)
        if version == known_version:
            return None
        name = item if _TABLE.fullmatch(item) else " ".join(item.split())[:80]
        about = {"database": access.credentials["database"], "table": name, "rows": len(lines)}
        return Content(name, data, "jsonl", version, about)


def _statement(item: str) -> str:
    """The one statement that reads an item. Raises InvalidParam."""
    text = item.strip().rstrip(";").strip()
    if re.match(r"(?:select|with)\b", text, re.IGNORECASE):
        return f"select * from (\n{text}\n) as wanted limit {MAX_ROWS}"  # noqa: S608 - the query is the user's own
    if not _TABLE.fullmatch(text):
        raise InvalidParam("Write schema.table, or a query that begins with select.", params="item")
    quoted = ".".join(f'"{part}"' for part in text.split("."))
    return f"select * from {quoted} limit {MAX_ROWS}"  # noqa: S608 - quoted, and without quotes of its own


async def _lines(connection: "psycopg.AsyncConnection[Any]", statement: str) -> AsyncIterator[bytes]:
    """A line of JSON for each row that says something."""
    async with connection.cursor() as cursor:
        # Sent as a prepared statement, so that the server takes one statement and no second one behind it.
        async for row in cursor.stream(statement):
            names = [column.name for column in cursor.description or ()]
            said = [
                f"{name}: {value}" for name, value in zip(names, row, strict=True) if value is not None and value != ""
            ]
            if said:
                yield json.dumps({"content": "\n".join(said)}, ensure_ascii=False).encode("utf-8", "replace")


@asynccontextmanager
async def _connected(access: Access) -> "AsyncIterator[psycopg.AsyncConnection[Any]]":
    """A connection in a read-only transaction. Raises SourceRefused, SourceUnavailable, AddressBlocked."""
    import psycopg

    address = await _address(access)
    try:
        async with asyncio.timeout(TOTAL_S), await psycopg.AsyncConnection.connect(**address) as connection:
            await connection.set_read_only(True)
            yield connection
    except psycopg.errors.QueryCanceled as error:
        raise SourceRefused(f"The query takes longer than the {STATEMENT_S} seconds it may.") from error
    except psycopg.OperationalError as error:
        raise SourceUnavailable("The database cannot be reached, or refuses the user or password.") from error
    except psycopg.Error as error:
        raise SourceRefused(f"The database refuses this: {error.diag.message_primary or 'no reason given'}") from error
    except TimeoutError as error:
        raise SourceUnavailable("The database took too long.") from error


async def _address(access: Access) -> dict[str, Any]:
    """libpq's parameters, with the very address that was checked."""
    told = access.credentials
    host, port = told.get("host", ""), told.get("port") or "5432"
    if not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", host) or not re.fullmatch(r"\d{1,5}", port):
        raise InvalidParam("Write the host as a name or an address, and the port as a number.", params="host")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, int(port), type=1)
    except (OSError, UnicodeError, OverflowError) as error:
        raise SourceUnavailable("The database cannot be reached, or refuses the user or password.") from error
    checked = str(found[0][4][0])
    if not is_allowed(checked, _ANY_WEB_PORT, private_allowed=access.is_private_allowed(host)):
        raise AddressBlocked
    return {
        "host": host,
        "hostaddr": checked,
        "port": port,
        "dbname": _plain(told.get("database", "")),
        "user": told.get("user", ""),
        "password": told.get("password", ""),
        "passfile": "/dev/null",  # the server's own passwords are nobody's business
        "connect_timeout": CONNECT_S,
        "gssencmode": "disable",
        "options": f"-c statement_timeout={STATEMENT_S * 1000} -c default_transaction_read_only=on",
        "application_name": "knowledge",
    }


def _plain(name: str) -> str:
    """libpq takes a database's name that looks like a connection string for one."""
    if "=" in name or "://" in name:
        raise InvalidParam("Write the database's name alone.", params="database")
    return name
