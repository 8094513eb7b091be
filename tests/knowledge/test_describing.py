"""Descriptions that a model writes where there is none (KB-23)."""

import pytest
from django.utils import timezone

from apps.knowledge import tasks
from apps.knowledge.models import Dataset, Document
from apps.knowledge.services import describing
from apps.knowledge.services.datasets import create_dataset, update_dataset
from apps.knowledge.services.describing import describe_pending, shortened
from apps.models.services.models import set_default
from apps.workspaces.models import AuditEvent
from tests.factories import make_provider
from tests.knowledge.texts import PASSAGES, TEXT


def description(dataset: Dataset) -> str:
    dataset.refresh_from_db()
    return dataset.description


def test_kb_23_a_model_describes_a_base_once(economy, add):
    assert describe_pending() == 0
    add(economy, TEXT, name="Lore")
    assert describe_pending() == 1
    text = description(economy)
    assert "Lore" in text
    assert PASSAGES[0].split()[1] in text
    assert len(text) <= 400
    event = AuditEvent.objects.get(action="dataset.describe")
    assert (event.object_id, event.user) == (str(economy.pk), None)
    add(economy, "More.")
    assert describe_pending() == 0
    assert description(economy) == text


@pytest.mark.parametrize("blank", ["", "  \n", "useful for when you want to answer queries about the Base"])
def test_kb_23_blank_is_what_says_nothing(workspace, add, blank):
    dataset = create_dataset(workspace=workspace, name="Base", indexing_technique="economy", description=blank)
    add(dataset, "One.")
    assert describe_pending() == 1
    assert description(dataset) not in ("", blank)


def test_kb_23_what_a_person_wrote_or_took_away_stays(workspace, economy, add):
    written = create_dataset(workspace=workspace, name="B", indexing_technique="economy", description="Mine.")
    add(written, "One.")
    add(economy, "One.")
    update_dataset(dataset=economy, description="")
    assert describe_pending() == 0
    assert (description(written), description(economy)) == ("Mine.", "")
    add(economy, "Two.")
    assert describe_pending() == 1


def test_a_description_written_meanwhile_stays(economy, add, monkeypatch):
    add(economy, "One.")

    async def slow(workspace_id, material):
        return "By the model."

    def material(dataset):
        Dataset.objects.update(description="By hand.")
        return ""

    monkeypatch.setattr(describing, "_written", slow)
    monkeypatch.setattr(describing, "_material", material)
    assert describe_pending() == 0
    assert description(economy) == "By hand."


def test_kb_23_without_a_model_that_answers_there_is_none(workspace, economy, add, upstream):
    make_provider(workspace, upstream.base_url, "fail-500")
    set_default(workspace=workspace, user=None, model_type="llm", provider="openai_api_compatible", name="fail-500")
    add(economy, "One.")
    assert describe_pending() == 0
    assert description(economy) == ""
    Document.objects.update(completed_at=timezone.now() - describing.WINDOW)
    before = upstream.stats().get("errors_sent", 0)
    assert describe_pending() == 0
    assert upstream.stats().get("errors_sent", 0) == before  # it is not asked for ever


def test_the_worker_describes_after_it_has_indexed(economy, monkeypatch):
    sent: list[str] = []
    monkeypatch.setattr("apps.common.jobs.enqueue", sent.append)
    assert tasks.index() == 0
    assert sent == []
    from apps.knowledge.services.documents import create_document_from_text

    create_document_from_text(dataset=economy, name="A", text="One.")
    sent.clear()
    assert tasks.index() == 1
    assert sent == ["knowledge.describe"]
    assert tasks.describe() == 1


def test_a_long_description_is_cut_at_a_word():
    text = shortened("word " * 100)
    assert len(text) <= 400
    assert text.endswith("word...")
