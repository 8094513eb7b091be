"""Turns through a real server of the OpenAI protocol, well-behaved and not."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.logs.models import Message
from tests.factories import make_app, make_key, make_provider, upstream_config
from tests.http import Client
from tests.waiting import eventually

PREFIX = "[openai_api_compatible] Error: "


@pytest.fixture
def ask_model(server, workspace, upstream):
    """A client for a chat app on one of the fake server's models."""

    def make(name: str, mode: str = "chat", **config) -> Client:
        make_provider(workspace, upstream.base_url, name)
        return Client(server.url, make_key(make_app(workspace, {**upstream_config(name), **config}, mode=mode)))

    return make


def body(**changes):
    return {"inputs": {}, "query": "Hello", "user": "ada", "response_mode": "streaming", **changes}


def test_an_answer_of_fifty_chunks_costs_what_the_provider_counted(ask_model, upstream):
    events = ask_model("fake").post("/v1/chat-messages", body()).events()
    assert [event["answer"] for event in events[:-1]] == [*(f"tok{n} " for n in range(50)), ""]
    usage = events[-1]["metadata"]["usage"]
    assert usage["completion_tokens"] == 50
    sent = upstream.last()[0]
    assert sent["body"]["messages"] == [{"role": "user", "content": "Hello"}]
    assert sent["body"]["stream"] is True
    assert sent["headers"]["authorization"] == "Bearer sk-secret-of-the-workspace"


def test_instructions_parameters_and_stop_words_reach_the_model(ask_model, upstream):
    client = ask_model(
        "echo", pre_prompt="Help {{name}}.",
        user_input_form=[{"text-input": {"variable": "name", "label": "Name"}}],
        model={
            "provider": "langgenius/openai_api_compatible/openai_api_compatible", "name": "echo",
            "completion_params": {"temperature": 0.3, "max_tokens": 99, "stop": ["Human:"]},
        },
    )  # fmt: skip
    client.post("/v1/chat-messages", body(inputs={"name": "Ada"}))
    sent = upstream.last()[0]["body"]
    assert sent["messages"][0] == {"role": "system", "content": "Help Ada."}
    assert (sent["temperature"], sent["max_tokens"], sent["stop"]) == (0.3, 99, ["Human:"])


def test_app_01_a_text_generator_answers_without_a_conversation(ask_model):
    client = ask_model(
        "echo", mode="completion", pre_prompt="Say {{word}}",
        user_input_form=[{"text-input": {"variable": "word", "label": "Word", "required": True}}],
    )  # fmt: skip
    answer = client.post("/v1/completion-messages", {"inputs": {"word": "sea"}, "user": "ada"}).json()
    assert (answer["mode"], answer["answer"].strip()) == ("completion", "Say sea")
    assert "conversation_id" not in answer
    assert Message.objects.get().conversation_id is None
    refusal = client.post("/v1/completion-messages", {"inputs": {}, "user": "ada", "files": None})
    assert refusal.json()["message"] == "word is required in input form"


FAULTS = [
    ("fail-401", f"{PREFIX}API request failed with status code 401: "),
    ("fail-403", f"{PREFIX}API request failed with status code 403: "),
    ("fail-404", f"{PREFIX}API request failed with status code 404: "),
    ("fail-429", f"{PREFIX}API request failed with status code 429: "),
    ("fail-500", f"{PREFIX}API request failed with status code 500: "),
    ("fail-503", f"{PREFIX}API request failed with status code 503: "),
    ("cut-after-0", PREFIX),
    ("cut-after-5", f"{PREFIX}Response ended prematurely"),
    ("hang-after-0", PREFIX),
    ("hang-after-5", PREFIX),
    ("garbage", PREFIX),
    ("empty", f"{PREFIX}the answer is empty"),
]


@pytest.mark.parametrize(("model", "sentence"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_each_misbehaviour_ends_in_one_error_event_and_a_stored_failed_message(ask_model, server, model, sentence):
    client = ask_model(model)
    began = time.monotonic()
    answer = client.post("/v1/chat-messages", body())
    assert time.monotonic() - began < 5
    assert answer.status == 200
    *deltas, error = answer.events()
    assert {event["event"] for event in deltas} <= {"message"}
    assert list(error) == ["event", "conversation_id", "message_id", "created_at", "code", "status", "message"]
    assert (error["event"], error["code"], error["status"]) == ("error", "completion_request_error", 400)
    assert error["message"].startswith(sentence)
    assert "sk-secret" not in error["message"]
    message = Message.objects.get(id=error["message_id"])
    assert (message.status, message.error_code, message.error) == ("error", error["code"], error["message"])
    assert message.answer == "".join(event["answer"] for event in deltas)
    if model.endswith("-5"):
        assert message.answer.startswith("tok0 tok1 ")
    assert Client(server.url).get("/v1/").status == 200


@pytest.mark.parametrize("model", ["fail-500", "cut-after-5", "empty"])
def test_a_blocking_failure_is_an_http_error(ask_model, model):
    answer = ask_model(model).post("/v1/chat-messages", body(response_mode="blocking"))
    assert (answer.status, answer.json()["code"]) == (400, "completion_request_error")
    assert Message.objects.get().status == "error"


def test_an_answer_without_end_is_cut_off(ask_model, monkeypatch):
    monkeypatch.setattr("apps.chat.turn.MAX_ANSWER_CHARACTERS", 100)
    *deltas, error = ask_model("fake").post("/v1/chat-messages", body()).events()
    assert error["message"] == f"{PREFIX}the answer does not end."
    assert len(Message.objects.get().answer) <= 100
    assert len(deltas) > 10


def test_a_slow_model_succeeds(ask_model):
    answer = ask_model("slow-600").post("/v1/chat-messages", body(response_mode="blocking"))
    assert answer.status == 200
    assert answer.json()["metadata"]["usage"]["latency"] > 0.6


def test_stop_keeps_what_came_and_ends_with_message_end(ask_model):
    client = ask_model("gen-200-20")
    events = []
    for event in client.stream("/v1/chat-messages", body()):
        events.append(event)
        if len(events) == 5:
            path = f"/v1/chat-messages/{event['task_id']}/stop"
            other = Client(f"http://{client.netloc}", client.token).post(path, {"user": "bob"})
            assert other.json() == {"result": "success"}
        if len(events) == 10:
            assert client.post(path, {"user": "ada"}).json() == {"result": "success"}
    assert events[-1]["event"] == "message_end"
    assert 10 <= len(events) < 60
    message = Message.objects.get()
    assert message.status == "stopped"
    assert message.answer == "".join(event.get("answer", "") for event in events)


def test_stopping_nothing_is_a_success(ask_model):
    client = ask_model("fake")
    for task_id in ("0193a0a0-0000-7000-8000-000000000001", "nonsense"):
        assert client.post(f"/v1/chat-messages/{task_id}/stop", {"user": "ada"}).json() == {"result": "success"}
    assert client.post("/v1/chat-messages/x/stop", {}).json()["message"] == "Arg user must be provided."


def test_a_run_goes_on_when_its_reader_leaves(ask_model):
    stream = ask_model("gen-40-20").stream("/v1/chat-messages", body())
    next(stream)
    stream.close()
    eventually(lambda: Message.objects.get().status == "normal")
    assert Message.objects.get().answer.split() == [f"tok{n}" for n in range(40)]


def test_streams_at_three_times_the_pool_all_end_well(ask_model, server, settings):
    client = ask_model("gen-20-40")
    count = 3 * settings.DATABASE_ASYNC_POOL_SIZE

    def one(number: int):
        return client.post("/v1/chat-messages", body(user=f"user{number}")).events()

    with ThreadPoolExecutor(count) as pool:
        runs = list(pool.map(one, range(count)))
    assert [run[-1]["event"] for run in runs] == ["message_end"] * count
    assert Message.objects.filter(status="normal").count() == count


def test_silence_is_filled_with_pings(ask_model, settings):
    settings.PING_INTERVAL_S = 0.1
    lines = list(ask_model("slow-500").lines("POST", "/v1/chat-messages", body()))
    assert lines[0:2] == [b"event: ping\n", b"\n"]
    assert 3 <= lines.count(b"event: ping\n") <= 6


def test_a_model_that_is_not_there(server, workspace):
    client = Client(server.url, make_key(make_app(workspace, upstream_config("fake"))))
    error = client.post("/v1/chat-messages", body()).events()[-1]
    assert (error["event"], error["code"]) == ("error", "provider_not_initialize")
    assert Message.objects.get().status == "error"
