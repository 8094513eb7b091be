"""What a document would become, before it is added: by API and by command."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from apps.common.perloop import run
from apps.files.models import UploadFile
from apps.knowledge.models import Document, ProcessRule, Segment
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.preview import preview_text
from apps.models.catalogue import all_providers
from apps.models.drivers.demo import DemoDriver
from apps.models.services.credentials import set_credentials
from tests.factories import make_provider
from tests.http import Part, form
from tests.knowledge import samples
from tests.knowledge.api import error_of
from tests.knowledge.test_hierarchical import TWO_PARENTS
from tests.knowledge.test_hierarchical import rule as hierarchical
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT


@pytest.fixture
def silent(monkeypatch) -> None:
    """No model may be called."""

    async def never(self, *arguments):
        raise AssertionError("called")

    monkeypatch.setattr(DemoDriver, "embed", never)
    monkeypatch.setattr(DemoDriver, "stream_chat", never)


def estimate(client, dataset, **fields):
    return client.post(f"/v1/datasets/{dataset.pk}/indexing-estimate", fields)


def test_kb_13_a_text_is_cut_as_it_would_be_and_nothing_is_stored(client, vectors, add, silent):
    answer = estimate(client, vectors, text=TEXT, process_rule=ONE_A_LINE, limit=3)
    assert answer.status == 200, answer.body
    shown = answer.json()
    assert (shown["doc_form"], shown["total_segments"], shown["total_chunks"]) == ("text_model", 13, 13)
    assert shown["word_count"] == sum(map(len, PASSAGES))
    assert (shown["total_price"], shown["currency"]) == ("0", "USD")  # the demo model is free
    assert [item["content"] for item in shown["preview"]] == PASSAGES[:3]
    assert [item["position"] for item in shown["preview"]] == [1, 2, 3]
    assert shown["preview"][0]["word_count"] == len(PASSAGES[0])
    assert shown["qa_preview"] == []
    assert not any(model.objects.exists() for model in (Document, Segment, UploadFile, ProcessRule))


def test_kb_13_the_preview_is_what_comes(client, vectors, add):
    shown = estimate(client, vectors, text=TEXT, process_rule={"mode": "automatic"}).json()
    document = add(vectors, TEXT, process_rule={"mode": "automatic"})
    assert (shown["total_segments"], shown["tokens"]) == (document.segment_count, document.tokens)
    assert [item["content"] for item in shown["preview"]] == list(Segment.objects.values_list("content", flat=True))


def test_a_file_with_pages_and_children(client, economy):
    data = {"process_rule": hierarchical(), "limit": 1}
    file = Part(samples.pdf(["One line.", "Two."], ["Three."]), "pages.pdf", "application/pdf")
    answer = client.post(f"/v1/datasets/{economy.pk}/indexing-estimate", **form(file, data=json.dumps(data)))
    assert answer.status == 200, answer.body
    shown = answer.json()
    assert (shown["doc_form"], shown["total_segments"], shown["total_chunks"]) == ("hierarchical_model", 1, 3)
    assert shown["preview"] == [
        {
            "position": 1, "content": "One line.\nTwo.\nThree.", "answer": None, "page": 1, "word_count": 21,
            "tokens": 6, "child_chunks": ["One line.", "Two.", "Three."],
        }
    ]  # fmt: skip
    assert (shown["total_price"], shown["currency"]) == (None, None)
    assert not UploadFile.objects.exists()


def test_kb_13_the_catalogues_price_is_told(workspace, settings):
    spec = next(
        spec for (type_, _), spec in all_providers()["openai"].specs.items()
        if type_ == "text-embedding" and spec.prices.prompt
    )  # fmt: skip
    set_credentials(workspace=workspace, user=None, provider="openai", values={"api_key": "sk-x"}, check=False)
    base = create_dataset(
        workspace=workspace,
        name="Paid",
        indexing_technique="high_quality",
        embedding_provider="openai",
        embedding_model=spec.name,
    )
    found = preview_text(dataset=base, name="x", text=TEXT, process_rule=ONE_A_LINE)
    assert found.price == found.tokens * spec.prices.prompt * spec.prices.unit > Decimal(0)
    assert found.currency == spec.prices.currency


def test_a_price_nobody_knows_is_null(workspace, upstream):
    make_provider(workspace, upstream.base_url, embed="text-embedding")
    base = create_dataset(
        workspace=workspace,
        name="Own",
        indexing_technique="high_quality",
        embedding_provider="openai_api_compatible",
        embedding_model="embed",
    )
    found = preview_text(dataset=base, name="x", text=TEXT)
    assert (found.price, found.currency) == (None, None)


def test_kb_17_pairs_of_the_first_passages_are_shown_on_request(client, vectors):
    asked = {"text": TEXT, "process_rule": ONE_A_LINE, "doc_form": "qa_model"}
    plain = estimate(client, vectors, **asked).json()
    assert (plain["total_segments"], plain["qa_preview"]) == (13, [])
    shown = estimate(client, vectors, **asked, qa_preview=2).json()
    assert [pair["answer"] for pair in shown["qa_preview"]] == PASSAGES[:2]
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("fields", "status", "code", "message"),
    [
        ({}, 400, "invalid_param", "process_rule is required."),
        ({"process_rule": {"mode": "magic"}}, 400, "invalid_param", "Process rule mode is invalid"),
        ({"process_rule": ONE_A_LINE, "doc_form": "x"}, 400, "invalid_param", "x is not a valid choice"),
        ({"process_rule": ONE_A_LINE, "limit": 0}, 400, "invalid_param", "limit must be 1 to 100."),
        ({"process_rule": ONE_A_LINE, "qa_preview": 6}, 400, "invalid_param", "qa_preview must be 0 to 5."),
        ({"process_rule": ONE_A_LINE, "text": " "}, 400, "invalid_param", "text is required"),
        ({"process_rule": ONE_A_LINE, "text": "https://a.b"}, 200, None, None),
    ],
)
def test_what_is_wrong_is_said_as_at_the_import(client, economy, silent, fields, status, code, message):
    answer = estimate(client, economy, **{"text": TEXT, **fields})
    assert answer.status == status
    if code:
        assert error_of(answer) == (status, code, message)


def test_files_are_checked_as_at_the_import(client, economy, settings):
    path, data = f"/v1/datasets/{economy.pk}/indexing-estimate", json.dumps({"process_rule": ONE_A_LINE})
    settings.UPLOAD_FILE_SIZE_LIMIT = 1
    for name, content, expected in (
        ("a.exe", b"MZ", (415, "unsupported_file_type")),
        ("a.txt", b"x" * (2**20 + 1), (413, "file_too_large")),
        ("a.txt", b"", (400, "invalid_param")),
        ("a.pdf", b"no pdf", (400, "invalid_file")),
        ("a.txt", b"\n \n", (400, "invalid_file")),
    ):
        assert error_of(client.post(path, **form(Part(content, name), data=data)))[:2] == expected
    assert error_of(client.post(path, **form(data=data)))[:2] == (400, "no_file_uploaded")


def test_an_empty_base_must_be_told_the_technique(client, workspace):
    empty = create_dataset(workspace=workspace, name="Empty")
    answer = estimate(client, empty, text=TEXT, process_rule=ONE_A_LINE)
    assert error_of(answer) == (400, "invalid_param", "indexing_technique is required.")
    shown = estimate(client, empty, text=TEXT, process_rule=ONE_A_LINE, indexing_technique="high_quality")
    assert shown.json()["total_price"] == "0"


def test_later_previews_take_the_bases_rule(client, economy, add):
    add(economy, TEXT, process_rule=ONE_A_LINE)
    assert estimate(client, economy, text=TEXT).json()["total_segments"] == len(PASSAGES)


def preview(*arguments: str) -> list[dict]:
    out = StringIO()
    call_command("knowledge_preview", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())["previews"]


def test_the_command_needs_no_base(workspace, tmp_path, silent):
    file = tmp_path / "two.txt"
    file.write_text(TWO_PARENTS)
    shown, missing = preview(str(file), str(tmp_path / "none.txt"), "--rule", json.dumps(hierarchical()))
    assert (shown["file"], shown["total_segments"], shown["total_chunks"]) == ("two.txt", 2, 5)
    assert missing == {"file": "none.txt", "error": "cannot be read: No such file or directory"}
    (whole,) = preview(str(file), "--doc-form", "hierarchical_model", "--indexing", "economy", "--limit", "1")
    assert len(whole["preview"]) == 1
    assert not Document.objects.exists()


def test_the_command_takes_a_bases_rule_and_asks_for_pairs(economy, add, tmp_path):
    add(economy, TEXT, process_rule=ONE_A_LINE)
    file = tmp_path / "lines.txt"
    file.write_text("\n".join(PASSAGES[:4]))
    (shown,) = preview(str(file), "--dataset", str(economy.pk), "--doc-form", "qa_model", "--qa", "1")
    assert shown["total_segments"] == 4
    assert [pair["answer"] for pair in shown["qa_preview"]] == PASSAGES[:1]


def test_knowledge_add_takes_the_form(economy, tmp_path):
    file = tmp_path / "lines.txt"
    file.write_text(PASSAGES[0])
    call_command("knowledge_add", str(economy.pk), str(file), "--doc-form", "qa_model", "--json", stdout=StringIO())
    run(index_pending())
    assert Segment.objects.get().answer == PASSAGES[0]
