"""The registry's contract, and the sources that need no server but a small one: GitHub and PostgreSQL."""

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha1

import pytest
from django.db import connection as database

from apps.common.errors import AppError, InvalidParam
from apps.common.guard import AddressBlocked
from apps.common.perloop import run
from apps.knowledge.errors import SourceDuplicate, SourceGone, SourceNotConnected, SourceRefused, SourceUnavailable
from apps.knowledge.models import Document, Segment, SourceConnection
from apps.knowledge.services.connections import connect, get_source, open_access
from apps.knowledge.services.imports import import_items
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.sync import sync_due
from apps.knowledge.source_contract import Access, Content, SourceItem, sources
from tests.fakes.relay import Relay
from tests.fakes.web import Asked, Said, WebServer, said_json


@pytest.fixture(autouse=True)
def allowed(settings) -> None:
    settings.SOURCE_PRIVATE_HOSTS = ["127.0.0.1"]


# --- the contract ---


@pytest.mark.parametrize("key", sources.all())
def test_kb_33_every_source_says_what_it_is(key):
    source = sources.get(key)()
    assert not sources.failures
    assert source.key == key
    assert source.label
    assert 0 < len(source.data_source_type) <= 20
    names = [field.name for field in source.fields]
    assert len(names) == len(set(names))
    assert all(field.label for field in source.fields)
    assert not any(field.secret and field.default for field in source.fields)
    types = [other.data_source_type for other in sources.all().values()]
    assert types.count(source.data_source_type) == 1


def test_kb_33_every_source_checks_its_fields_and_needs_its_connection(workspace, economy):
    for key in [key for key, source in sources.all().items() if source.fields]:
        for values, sentence in (({}, "is required"), ({"nonsense": "x"}, "no field"), ({"nonsense": 1}, "no field")):
            with pytest.raises(InvalidParam, match=sentence):
                connect(workspace=workspace, source=key, values=values)
        name = sources.get(key).fields[0].name
        for value in ("two\nlines", "x" * 5_000, 7):
            with pytest.raises(InvalidParam, match="one line"):
                connect(workspace=workspace, source=key, values={name: value})
        with pytest.raises(SourceNotConnected):
            import_items(dataset=economy, source=key, items=[SourceItem("page", "page", "Page")])
    assert not SourceConnection.objects.exists()


def test_kb_33_d11_addresses_of_this_network_are_refused_when_a_connection_is_made(workspace, settings):
    settings.SOURCE_PRIVATE_HOSTS = []
    values = {
        "github": {"repository": "a/b", "base_url": "http://127.0.0.1:8080"},
        "database": {"host": "127.0.0.1", "database": "x", "user": "x", "password": "x"},
    }
    for key in values:
        with pytest.raises(AddressBlocked):
            connect(workspace=workspace, source=key, values=values[key])


# --- GitHub ---

FILES = {"README.md": b"# Rules\n\nHotels in Oslo cost 210 euros.", "src/main.py": b"print(1)", "logo.png": b"\x89PNG"}


class GitHub(WebServer):
    """One repository, with the token `good` for what is private."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.files = dict(FILES)

    def _answer(self, asked: Asked) -> Said:
        if asked.headers.get("authorization") != "Bearer good":
            return said_json({"message": "Not Found"}, 404)
        path = asked.path.removeprefix("/api/v3/repos/acme/wiki")
        if path == "":
            return said_json({"full_name": "acme/wiki", "default_branch": "trunk"})
        if path == "/git/trees/trunk":
            return said_json({"tree": [{"path": path, "type": "blob"} for path in self.files]})
        for name, data in self.files.items():
            if path == f"/contents/{name}" and asked.query == {"ref": "trunk"}:
                told = {"type": "file", "sha": digest(data), "content": b64encode(data).decode()}
                return said_json({**told, "html_url": f"https://github.example/acme/wiki/blob/trunk/{name}"})
            if path == f"/git/blobs/{digest(data)}" and "raw" in asked.headers["accept"]:
                return Said(data, type="application/octet-stream")
        return said_json({"message": "Not Found"}, 404)


def digest(data: bytes) -> str:
    return sha1(data, usedforsecurity=False).hexdigest()


@pytest.fixture
def github() -> Iterator[GitHub]:
    server = GitHub()
    yield server
    server.stop()


@pytest.fixture
def repository(workspace, github) -> SourceConnection:
    values = {"repository": "acme/wiki", "token": "good", "base_url": f"{github.url}/api/v3"}
    return connect(workspace=workspace, source="github", values=values)


def fetched(connection: SourceConnection, item: str, known_version: str = "") -> Content | None:
    source = get_source(connection.source)
    return run(source.fetch(open_access(source, connection), item, info={}, known_version=known_version))


def test_kb_33_files_of_a_repository(github, repository, economy):
    assert repository.name == "acme/wiki (trunk)"
    source = get_source("github")
    listing = run(source.browse(open_access(source, repository), "m"))
    assert [item.id for item in listing.items] == ["README.md", "src/main.py"]
    import_items(dataset=economy, source="github", connection=repository, items=listing.items)
    assert [result.outcome for result in sync_due()] == ["changed", "changed"]
    run(index_pending())
    readme, code = Document.objects.order_by("position")
    assert (readme.indexing_status, code.indexing_status) == ("completed", "completed")
    assert (readme.data_source_type, readme.source_version) == ("github_import", digest(FILES["README.md"]))
    assert "Hotels in Oslo" in Segment.objects.get(document=readme).content
    assert (code.name, code.upload_file.extension) == ("src/main.py", "txt")
    assert code.data_source_info["url"].endswith("/blob/trunk/src/main.py")
    with pytest.raises(SourceDuplicate):
        import_items(dataset=economy, source="github", connection=repository, items=listing.items)


def test_kb_33_an_unchanged_file_is_not_read_again(github, repository):
    content = fetched(repository, "README.md")
    assert content is not None
    github.asked.clear()
    assert fetched(repository, "README.md", content.version) is None
    assert not any("/git/blobs/" in path for path in github.paths())


def test_kb_33_what_a_repository_does_not_show(github, repository, workspace):
    with pytest.raises(SourceGone):
        fetched(repository, "gone.md")
    with pytest.raises(SourceRefused, match="type"):
        fetched(repository, "logo.png")
    for item in ("../../../user.md", "?x.md", "a#b.md"):
        with pytest.raises(SourceGone):
            fetched(repository, item)
    with pytest.raises(InvalidParam, match="owner/name"):
        connect(workspace=workspace, source="github", values={"repository": "../../user", "base_url": github.url})
    values = {"repository": "acme/wiki", "token": "bad", "base_url": f"{github.url}/api/v3"}
    with pytest.raises(SourceGone):
        connect(workspace=workspace, source="github", values=values)


# --- PostgreSQL ---


@pytest.fixture
def relay(transactional_db) -> Iterator[Relay]:
    config = database.settings_dict
    relay = Relay(config["HOST"], int(config["PORT"] or 5432))
    with database.cursor() as cursor:
        cursor.execute("create table faq (id int primary key, question text, answer text, tags jsonb)")
        cursor.execute("""insert into faq values (1, 'Why?', 'Because.', '["a"]'), (2, 'How?', null, null)""")
    yield relay
    relay.stop()
    with database.cursor() as cursor:
        cursor.execute("drop table faq")


@pytest.fixture
def rows(workspace, relay) -> SourceConnection:
    return connect(workspace=workspace, source="database", values=credentials(relay))


def credentials(relay: Relay, **more: str) -> dict[str, str]:
    config = database.settings_dict
    own = {"database": config["NAME"], "user": config["USER"], "password": config["PASSWORD"] or "any"}
    return {"host": "127.0.0.1", "port": str(relay.port), **own, **more}


def test_kb_33_rows_of_a_table_are_passages(rows, economy):
    source = get_source("database")
    listing = run(source.browse(open_access(source, rows), "faq"))
    assert [item.id for item in listing.items] == ["public.faq"]
    import_items(dataset=economy, source="database", connection=rows, items=listing.items)
    sync_due()
    run(index_pending())
    document = Document.objects.get()
    assert (document.indexing_status, document.error) == ("completed", None)
    assert (document.data_source_type, document.name) == ("database_import", "public.faq")
    assert list(Segment.objects.order_by("position").values_list("content", flat=True)) == [
        "id: 1\nquestion: Why?\nanswer: Because.\ntags: ['a']",
        "id: 2\nquestion: How?",
    ]
    assert fetched(rows, "public.faq", document.source_version) is None
    with database.cursor() as cursor:
        cursor.execute("update faq set answer = 'So.' where id = 2")
    assert fetched(rows, "public.faq", document.source_version) is not None


def test_kb_33_a_query_reads_and_does_nothing_else(rows):
    content = fetched(rows, "select question from faq where id = 1;")
    assert content is not None
    assert json.loads(content.data) == {"content": "question: Why?"}
    for item in (
        "select 1; drop table faq",
        "select 1) as x; commit; drop table faq; --",
        "with gone as (delete from faq returning id) select * from gone",
        "select set_config('transaction_read_only', 'off', false), lo_create(0)",
        "select pg_sleep(1), nextval('no_such')",
    ):
        with pytest.raises(SourceRefused):
            fetched(rows, item)
    for item in ("drop table faq", 'faq"; drop table faq; --', "a.b.c", ""):
        with pytest.raises(InvalidParam):
            fetched(rows, item)
    with database.cursor() as cursor:
        cursor.execute("select count(*) from faq")
        assert cursor.fetchone() == (2,)


def test_kb_33_a_query_has_its_time_and_its_rows(rows, monkeypatch):
    from apps.knowledge.sources import database as source

    monkeypatch.setattr(source, "STATEMENT_S", 0.1)
    with pytest.raises(SourceRefused, match="longer"):
        fetched(rows, "select pg_sleep(5)")
    monkeypatch.setattr(source, "STATEMENT_S", 30)
    monkeypatch.setattr(source, "MAX_ROWS", 10)
    content = fetched(rows, "select * from generate_series(1, 1000) as n")
    assert content is not None
    assert content.info["rows"] == 10
    with pytest.raises(SourceRefused, match="no rows"):
        fetched(rows, "select 1 where false")
    with pytest.raises(SourceRefused, match="too much text"):
        fetched(rows, "select repeat('x', 4000000) from generate_series(1, 9) as n")


def test_kb_33_d11_a_database_is_reached_by_the_address_that_was_checked(relay, workspace):
    refused: list[tuple[dict[str, str], type[AppError]]] = [
        ({"host": "/tmp"}, InvalidParam),  # libpq takes it for the folder of a socket
        ({"port": "x"}, InvalidParam),
        ({"database": "host=/tmp dbname=postgres"}, InvalidParam),
        ({"host": "169.254.169.254"}, AddressBlocked),
        ({"host": "localhost"}, AddressBlocked),
        ({"host": "no-such-host.invalid"}, SourceUnavailable),
    ]
    for more, error in refused:
        with pytest.raises(error):
            connect(workspace=workspace, source="database", values=credentials(relay, **more))
    assert relay.connections == 0
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        connect(workspace=workspace, source="database", values=credentials(relay, database="no_such"))


def test_kb_33_hosts_that_may_be_private_are_named_one_by_one():
    access = Access(private_hosts=frozenset({"wiki.internal"}))
    assert access.may_be_private("http://WIKI.internal:8080/x")
    assert not access.may_be_private("http://wiki.internal.evil.example/")
    assert not access.may_be_private("http://[::1")
    assert Access(private_hosts=frozenset({"*"})).may_be_private("http://10.0.0.1/")
