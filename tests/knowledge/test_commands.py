import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from apps.common.errors import AppError, InvalidParam
from apps.knowledge.models import Dataset, Segment
from apps.prompts.models import ApiToken
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT


def command(name: str, *arguments: str) -> Any:
    out = StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def folder(workspace, tmp_path):
    (tmp_path / "notes.txt").write_text(TEXT)
    (tmp_path / "lines.jsonl").write_text("\n".join(json.dumps({"content": text}) for text in PASSAGES))
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 50)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    return tmp_path


def test_from_nothing_to_an_answer(folder):
    retrieval = json.dumps({"search_method": "hybrid_search", "top_k": 3})
    made = command("knowledge_create", "Base", "--retrieval", retrieval, "--embedding", "demo/demo-embedding")
    dataset_id = made["dataset_id"]
    assert list(made) == ["dataset_id"]
    added = command(
        "knowledge_add", dataset_id, str(folder / "notes.txt"), str(folder / "lines.jsonl"), "--wait",
        "--rule", json.dumps(ONE_A_LINE),
    )  # fmt: skip
    assert [(row["status"], row["segments"], row["error"]) for row in added["documents"]] == [
        ("completed", len(PASSAGES), None)
    ] * 2
    found = command("knowledge_search", dataset_id, PASSAGES[7])
    assert len(found["records"]) == 3
    best = found["records"][0]
    assert list(best) == ["score", "segment"]
    assert list(best["segment"]) == ["id", "position", "document_id", "content"]
    assert (best["segment"]["content"], best["segment"]["position"]) == (PASSAGES[7], 8)
    fewer = command("knowledge_search", dataset_id, "lamp", "--method", "full_text_search", "--top-k", "1")
    assert len(fewer["records"]) == 1


def test_what_cannot_be_added_is_reported_beside_the_rest(folder):
    dataset_id = command("knowledge_create", "Base", "--indexing", "economy")["dataset_id"]
    names = ["notes.txt", "empty.txt", "binary.txt", "picture.png"]
    rows = command("knowledge_add", dataset_id, *(str(folder / name) for name in names), "--wait")["documents"]
    by_status = {row["error"]: row["status"] for row in rows}
    assert by_status.pop(None) == "completed"
    assert set(by_status.values()) == {"error"}
    assert any("empty.txt: The file is empty." in error for error in by_status)
    assert any("picture.png: File type not allowed." in error for error in by_status)
    assert any("not recognised" in error for error in by_status)
    assert len(rows) == 4


def test_without_wait_nothing_is_indexed_here(folder):
    dataset_id = command("knowledge_create", "Base", "--indexing", "economy")["dataset_id"]
    [row] = command("knowledge_add", dataset_id, str(folder / "notes.txt"))["documents"]
    assert (row["status"], row["segments"]) == ("waiting", 0)
    assert not Segment.objects.exists()


def test_a_key_of_the_workspace(workspace):
    token = command("knowledge_key", "--workspace", workspace.name)["token"]
    assert token.startswith("dataset-")
    assert len(token) == len("dataset-") + 24
    assert ApiToken.objects.get().workspace == workspace


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("knowledge_create", ["Base", "--retrieval", "{"]),
        ("knowledge_create", ["Base", "--retrieval", "[]"]),
        ("knowledge_create", ["Base", "--embedding", "nobody/none"]),
        ("knowledge_create", ["x" * 41]),
        ("knowledge_add", ["01a20381-544e-7bb3-87ae-cb80af619830", "x.txt"]),
        ("knowledge_create", ["Base", "--embedding", "demo"]),
        ("knowledge_create", ["Base", "--embedding", "/demo-embedding"]),
        ("knowledge_search", ["no-id", "lamp"]),
        ("knowledge_key", ["--workspace", "Nowhere"]),
    ],
)
def test_wrong_arguments_are_explained(workspace, name, arguments):
    with pytest.raises(AppError) as caught:
        command(name, *arguments)
    assert caught.value.message
    assert not Dataset.objects.exists()


@pytest.mark.parametrize("arguments", [["lamp", "--top-k", number] for number in ("0", "-4", "101")] + [[" "]])
def test_a_search_for_nothing_or_without_bounds_is_refused(workspace, arguments):
    dataset_id = command("knowledge_create", "Base", "--indexing", "economy")["dataset_id"]
    with pytest.raises(InvalidParam):
        command("knowledge_search", dataset_id, *arguments)


def test_a_file_that_is_not_there_is_named_and_the_others_are_added(workspace, tmp_path):
    dataset_id = command("knowledge_create", "Base", "--indexing", "economy")["dataset_id"]
    there = tmp_path / "there.md"
    there.write_text("Here I am.")
    added, refused = command("knowledge_add", dataset_id, str(there), "nowhere.md", "--wait")["documents"]
    assert (added["status"], added["segments"]) == ("completed", 1)
    assert refused == {
        "id": None, "status": "error", "segments": 0, "error": "nowhere.md: cannot be read: No such file or directory"
    }  # fmt: skip
