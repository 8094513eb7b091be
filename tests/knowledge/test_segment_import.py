"""Many passages at a time: from a CSV file, in one call, switched and deleted together; a worker does the rest."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.common.errors import AppError
from apps.knowledge.models import Dataset, Document, Segment
from apps.knowledge.services import passages
from tests.http import Part, form
from tests.knowledge.api import add_indexed, create, error_of, found, index
from tests.knowledge.tables import everything
from tests.knowledge.test_kill import killed_worker
from tests.knowledge.texts import ONE_A_LINE, PASSAGES

CSV = 'Content,Keywords\r\n"Obsidian is\nvolcanic glass.",stone; glass\r\n\r\nBasalt columns have six sides.,\r\n'


@pytest.fixture
def path(client) -> str:
    return add_indexed(client, create(client), "One.")


def send(client, path: str, data: str | bytes, name: str = "segments.csv"):
    part = Part(data.encode() if isinstance(data, str) else data, name, "text/csv")
    return client.post(f"{path}/segments/batch_import", **form(part))


def contents(client, path: str) -> list[str]:
    return [item["content"] for item in client.get(f"{path}/segments?limit=100").json()["data"]]


def test_kb_19_passages_come_from_a_csv_file(client, path):
    answer = send(client, path, CSV)
    assert answer.status == 200, answer.body
    job = answer.json()
    assert (job["job_id"], job["job_status"]) == (path.rsplit("/", 1)[1], "completed")
    assert contents(client, path) == ["One.", "Obsidian is\nvolcanic glass.", "Basalt columns have six sides."]
    assert client.get(f"{path}/segments").json()["data"][1]["keywords"] == ["stone", "glass"]
    assert found(client, path.split("/")[3], "basalt", "keyword_search") == ["Basalt columns have six sides."]


@pytest.mark.parametrize(
    "data",
    [
        "text;key_words\nFirst;a|b\n".encode("utf-8-sig"),
        f"\n\u5185\u5bb9,\u5173\u952e\u8bcd,x\nFirst,a\u3001b,{PASSAGES[10]}\n".encode("gb18030"),
        "TEXT\tKeywords\nFirst\ta, b\n".encode("utf-16"),
        b'id,Segment Content,other,Tags\n1,First,x,"a,b"',
    ],
)
def test_columns_encodings_and_separators(client, path, data):
    assert send(client, path, data).status == 200
    added = client.get(f"{path}/segments").json()["data"][1]
    assert (added["content"], added["keywords"]) == ("First", ["a", "b"])


def test_questions_and_answers(client, path):
    Document.objects.update(doc_form="qa_model")
    bad = error_of(send(client, path, "question,answer\nWhy?,Because.\nHow?\n,So.\n"))
    told = "Nothing was imported. Line 3: Answer is required. Line 4: Content is empty."
    assert bad == (400, "invalid_file", told)
    assert send(client, path, "Question,Answer\nWhy?,Because.\n").status == 200
    added = client.get(f"{path}/segments").json()["data"][1]
    assert (added["content"], added["answer"]) == ("Why?", "Because.")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "no row"),
        ("content\n", "no row below its first one"),
        ("a b,c\nx,y\n", "first row must name the columns"),
        (b"\x00\x01\x02\x03\x04", "binary data"),
        ("content,keywords\n" + ",x\n" * 12, "Line 11: Content is empty. 2 more lines are not valid."),
        ("content\n" + "x\n" * 4, "more than 3 rows"),
    ],
)
def test_files_that_are_no_such_table(client, path, settings, data, words):
    settings.SEGMENT_IMPORT_MAX_ROWS = 3
    answer = send(client, path, data)
    assert answer.status == 400
    assert words in answer.json()["message"] or answer.json()["code"] == "empty_file"
    assert Segment.objects.count() == 1


def test_requests_without_a_file_or_too_large(client, path, settings):
    assert error_of(client.post(f"{path}/segments/batch_import", **form(a="b")))[:2] == (400, "no_file_uploaded")
    settings.UPLOAD_FILE_SIZE_LIMIT = 0
    assert send(client, path, CSV).status == 413
    Document.objects.update(archived=True)
    assert send(client, path, CSV).status == 403


def test_a_template_can_be_sent_back(client, path):
    for doc_form, columns in (("text_model", "content,keywords"), ("qa_model", "question,answer,keywords")):
        Document.objects.update(doc_form=doc_form)
        answer = client.get(f"{path}/segments/batch_import/template")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.body.decode("utf-8-sig").splitlines()[0] == columns
        assert send(client, path, answer.body).status == 200


def test_kb_19_many_passages_are_left_to_a_worker(client, monkeypatch):
    monkeypatch.setattr("apps.knowledge.services.pipeline.CALL_TEXTS", 1)
    path = add_indexed(client, create(client, indexing_technique="high_quality"), "One.")
    body = {"segments": [{"content": f"Number {n}."} for n in range(20)]}
    answer = client.post(f"{path}/segments", body)
    assert answer.status == 200, answer.body
    shown = answer.json()["data"]
    assert [(one["position"], one["status"]) for one in shown] == [(n + 2, "waiting") for n in range(20)]
    job = client.get(f"{path}/segments/batch_import").json()
    assert (job["job_status"], job["completed_segments"], job["total_segments"]) == ("processing", 1, 21)
    assert error_of(client.post(f"{path}/segments", body)) == (400, "invalid_param", "Document is not available")
    index()
    assert client.get(f"{path}/segments/batch_import").json()["job_status"] == "completed"
    assert {one["status"] for one in client.get(f"{path}/segments?limit=100").json()["data"]} == {"completed"}
    assert found(client, path.split("/")[3], "Number 7.", "semantic_search")[0] == "Number 7."


def test_kb_19_an_import_goes_on_after_its_worker_was_killed(client, workspace):
    rows = "content\n" + "".join(f"Number {n} of many.\n" for n in range(700))
    bases = [create(client, name, indexing_technique="high_quality") for name in ("Calm", "Stormy")]
    for base in bases:
        path = add_indexed(client, base, "One.", process_rule=ONE_A_LINE)
        assert send(client, path, rows).json()["job_status"] == "processing"
        if base == bases[1]:
            killed_worker("first batch committed")
            assert 1 < Document.objects.get(dataset__name="Stormy").completed_segments < 701
            Document.objects.filter(dataset__name="Stormy").update(lease_until=timezone.now() - timedelta(seconds=1))
        index()
    calm, stormy = (everything(Dataset.objects.get(pk=base)) for base in bases)
    assert len(calm["words"]) == 701
    assert stormy == calm


def test_kb_21_many_are_switched_and_deleted_by_one_call(client):
    base = create(client)
    path = add_indexed(client, base, "Zero.\nOne.\nTwo.\nThree.")
    ids = [item["id"] for item in client.get(f"{path}/segments").json()["data"]]
    chosen = "&".join(f"segment_id={id}" for id in ids[:2])
    for action, left in (("disable", []), ("enable", ["Zero."])):
        for _ in range(2):
            answer = client.request("PATCH", f"{path}/segments/{action}?{chosen}")
            assert (answer.status, answer.json()) == (200, {"result": "success"})
        assert found(client, base, "zero", "keyword_search") == left
    for wrong in ("", f"?{chosen}&segment_id={uuid4()}", f"?{chosen}&segment_id=x"):
        for method, address in (("PATCH", "/disable"), ("DELETE", "")):
            assert client.request(method, f"{path}/segments{address}{wrong}").status in {400, 404}
    assert Segment.objects.filter(enabled=True).count() == 4
    assert client.request("DELETE", f"{path}/segments?{chosen}").status == 204
    assert contents(client, path) == ["Two.", "Three."]
    document = Document.objects.get()
    assert (document.segment_count, document.completed_segments, document.word_count) == (2, 2, len("Two.Three."))
    assert everything(document.dataset)["totals"][0][0] == 2


def test_the_command_adds_and_waits(client, path, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("apps.knowledge.services.pipeline.WORDS_ONLY", 1)
    monkeypatch.setattr(passages, "FEW", 1)
    file = tmp_path / "segments.csv"
    file.write_text(CSV)
    document_id = path.rsplit("/", 1)[1]
    call_command("knowledge_segments", document_id, str(file), "--json")
    assert '"added": 2, "waiting": 2, "status": "indexing"' in capsys.readouterr().out
    index()
    call_command("knowledge_segments", document_id, str(file), "--wait", "--json")
    assert '"added": 2, "waiting": 0, "status": "completed"' in capsys.readouterr().out
    with pytest.raises(AppError, match="cannot be read"):
        call_command("knowledge_segments", document_id, str(tmp_path / "none.csv"))
