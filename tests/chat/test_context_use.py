"""What knowledge takes of a model's window (KB-28)."""

from apps.common.perloop import run
from apps.common.tokens import estimate_tokens
from apps.knowledge.models import Segment
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_pending
from apps.models.contracts import ModelSpec
from apps.models.services.models import add_model
from tests.factories import make_app, make_key, make_provider
from tests.http import Client
from tests.waiting import eventually

PROVIDER, WINDOW = "openai_api_compatible", 2_000


def test_kb_28_two_passages_prompt_and_history_fit_the_window(server, workspace, upstream):
    dataset = create_dataset(workspace=workspace, name="Lamps", indexing_technique="economy")
    text = "\n".join(f"Lamp {n} is old. {'It burns oil. ' * 60}" for n in range(8))
    segmentation = {"separator": "\n", "max_tokens": 500}
    rule = {"mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": segmentation}}
    create_document_from_text(dataset=dataset, name="Lamps", text=text, process_rule=rule)
    run(index_pending())
    make_provider(workspace, upstream.base_url)
    spec = ModelSpec("gen-200-0", "llm", context_tokens=WINDOW)
    add_model(workspace=workspace, user=None, provider=PROVIDER, spec=spec, check=False)
    config = {
        "pre_prompt": "Be brief. " * 20,
        "model": {"provider": PROVIDER, "name": "gen-200-0", "mode": "chat", "completion_params": {"max_tokens": 300}},
        "dataset_configs": {"datasets": {"datasets": [{"dataset": {"id": str(dataset.pk), "enabled": True}}]}},
        "retriever_resource": {"enabled": True},
    }
    client = Client(server.url, make_key(make_app(workspace, config)))
    conversation_id = ""
    turns = 5
    for _ in range(turns):
        body = {"inputs": {}, "user": "ada", "conversation_id": conversation_id, "query": "Which lamp is old? " * 20}
        answer = client.post("/v1/chat-messages", body).json()
        conversation_id = answer["conversation_id"]
        assert len(answer["metadata"]["retriever_resources"]) == 2
        messages = next(row["body"]["messages"] for row in upstream.last() if "Be brief" in str(row["body"]))
        assert sum(estimate_tokens(str(message["content"])) + 4 for message in messages) <= WINDOW - 300
    assert len(messages) < 2 * turns  # the oldest turns had to go
    counted = Segment.objects.filter(hit_count__gt=0)
    eventually(lambda: sum(counted.values_list("hit_count", flat=True)) == 2 * turns)
