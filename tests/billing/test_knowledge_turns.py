"""Turns that read knowledge, and budgets: what comes before the answer is paid by whom it belongs to."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.models import BudgetSpend, Usage
from apps.common.perloop import run
from apps.knowledge.models import Dataset, MetadataField
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_pending
from apps.logs.models import Message
from apps.models.contracts import ModelSpec, Prices
from apps.models.services.models import add_model
from apps.workspaces.models import Workspace
from tests.factories import make_app, make_key
from tests.http import Client
from tests.waiting import eventually

from .conftest import ANSWER_USD, NOTHING, PRICES, WITH_PROMPT

pytestmark = pytest.mark.django_db(transaction=True)
PROVIDER = "openai_api_compatible"
EMBEDDER = "text-embedding-3-small"


@pytest.fixture
def price(priced: Workspace) -> Callable[..., None]:
    """Adds a model, or gives one another price."""

    def price(name: str, prices: Prices, type_: Any = "llm", **more: Any) -> None:
        spec = ModelSpec(name, type_, context_tokens=16_000, prices=prices, **more)
        add_model(workspace=priced, user=None, provider=PROVIDER, spec=spec, check=False)

    return price


@pytest.fixture
def base_of(priced: Workspace) -> Callable[..., Dataset]:
    def base_of(text: str, **more: Any) -> Dataset:
        dataset = create_dataset(workspace=priced, **{"name": "Lamps", "indexing_technique": "economy", **more})
        MetadataField.objects.create(dataset=dataset, name="year", type="number")
        create_document_from_text(dataset=dataset, name="Lamp", text=text)
        run(index_pending())
        return dataset

    return base_of


@pytest.fixture
def asking(server: Any, priced: Workspace) -> Callable[..., Any]:
    def asking(base: Dataset, query: str, model: dict[str, Any], **settings: Any) -> Any:
        config = {
            "model": {"mode": "chat", "completion_params": {"max_tokens": 50}, **model},
            "dataset_configs": {"datasets": {"datasets": [{"dataset": {"id": str(base.pk)}}]}, **settings},
        }
        body = {"inputs": {}, "query": query, "user": "ada", "response_mode": "blocking", "auto_generate_name": False}
        return Client(server.url, make_key(make_app(priced, config))).post("/v1/chat-messages", body)

    return asking


def model(name: str) -> dict[str, str]:
    return {"provider": PROVIDER, "name": name}


def test_a_turn_whose_passages_cost_too_much_is_refused_and_pays_nothing(asking, base_of, price, make_budget, upstream):
    base = base_of("The lamp of 1843 is old. " * 60)
    price("fake", WITH_PROMPT)
    make_budget("0.005")
    answer = asking(base, "lamp", model("fake"))
    assert (answer.status, answer.json()["code"]) == (429, "budget_exceeded")
    assert "/v1/chat/completions" not in upstream.stats()
    message = Message.objects.get()
    assert (message.error_code, message.prompt_tokens, message.total_price) == ("budget_exceeded", 0, NOTHING)
    assert BudgetSpend.objects.values_list("spent_usd", "held_usd").get() == (NOTHING, NOTHING)


@pytest.mark.parametrize("own", [NOTHING, Decimal("0.02")])
def test_a_model_that_only_filters_is_paid_at_its_own_price(asking, base_of, price, make_budget, workspace, own):
    """Whether the app's model costs something or nothing."""
    base = base_of("The lamp of 1843 is old.")
    price("fake", Prices(completion=own))
    price("echo", Prices(prompt=Decimal(1)))
    make_budget(10)
    asked = f"lamp {json.dumps({'conditions': []})}"
    filters = {"metadata_filtering_mode": "automatic", "metadata_model_config": model("echo")}
    assert asking(base, asked, model("fake"), **filters).status == 200
    eventually(lambda: Usage.objects.filter(workspace_id=workspace.pk).count() == 2)
    paid = dict(Usage.objects.values_list("model", "cost"))
    assert paid["echo"] > 0
    answered = NOTHING if own == NOTHING else ANSWER_USD
    message = Message.objects.get()
    assert (paid["fake"], message.total_price, message.completion_tokens) == (answered, answered, 50)
    assert BudgetSpend.objects.get().spent_usd == paid["echo"] + answered


def test_the_apps_own_model_pays_for_its_filters_with_the_turn(asking, base_of, price, make_budget, workspace):
    base = base_of("The lamp of 1843 is old.")
    make_budget(10)
    assert asking(base, "lamp", model("fake"), metadata_filtering_mode="automatic").status == 200
    eventually(lambda: Usage.objects.filter(workspace_id=workspace.pk, calls=2).exists())
    assert Message.objects.get().total_price == 2 * ANSWER_USD
    assert BudgetSpend.objects.get().spent_usd == 2 * ANSWER_USD


def test_a_free_model_does_not_open_a_spent_budget_for_embeddings(asking, base_of, price, make_budget, workspace):
    price(EMBEDDER, PRICES, "text-embedding")
    embedding = {"embedding_provider": PROVIDER, "embedding_model": EMBEDDER}
    base = base_of("The lamp of 1843 is old.", indexing_technique="high_quality", **embedding)
    price(EMBEDDER, Prices(prompt=Decimal("0.02")), "text-embedding")
    budget = make_budget(1)
    BudgetSpend.objects.create(
        budget_id=budget.pk, subject_id=workspace.pk, period_start=datetime.now(UTC).date(), spent_usd=1
    )
    answer = asking(base, "another lamp", {"provider": "demo", "name": "demo-chat"})
    assert (answer.status, answer.json()["code"]) == (429, "budget_exceeded")
