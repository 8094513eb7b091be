"""A workspace whose models cost something: an answer of `fake` (50 tokens) a tenth of a cent."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.models import Budget
from apps.billing.services.budgets import create_budget
from apps.models.contracts import ModelSpec, Prices
from apps.models.services.models import add_model
from apps.prompts.models import App
from apps.workspaces.models import Workspace
from tests.factories import make_app, make_key, make_provider, make_workspace, upstream_config
from tests.fakes.upstream import Upstream
from tests.http import Client

ANSWER_USD = Decimal("0.001")
NOTHING = Decimal(0)
PRICES = Prices(completion=Decimal("0.02"))
WITH_PROMPT = Prices(prompt=Decimal("0.02"), completion=Decimal("0.02"))  # of models that fail: nothing may come of it
MODELS = ("fake", "echo", "fail-500", "gen-50-20", "cut-after-10")


@pytest.fixture
def workspace(server) -> Workspace:
    return make_workspace()


@pytest.fixture
def priced(workspace: Workspace, upstream: Upstream) -> Workspace:
    make_provider(workspace, upstream.base_url, *MODELS)
    for name in MODELS:
        prices = WITH_PROMPT if name.startswith("fail") else PRICES
        spec = ModelSpec(name, "llm", context_tokens=16_000, prices=prices)
        add_model(workspace=workspace, user=None, provider="openai_api_compatible", spec=spec, check=False)
    return workspace


@pytest.fixture
def make_budget(workspace: Workspace) -> Callable[..., Budget]:
    """A daily `stop` budget of the workspace; anything else by name."""

    def make_budget(limit_usd: Any, **more: Any) -> Budget:
        values = {"scope": "workspace", "subject_id": None, "period": "day", **more}
        return create_budget(workspace=workspace, user=None, limit_usd=limit_usd, **values)

    return make_budget


@pytest.fixture
def app_of(priced: Workspace) -> Callable[..., App]:
    """An app on a model, which may answer with 50 tokens."""

    def app_of(model: str = "fake", **more: Any) -> App:
        config = upstream_config(model, **more)
        config["model"]["completion_params"] = {"max_tokens": 50}
        return make_app(priced, config)

    return app_of


@pytest.fixture
def client(server, app_of) -> Client:
    return Client(server.url, make_key(app_of()))


@pytest.fixture
def ask(client: Client) -> Callable[..., Any]:
    """One blocking turn."""

    def ask(user: str = "ada", by: Client = client, query: str = "Hello?") -> Any:
        body = {"inputs": {}, "query": query, "user": user, "response_mode": "blocking"}
        return by.post("/v1/chat-messages", body)

    return ask
