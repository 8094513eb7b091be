"""Questions and answers: what a chat model makes of passages, and what a document becomes of them."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.common.perloop import run
from apps.knowledge.contracts import Processing
from apps.knowledge.models import Dataset, Document, DocumentPart, Segment, SegmentEmbedding
from apps.knowledge.rules import parse_rule, processing
from apps.knowledge.services import questions
from apps.knowledge.services.documents import create_document_from_file, create_document_from_text
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.retrieve import retrieve
from apps.knowledge.text.pairs import pairs_in
from apps.models import health
from apps.models.configured import WorkspaceModels
from apps.models.contracts import ChatRequest, Finish, TextDelta
from apps.models.drivers.demo import DemoDriver
from apps.models.errors import (
    ProviderContentFiltered,
    ProviderNotInitialized,
    ProviderRateLimited,
    ProviderUnavailable,
)
from tests.factories import make_provider
from tests.knowledge import samples
from tests.knowledge.api import error_of
from tests.knowledge.texts import ONE_A_LINE, PASSAGES

ENGLISH = PASSAGES[:6]
Answer = Callable[[str], str]


@pytest.fixture
def on_ask(monkeypatch) -> Callable[[Answer], list[str]]:
    """Answers in the demo chat model's place: gets a passage, returns text or raises; gives what was asked about."""
    seen: list[str] = []

    def install(answer: Answer) -> list[str]:
        async def hooked(self, endpoint, model, request: ChatRequest):
            passage = request.messages[-1].content.removeprefix("<passage>\n").removesuffix("\n</passage>")
            seen.append(passage)
            await asyncio.sleep(0)
            yield TextDelta(answer(passage))
            yield Finish("stop")

        monkeypatch.setattr(DemoDriver, "stream_chat", hooked)
        return seen

    return install


def of(passage: str) -> str:
    return f"Q1: What of {passage[:12]}?\nA1: {passage}"


def waiting(dataset: Dataset, text: str = "\n".join(ENGLISH), **options) -> Document:
    return create_document_from_text(
        dataset=dataset, name="Text", text=text, process_rule=ONE_A_LINE, doc_form="qa_model", **options
    )


def fresh(document: Document) -> Document:
    return Document.objects.get(pk=document.pk)


def pairs() -> list[tuple[str, str | None]]:
    return list(Segment.objects.order_by("position").values_list("content", "answer"))


def test_kb_17_the_demo_model_makes_pairs_and_a_near_question_finds_the_answer(vectors):
    document = waiting(vectors)
    run(index_pending())
    document = fresh(document)
    assert (document.indexing_status, document.segment_count, document.completed_segments) == ("completed", 6, 6)
    assert [answer for _, answer in pairs()] == ENGLISH
    assert pairs()[2][0] == "What does the text say about Bread, dough, rises, yeast, turns, sugar?"
    assert SegmentEmbedding.objects.count() == 6
    assert not DocumentPart.objects.exists()
    hits = run(
        retrieve(
            workspace_id=vectors.workspace_id, dataset_ids=[vectors.pk], query="Why does bread dough rise?", top_k=1
        )
    )
    assert hits[0].answer == ENGLISH[2]


def test_the_demo_model_asks_in_chinese_of_chinese(economy):
    waiting(economy, PASSAGES[10])
    run(index_pending())
    assert pairs() == [
        ("\u5173\u4e8e\u300c\u84dd\u9cb8\u662f\u5730\u7403\u4e0a\u6700\u5927\u7684\u52a8\u7269\u300d\uff0c"
         "\u6587\u4e2d\u8bf4\u4e86\u4ec0\u4e48\uff1f", PASSAGES[10])
    ]  # fmt: skip


def test_the_model_is_told_the_language_and_four_are_asked_at_once(economy, monkeypatch):
    told, at_once, most, all_here = [], 0, 0, asyncio.Event()

    async def hooked(self, endpoint, model, request):
        nonlocal at_once, most
        told.append(request)
        at_once += 1
        most = max(most, at_once)
        if at_once == questions.CALLS:
            all_here.set()
        await asyncio.wait_for(all_here.wait(), 20)
        await asyncio.sleep(0.01)  # for one too many to come
        at_once -= 1
        yield TextDelta("Q1: Who?\nA1: Me.")
        yield Finish("stop")

    monkeypatch.setattr(DemoDriver, "stream_chat", hooked)
    waiting(economy, doc_language="Japanese")
    run(index_pending())
    assert most == questions.CALLS
    assert all("in Japanese" in request.messages[0].content for request in told)
    assert told[0].parameters["max_tokens"] == 2000


def test_a_passage_without_pairs_is_skipped(economy, on_ask):
    def some(passage: str) -> str:
        if passage == ENGLISH[0]:
            return "There is nothing to ask."
        if passage == ENGLISH[1]:
            raise ProviderContentFiltered("Withheld.")
        return of(passage)

    on_ask(some)
    document = waiting(economy)
    run(index_pending())
    assert fresh(document).indexing_status == "completed"
    assert [answer for _, answer in pairs()] == ENGLISH[2:]


def test_a_document_without_any_pair_ends_in_an_error_that_says_so(economy, on_ask):
    on_ask(lambda passage: "I cannot help with that.")
    document = waiting(economy)
    run(index_pending())
    ended = fresh(document)
    assert ended.indexing_status == "error"
    assert "no question with an answer" in ended.error
    assert not DocumentPart.objects.exists()


def test_without_a_chat_model_the_document_says_so(economy, monkeypatch):
    def none(self, model_type):
        raise ProviderNotInitialized

    monkeypatch.setattr(WorkspaceModels, "default", none)
    document = waiting(economy)
    run(index_pending())
    assert (fresh(document).indexing_status, fresh(document).error) == ("error", ProviderNotInitialized.default_message)


def test_kb_17_a_rate_limit_is_waited_for_and_no_passage_is_paid_for_twice(economy, on_ask):
    limited = True

    def limit(passage: str) -> str:
        if limited and passage == ENGLISH[4]:
            raise ProviderRateLimited("Slow down, please.", retry_after_s=60)
        return of(passage)

    seen = on_ask(limit)
    document = waiting(economy)
    run(index_pending())
    stopped = fresh(document)
    assert (stopped.indexing_status, stopped.waiting_reason) == ("splitting", "Slow down, please.")
    assert timedelta(seconds=50) < stopped.retry_at - timezone.now() <= timedelta(seconds=60)
    done = DocumentPart.objects.exclude(pairs=None).count()
    assert (stopped.segment_count, stopped.completed_segments) == (6, done)
    assert done >= 4
    assert not Segment.objects.exists()
    limited = False
    health.forget_all()  # as if the time had passed
    Document.objects.update(retry_at=None)
    run(index_pending())
    assert fresh(document).indexing_status == "completed"
    assert [answer for _, answer in pairs()] == ENGLISH
    assert len(seen) <= 7
    assert sorted(set(seen)) == sorted(ENGLISH)
    assert not DocumentPart.objects.exists()


def test_a_provider_that_stays_down_is_given_up(economy, on_ask):
    def down(passage: str) -> str:
        raise ProviderUnavailable("The provider is on fire.")

    on_ask(down)
    document = waiting(economy)
    for _ in range(6):
        run(index_pending())
        Document.objects.update(retry_at=None)
    assert fresh(document).error == "Given up after 5 attempts: The provider is on fire."


DYING = """
import django; django.setup()
from tests.knowledge.dying_worker import die
from apps.common.perloop import run
from apps.knowledge.services import indexing, questions
asked, store = 0, questions._ask_about
async def dies(*args):
    global asked
    asked += 1
    if asked == 4:
        die()
    await store(*args)
questions._ask_about, questions.CALLS = dies, 1
run(indexing.index_pending())
"""


def test_killed_while_asking_goes_on_where_it_was(economy, on_ask):
    document = waiting(economy)
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "dify_project.settings.test"}
    done = subprocess.run([sys.executable, "-c", DYING], env=environment, check=False, timeout=60)
    assert done.returncode == -9
    assert DocumentPart.objects.exclude(pairs=None).count() == 3
    Document.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    seen = on_ask(of)
    run(index_pending())
    assert sorted(seen) == sorted(ENGLISH[3:])  # they are asked at once
    assert fresh(document).indexing_status == "completed"
    assert [answer for _, answer in pairs()] == ENGLISH


def test_kb_17_a_real_provider_is_asked_over_http(economy, upstream, settings):
    settings.MODEL_PRIVATE_ADDRESSES_ALLOWED = True
    make_provider(economy.workspace, upstream.base_url, "fake")
    rule = {
        "mode": "custom",
        "rules": {"pre_processing_rules": [], "segmentation": {"separator": "#", "max_tokens": 99}},
    }
    text = "SAY:\nQ1: Why?\nA1: Because."  # the server's model says what follows SAY:
    create_document_from_text(dataset=economy, name="Text", text=text, process_rule=rule, doc_form="qa_model")
    run(index_pending())
    assert [question for question, _ in pairs()] == ["Why?"]
    assert "You turn a text into questions" in str(upstream.last()[0]["body"]["messages"][0])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (
            "faq.csv",
            b"Topic,Question,Answer\nLamps,What is a lamp?,A light.\nBees,Do bees dance?,Yes.\nx,,none\ny,alone?,\n",
        ),
        (
            "faq.jsonl",
            b'{"content": "What is a lamp?", "answer": "A light."}\n{"text": "Do bees dance?", "answer": "Yes."}',
        ),
        ("faq.xlsx", samples.xlsx({"a": [["A", "Q"], ["A light.", "What is a lamp?"], ["Yes.", "Do bees dance?"]]})),
    ],
)
def test_kb_02_kb_17_tables_of_questions_and_answers_need_no_model(economy, on_ask, name, data):
    seen = on_ask(of)
    create_document_from_file(dataset=economy, name=name, data=data, process_rule=ONE_A_LINE, doc_form="qa_model")
    run(index_pending())
    assert pairs() == [("What is a lamp?", "A light."), ("Do bees dance?", "Yes.")]
    assert seen == []


def test_the_same_table_as_passages_keeps_its_columns(economy):
    data = b"Question,Answer\nWhat is a lamp?,A light.\n"
    create_document_from_file(dataset=economy, name="faq.csv", data=data, process_rule=ONE_A_LINE)
    run(index_pending())
    assert pairs() == [("Question: What is a lamp?\nAnswer: A light.", None)]


def test_only_lines_without_an_answer_are_asked_about(economy, on_ask):
    seen = on_ask(of)
    lines = b'{"content": "Who?", "answer": "Me.", "keywords": ["self"]}\n{"content": "Bees dance."}'
    create_document_from_file(
        dataset=economy, name="faq.jsonl", data=lines, process_rule=ONE_A_LINE, doc_form="qa_model"
    )
    run(index_pending())
    assert seen == ["Bees dance."]
    assert pairs() == [("Who?", "Me."), ("What of Bees dance.?", "Bees dance.")]
    assert Segment.objects.get(position=1).keywords == ["self"]


def test_metadata_all_lines_share_is_the_documents(economy):
    lines = (
        b'{"content": "One.", "metadata": {"author": "Ada", "year": 1843, "page": 1, "on": true}}\n'
        b'{"content": "Two.", "metadata": {"author": "Ada", "year": 1843, "page": 2, "on": true}}'
    )
    create_document_from_file(dataset=economy, name="notes.jsonl", data=lines, process_rule=ONE_A_LINE)
    run(index_pending())
    document = Document.objects.get()
    assert document.doc_metadata == {"author": "Ada", "year": 1843}
    assert set(economy.metadata_fields.values_list("name", "type")) == {("author", "string"), ("year", "number")}


def test_metadata_of_one_line_stays_with_its_segment_and_is_cited(client, economy):
    lines = (
        b'{"content": "Granite is hard.", "metadata": {"author": "Ada", "url": "https://a.example/1", "page": 1}}\n'
        b'{"content": "Basalt is dark.", "metadata": {"author": "Ada", "page": 2, "odd": [1]}}\n'
        b'{"content": "Chalk is soft.", "metadata": {"author": "Ada"}}'
    )
    document = create_document_from_file(dataset=economy, name="notes.jsonl", data=lines, process_rule=ONE_A_LINE)
    run(index_pending())
    path = f"/v1/datasets/{economy.pk}"
    shown = client.get(f"{path}/documents/{document.pk}/segments").json()["data"]
    assert [one["metadata"] for one in shown] == [{"url": "https://a.example/1", "page": 1}, {"page": 2}, None]
    found = {hit.content: hit.doc_metadata for word in ("granite", "chalk") for hit in ask_for(economy, word)}
    assert found["Granite is hard."] == {"author": "Ada", "url": "https://a.example/1", "page": 1}
    assert found["Chalk is soft."] == {"author": "Ada"}


def ask_for(dataset, word):
    return run(retrieve(workspace_id=dataset.workspace_id, dataset_ids=[dataset.pk], query=word))


def test_a_passage_of_questions_needs_its_answer(client, economy):
    document = waiting(economy)
    run(index_pending())
    path = f"/v1/datasets/{economy.pk}/documents/{document.pk}/segments"
    missing = client.post(path, {"segments": [{"content": "Who?"}]})
    assert error_of(missing) == (400, "invalid_param", "Answer is required")
    assert client.post(path, {"segments": [{"content": "Who?", "answer": "Me."}]}).status == 200


def rule_for(form: str) -> Processing:
    return processing(*parse_rule(ONE_A_LINE), form)


def test_only_documents_of_questions_make_pairs():
    assert [rule_for(form).is_pairs for form in ("text_model", "hierarchical_model", "qa_model")] == [
        False,
        False,
        True,
    ]


TWO = [("What is it?", "A lamp."), ("Who lit it?", "The keeper.\nAt dusk.")]


@pytest.mark.parametrize(
    "text",
    [
        "Q1: What is it?\nA1: A lamp.\nQ2: Who lit it?\nA2: The keeper.\nAt dusk.",
        "Here they are:\n\n**Q1:** What is it?\n**A1:** A lamp.\n\n**Q2:** Who lit it?\n**A2:** The keeper.\nAt dusk.",
        "1. Question: What is it?\n   Answer: A lamp.\n2. Question: Who lit it?\n   Answer: The keeper.\nAt dusk.",
        "- Q: What is it?\n- A: A lamp.\n- Q: Who lit it?\n- A: The keeper.\nAt dusk.\n- Q: What is it?\n- A: Again.",
        "<think>Q1: x</think>```\nQ1: What is it?\nA1: A lamp.\nQ2: Who lit it?\nA2: The keeper.\nAt dusk.\n```",
        "\u95ee\u98981\uff1aWhat is it?\n\u7b54\u68481\uff1aA lamp.\n"
        "\u95ee\u98982\uff1aWho lit it?\n\u7b54\u68482\uff1aThe keeper.\nAt dusk.",
        "Frage 1: What is it?\nAntwort 1: A lamp.\nFrage 2: Who lit it?\nAntwort 2: The keeper.\nAt dusk.",
        "Soru 1: What is it?\nCevap 1: A lamp.\nSoru 2: Who lit it?\nCevap 2: The keeper.\nAt dusk.",
        "### Q1: What is it?\n\nA1: A lamp.\n\n### Q2: Who lit it?\n\nA2: The keeper.\nAt dusk.\nQ3: Cut off?",
        "Q1: Unanswered?\nQ2: What is it?\nA2: A lamp.\nQ3: Who lit it?\nA3: The keeper.\nAt dusk.\nA4: Of nothing.",
    ],
)  # fmt: skip
def test_kb_17_pairs_are_read_from_what_models_write(text):
    assert pairs_in(text) == TWO


@pytest.mark.parametrize("text", ["", "Nothing to ask.", "Q1:\nA1:\n", "Note: this.\nStep 1: that.", "A1: first"])
def test_no_pairs_are_found_where_there_are_none(text):
    assert pairs_in(text) == []


@pytest.mark.parametrize("text", ["Q1: " * 50_000, "\n" * 200_000, "Q1:\n" * 16_000, "*" * 200_000, "1. " * 60_000])
def test_reading_pairs_takes_linear_time(text):
    start = time.process_time()
    pairs_in(text)
    assert time.process_time() - start < 2
