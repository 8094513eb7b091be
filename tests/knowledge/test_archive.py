"""A base that went through an archive is the same base: equal rows, equal answers, and no model was asked."""

import hashlib
import json
import stat
import zipfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from apps.common.errors import AppError, InvalidParam
from apps.common.fsck import run_checks
from apps.common.ids import new_id
from apps.common.packing import ArchiveInvalid
from apps.common.perloop import run
from apps.files import storage
from apps.files.errors import StorageUnavailable
from apps.files.models import UploadFile
from apps.files.services.uploads import read_upload
from apps.knowledge.errors import DatasetNameDuplicate
from apps.knowledge.models import (
    Dataset,
    Document,
    MetadataField,
    ProcessRule,
    Segment,
    SegmentEmbedding,
    SegmentLexical,
)
from apps.knowledge.selectors import list_segments
from apps.knowledge.services.exporting import export_dataset
from apps.knowledge.services.importing import import_dataset
from apps.knowledge.services.retrieve import retrieve
from apps.knowledge.services.segments import update_segment
from apps.knowledge.services.updates import set_documents_status
from apps.knowledge.wire import dump_retrieval, parse_retrieval
from apps.models.handles import ModelHandle
from apps.workspaces.choices import TagKind
from apps.workspaces.models import AuditEvent
from apps.workspaces.selectors import list_tags_of
from apps.workspaces.services.tags import set_tags
from tests.factories import make_workspace
from tests.knowledge.tables import everything
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT

SHIPS = [
    "The schooner Ada carried slate from Porthmadog to Stettin.",
    "Her mate could neither read nor swim, and outlived three captains.",
    "In the winter of 1871 she lay frozen in for eleven weeks.",
    "The cook kept hens under the longboat until the great storm.",
    "Lloyd's register lists her last with a new keel and a donkey engine.",
    "A bell of hers hangs in the school of Borth.",
]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    options = {**settings.STORAGES["default"]["OPTIONS"], "location": tmp_path / "files"}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}
    return tmp_path / "files"


@pytest.fixture
def base(vectors, add) -> Dataset:
    """With all that an archive is to carry: a switched-off passage, an archived document, children, metadata, tags."""
    first = add(vectors, TEXT, process_rule=ONE_A_LINE)
    second = add(vectors, "\n".join(SHIPS[:3]), name="Second", doc_language="French")
    add(vectors, "\n".join(SHIPS[3:]), name="Third", process_rule=ONE_A_LINE)
    one, *_ = list_segments(document=first)
    update_segment(document=first, segment=one, enabled=False, keywords=["lamp", "log"])
    set_documents_status(dataset=vectors, document_ids=[second.pk], action="archive")
    parent = Segment.objects.filter(document__name="Third").order_by("position")[0]
    Segment.objects.filter(pk=parent.pk).update(metadata={"page": 3, "url": "https://a.example"})
    child = Segment.objects.get(pk=parent.pk)
    child.pk, child.parent, child.position, child.origin = new_id(), parent, 1, "customized"
    child.save(force_insert=True)
    SegmentEmbedding.objects.filter(segment=parent).update(segment=child)
    SegmentLexical.objects.filter(segment=parent).update(segment=child)
    Document.objects.filter(name="Third").update(doc_metadata={"year": 1871, "ship": "Ada\u2028"}, doc_type="book")
    MetadataField.objects.create(dataset=vectors, name="year", type="number")
    set_tags(workspace=vectors.workspace, kind=TagKind.KNOWLEDGE, names=["sea", "old"], target_id=vectors.pk)
    vectors.description, vectors.permission = "Of lamps", "partial_members"
    wanted = {**vectors.retrieval_model, "search_method": "hybrid_search", "top_k": 5}
    vectors.retrieval_model = dump_retrieval(parse_retrieval(wanted))
    vectors.save()
    return vectors


@pytest.fixture
def archive(base, tmp_path) -> Path:
    export_dataset(dataset=base, path=tmp_path / "base.zip")
    return tmp_path / "base.zip"


@pytest.fixture
def no_calls(monkeypatch) -> list[object]:
    """Calls of any embedding model."""
    calls: list[object] = []

    async def embed(self: ModelHandle, texts: object) -> object:
        calls.append(texts)
        raise AssertionError("a model was called")

    monkeypatch.setattr(ModelHandle, "embed", embed)
    return calls


def hits(dataset: Dataset, query: str) -> list[tuple[Any, ...]]:
    found = run(retrieve(workspace_id=dataset.workspace_id, dataset_ids=[dataset.pk], query=query))
    return [(hit.content, hit.score, hit.document_name, hit.doc_metadata) for hit in found if hit.score]


def rest(dataset: Dataset) -> dict[str, Any]:
    """What `everything` does not look at."""
    documents = Document.objects.filter(dataset=dataset).order_by("position")
    fields = ("name", "doc_language", "doc_type", "doc_metadata", "enabled", "archived", "doc_form", "created_from")
    return {
        "documents": list(documents.values_list(*fields, "created_at", "process_rule__mode", "process_rule__rules")),
        "files": [read_upload(document.upload_file) for document in documents if document.upload_file],
        "uploads": list(documents.values_list("upload_file__name", "upload_file__mime_type", "upload_file__sha256")),
        "segments": list(
            Segment.objects.filter(dataset=dataset)
            .order_by("document__position", "parent__position", "position")
            .values_list("parent__position", "origin", "keywords", "metadata", "enabled", "answer", "page")
        ),
        "rules": ProcessRule.objects.filter(dataset=dataset).count(),
        "metadata": list(MetadataField.objects.filter(dataset=dataset).values_list("name", "type")),
        "tags": [tag.name for tag in list_tags_of(workspace=dataset.workspace_id, target_ids=[dataset.pk])[dataset.pk]],
        "base": (
            dataset.description, dataset.retrieval_model, dataset.indexing_technique, dataset.embedding_model,
            dataset.embedding_provider, dataset.data_source_type, dataset.doc_form,
        ),
    }  # fmt: skip


def test_a_base_comes_back_equal_in_another_workspace_without_a_call(base, archive, no_calls):
    other = make_workspace("Other", "other@example.org")
    imported = import_dataset(workspace=other, path=archive)
    new = Dataset.objects.get(pk=imported.dataset.pk)
    assert everything(new) == everything(base)
    assert rest(new) == rest(base)
    assert (new.name, new.workspace, new.permission, imported.warnings) == ("Vectors", other, "only_me", [])
    old_ids = set(Segment.objects.filter(dataset=base).values_list("pk", flat=True))
    assert not old_ids & set(Segment.objects.filter(dataset=new).values_list("pk", flat=True))
    for document in Document.objects.filter(dataset=new):
        assert document.data_source_info == {"upload_file_id": str(document.upload_file_id)}
    assert no_calls == []
    assert run_checks().found == {}
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"dataset.export", "dataset.import"}


@pytest.mark.parametrize("method", ["semantic_search", "full_text_search", "hybrid_search", "keyword_search"])
def test_searches_find_the_same_with_the_same_scores(base, archive, method):
    new = import_dataset(workspace=base.workspace, path=archive).dataset
    for dataset in (base, new):
        Dataset.objects.filter(pk=dataset.pk).update(
            retrieval_model={**dataset.retrieval_model, "search_method": method}
        )
    for query in ("lamp of the lighthouse", "harbour ice", PASSAGES[10]):
        assert hits(new, query) == hits(base, query)
        assert hits(base, query)


def test_an_economical_base_and_an_empty_one(economy, workspace, add, tmp_path, no_calls):
    add(economy, TEXT)
    empty = Dataset.objects.create(workspace=workspace, name="Empty")
    for dataset in (economy, empty):
        path = tmp_path / f"{dataset.name}.zip"
        export_dataset(dataset=dataset, path=path)
        new = import_dataset(workspace=workspace, path=path).dataset
        assert everything(new) == everything(dataset)
        assert new.name == f"{dataset.name} 2"


def test_names(base, archive):
    workspace = base.workspace
    assert import_dataset(workspace=workspace, path=archive, name="Mine").dataset.name == "Mine"
    with pytest.raises(DatasetNameDuplicate):
        import_dataset(workspace=workspace, path=archive, name="Mine")
    with pytest.raises(InvalidParam):
        import_dataset(workspace=workspace, path=archive, name="x" * 41)
    assert len(list(storage.list_keys())) == UploadFile.objects.count() == 6


def test_what_is_not_indexed_stays_behind_and_is_counted(base, tmp_path):
    Document.objects.filter(name="Second").update(indexing_status="error", error="no")
    exported = export_dataset(dataset=base, path=tmp_path / "part.zip")
    assert (exported.documents, exported.left_out, exported.originals) == (2, 1, 2)
    assert import_dataset(workspace=base.workspace, path=tmp_path / "part.zip").documents == 2


def test_without_the_model_the_base_is_there_and_says_what_it_needs(base, tmp_path):
    Dataset.objects.update(embedding_provider="openai", embedding_model="text-embedding-3-small")
    SegmentEmbedding.objects.update(model="openai/text-embedding-3-small")
    export_dataset(dataset=base, path=tmp_path / "a.zip")
    imported = import_dataset(workspace=base.workspace, path=tmp_path / "a.zip")
    [warning] = imported.warnings
    assert "openai/text-embedding-3-small" in warning
    assert SegmentEmbedding.objects.filter(dataset=imported.dataset).count() == everything(base)["totals"][0][0]
    assert run_checks().found == {}


def test_the_file_is_private_and_appears_whole_or_not_at_all(base, tmp_path):
    path = tmp_path / "a.zip"
    export_dataset(dataset=base, path=path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(InvalidParam, match="exists already"):
        export_dataset(dataset=base, path=path)
    with pytest.raises(InvalidParam, match="cannot be written"):
        export_dataset(dataset=base, path=tmp_path / "none" / "a.zip")
    upload = Document.objects.filter(dataset=base).first().upload_file
    storage.delete(upload.storage_key)
    with pytest.raises(AppError, match="fsck"):
        export_dataset(dataset=base, path=tmp_path / "b.zip")
    assert [found.name for found in tmp_path.glob("*.zip*")] == ["a.zip"]
    assert not list(tmp_path.glob(".b.zip*"))


# --- hostile and damaged files -------------------------------------------------------------------------------

Entries = dict[str, bytes]


def rewritten(archive: Path, change: Callable[[Entries, dict[str, Any]], None], *, resign: bool = True) -> Path:
    """The archive with other entries; their checksums are made to fit, as whoever wants to do harm would."""
    with zipfile.ZipFile(archive) as source:
        entries = {name: source.read(name) for name in source.namelist()}
    manifest = json.loads(entries.pop("manifest.json"))
    change(entries, manifest)
    if resign:
        manifest["files"] = {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in entries.items()
        }
    target = archive.with_name("changed.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in entries.items():
            out.writestr(name, data)
        out.writestr("manifest.json", json.dumps(manifest))
    return target


def line_of(name: str, **values: Any) -> Callable[[Entries, dict[str, Any]], None]:
    """Changes the first line of an entry."""

    def change(entries: Entries, manifest: dict[str, Any]) -> None:
        first, *others = entries[name].splitlines(keepends=True)
        entries[name] = json.dumps({**json.loads(first), **values}).encode() + b"\n" + b"".join(others)

    return change


def of_base(**values: Any) -> Callable[[Entries, dict[str, Any]], None]:
    return lambda entries, manifest: manifest["base"].update(values)


def of_manifest(**values: Any) -> Callable[[Entries, dict[str, Any]], None]:
    return lambda entries, manifest: manifest.update(values)


def entry(name: str, data: bytes) -> Callable[[Entries, dict[str, Any]], None]:
    return lambda entries, manifest: entries.update({name: data})


def without(name: str) -> Callable[[Entries, dict[str, Any]], None]:
    def change(entries: Entries, manifest: dict[str, Any]) -> None:
        del entries[name]

    return change


PART = "segments/00001.jsonl"
HOSTILE = {
    "slip": (entry("../../etc/cron.d/x", b"x"), "no part of an archive"),
    "absolute": (entry("/etc/passwd", b"x"), "no part of an archive"),
    "inner slip": (entry("files/../../x", b"x"), "no part of an archive"),
    "bomb": (entry("files/99", bytes(40 * 2**20)), "100 times"),
    "version": (of_manifest(version=2), "version 2, this product reads version 1"),
    "format": (of_manifest(format="else"), "no archive of a knowledge base"),
    "no documents": (without("documents.jsonl"), "its manifest lists"),
    "no vectors": (without("vectors/00001.f16"), "too few vectors"),
    "short vectors": (entry("vectors/00001.f16", b"\0\0" * 10), "too few vectors"),
    "not finite": (entry("vectors/00001.f16", b"\x7e\x00" * 1024 * 20), "cannot be stored"),
    "dimension": (of_base(dimensions=10**6), "dimensions"),
    "no model": (of_base(embedding_model=""), "has an embedding model"),
    "name": (of_base(name="x" * 300), "base.name"),
    "technique": (of_base(indexing_technique="magic"), "base.indexing_technique"),
    "rule": (of_manifest(rules=[{"mode": "custom", "rules": {}}] * 3), "process rules"),
    "no rule": (line_of("documents.jsonl", rule=9), "there is no rule 9"),
    "number": (line_of("documents.jsonl", n=2), "not numbered"),
    "path": (line_of("documents.jsonl", file={"path": "../x", "name": "x"}), "file.path"),
    "no file": (line_of("documents.jsonl", file={"path": "files/7", "name": "x"}), "files/7 is missing"),
    "other document": (line_of(PART, document=99), "not in order"),
    "same place": (line_of(PART, position=2), "the same place"),
    "parent": (line_of(PART, parent=5), "does not have"),
    "type": (line_of(PART, content=5), "line 1: content"),
    "huge number": (line_of(PART, tokens=2**40), "line 1: tokens"),
    "no JSON": (entry(PART, b"{"), "line 1"),
    "count": (of_manifest(segments=3), "its manifest says 3"),
    "deep": (entry(PART, b'{"n": ' + b"[" * 5000), "line 1"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_changes_nothing_and_is_told_why(base, archive, kind):
    change, sentence = HOSTILE[kind]
    before = (Dataset.objects.count(), Segment.objects.count(), len(list(storage.list_keys())))
    with pytest.raises(ArchiveInvalid, match=sentence) as caught:
        import_dataset(workspace=base.workspace, path=rewritten(archive, change))
    assert caught.value.code == "archive_invalid"
    assert str(archive) not in caught.value.message
    assert (Dataset.objects.count(), Segment.objects.count(), len(list(storage.list_keys()))) == before


def test_a_line_without_an_end_is_not_read_to_it(base, archive, monkeypatch):
    monkeypatch.setattr("apps.knowledge.archives.unpacking.MAX_LINE_BYTES", 5000)
    with pytest.raises(ArchiveInvalid, match="line 1: longer than"):
        import_dataset(workspace=base.workspace, path=rewritten(archive, line_of(PART, content="x" * 6000)))


@pytest.mark.parametrize("name", ["documents.jsonl", PART, "vectors/00001.f16", "files/1"])
def test_a_changed_byte_is_noticed(base, archive, name):
    def change(entries: Entries, manifest: dict[str, Any]) -> None:
        entries[name] = bytes([entries[name][0] ^ 1]) + entries[name][1:]

    with pytest.raises(ArchiveInvalid, match=f"{name} is damaged"):
        import_dataset(workspace=base.workspace, path=rewritten(archive, change, resign=False))


def test_what_is_no_archive(base, archive, tmp_path):
    data = archive.read_bytes()
    for number, content in enumerate([b"", b"PK\3\4", data[: len(data) // 2], data[:-5], b"x" * 1000]):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(content)
        with pytest.raises(ArchiveInvalid):
            import_dataset(workspace=base.workspace, path=path)
    with pytest.raises(InvalidParam, match="cannot be read"):
        import_dataset(workspace=base.workspace, path=tmp_path / "none.zip")
    twice = tmp_path / "twice.zip"
    with zipfile.ZipFile(twice, "w") as out:
        out.writestr("manifest.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            out.writestr("manifest.json", "{}")
    with pytest.raises(ArchiveInvalid, match="two of one name"):
        import_dataset(workspace=base.workspace, path=twice)


def test_a_text_postgres_cannot_hold_is_cleaned(base, archive):
    change = line_of(PART, content="a\0b", keywords=["\0"])
    new = import_dataset(workspace=base.workspace, path=rewritten(archive, change)).dataset
    assert Segment.objects.filter(dataset=new, content="ab", keywords=[""]).exists()


def test_a_store_that_fails_halfway_leaves_no_base(base, archive, monkeypatch):
    write, count = storage.write, iter(range(10))

    def failing(key: str, data: Any) -> None:
        if next(count) == 1:
            raise StorageUnavailable
        write(key, data)

    monkeypatch.setattr(storage, "write", failing)
    with pytest.raises(StorageUnavailable):
        import_dataset(workspace=base.workspace, path=archive)
    assert Dataset.objects.count() == 1
    assert len(list(storage.list_keys())) == UploadFile.objects.count() == 3


def test_commands(base, tmp_path):
    def command(*arguments: str) -> Any:
        out = StringIO()
        call_command(*arguments, "--json", stdout=out)
        return json.loads(out.getvalue())

    path, segments = str(tmp_path / "a.zip"), Segment.objects.count()
    exported = command("knowledge_export", str(base.pk), path)
    assert exported == {
        "file": path, "size_bytes": Path(path).stat().st_size, "documents": 3, "segments": segments,
        "vectors": segments - 1, "originals": 3, "left_out": 0,
    }  # fmt: skip
    imported = command("knowledge_import", path, "--workspace", base.workspace.name, "--name", "Copy")
    assert {**imported, "dataset_id": ""} == {
        "dataset_id": "", "name": "Copy", "documents": 3, "segments": segments, "warnings": [],
    }  # fmt: skip
