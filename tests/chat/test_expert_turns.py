"""Prompts, variables and model settings as they leave on the wire (groups A and B)."""

import pytest

from apps.common.perloop import run
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_pending
from apps.logs.models import Conversation, Message
from apps.models.contracts import ModelMode, ModelSpec
from apps.models.services.models import add_model
from tests.factories import make_app, make_key, make_provider
from tests.http import Client

PROVIDER = "openai_api_compatible"
CHAT, COMPLETION = "/v1/chat-messages", "/v1/completion-messages"


@pytest.fixture
def app_on(server, workspace, upstream):
    """A client for an app on one of the fake server's models, in its chat or its completion form."""

    def make(
        model: str = "fake",
        mode: str = "chat",
        *,
        kind: ModelMode = "chat",
        window: int = 16_000,
        params=None,
        more=None,
        **config,
    ):
        make_provider(workspace, upstream.base_url)
        spec = ModelSpec(model, "llm", context_tokens=window, mode=kind)
        add_model(workspace=workspace, user=None, provider=PROVIDER, spec=spec, check=False)
        chosen = {"provider": PROVIDER, "name": model, "mode": kind, "completion_params": params or {}, **(more or {})}
        return Client(server.url, make_key(make_app(workspace, {"model": chosen, **config}, mode=mode)))

    return make


def ask(client, path=CHAT, **changes):
    body = {"inputs": {}, "query": "Hello", "user": "ada", "auto_generate_name": False, **changes}
    answer = client.post(path, body)
    assert answer.status == 200, answer.body
    return answer.json()


def expert(*messages):
    prompt = [{"role": role, "text": text} for role, text in messages]
    return {"prompt_type": "advanced", "chat_prompt_config": {"prompt": prompt}}


def completion(text, **roles):
    config = {"prompt": {"text": text}, "conversation_histories_role": roles}
    return {"prompt_type": "advanced", "completion_prompt_config": config}


FORM = "Human: {{#query#}}\n\nAssistant:"
SAID = "<histories>\n{{#histories#}}\n</histories>\n\n"


# --- expert mode ---------------------------------------------------------------------------------------------------


def test_exp_02_a_completion_model_receives_one_string(app_on, upstream):
    client = app_on(kind="completion", **completion(f"Be brief.\n{SAID}{FORM}"))
    answer = ask(client)
    assert answer["answer"].startswith("tok0 ")
    sent = upstream.last()[0]
    assert sent["path"] == "/v1/completions"
    assert sent["body"]["prompt"] == "Be brief.\n<histories>\n\n</histories>\n\nHuman: Hello\n\nAssistant:"
    assert "messages" not in sent["body"]
    assert answer["metadata"]["usage"]["completion_tokens"] == 50


def test_exp_03_a_chat_model_receives_the_roles_in_order(app_on, upstream):
    client = app_on(**expert(("system", "S"), ("user", "Example?"), ("assistant", "Like this.")))
    first = ask(client)
    ask(client, query="And?", conversation_id=first["conversation_id"])
    sent = upstream.last()[0]["body"]["messages"]
    assert [(message["role"], message["content"]) for message in sent] == [
        ("system", "S"), ("user", "Example?"), ("assistant", "Like this."),
        ("user", "Hello"), ("assistant", first["answer"]), ("user", "And?"),
    ]  # fmt: skip


def test_exp_07_the_history_speaks_with_the_apps_prefixes(app_on, upstream):
    prompt = completion("{{#histories#}}\n人类: {{#query#}}\n助手:", user_prefix="人类", assistant_prefix="助手")
    client = app_on(kind="completion", **prompt)
    first = ask(client)
    ask(client, query="And?", conversation_id=first["conversation_id"])
    body = upstream.last()[0]["body"]
    assert body["prompt"] == f"人类: Hello\n助手: {first['answer']}\n人类: And?\n助手:"
    assert body["stop"] == ["人类:"]


def test_exp_10_stop_sequences_are_sent_and_cut_the_answer_where_nobody_heeds_them(app_on, upstream):
    client = app_on(kind="completion", params={"stop": ["tok3"]}, **completion(SAID + FORM))
    answer = ask(client)
    assert upstream.last()[0]["body"]["stop"] == ["tok3"]
    assert answer["answer"] == "tok0 tok1 tok2 "
    assert Message.objects.get().status == "normal"


def test_exp_10_a_streamed_answer_is_cut_too(app_on):
    client = app_on(kind="completion", params={"stop": ["ok3 tok4"]}, **completion(SAID + FORM))
    events = client.post(CHAT, {"inputs": {}, "query": "Hello", "user": "ada", "response_mode": "streaming"}).events()
    assert "".join(event.get("answer", "") for event in events) == "tok0 tok1 tok2 t"
    assert [event["event"] for event in events] == ["message"] * (len(events) - 1) + ["message_end"]
    assert events[-2]["answer"] == ""


def test_exp_10_completion_prompts_stop_at_human_by_default(app_on, upstream):
    client = app_on("echo", kind="completion", **completion(f"Example.\nHuman: x\n{SAID}{FORM}"))
    assert ask(client)["answer"] == "Example.\n"
    assert upstream.last()[0]["body"]["stop"] == ["Human:"]


def test_exp_12_the_prompt_log_is_what_was_sent(app_on, upstream):
    ask(app_on(**expert(("system", "S"), ("user", "{{#query#}}!"))))
    sent = upstream.last()[0]["body"]["messages"]
    assert Message.objects.get().prompt == [{"role": item["role"], "text": item["content"]} for item in sent]


def test_a_text_generator_in_expert_mode(app_on, upstream):
    form = [{"paragraph": {"variable": "query", "label": "Text", "required": True}}]
    client = app_on(mode="completion", user_input_form=form, **expert(("system", "S"), ("user", "{{query}}")))
    client.post(COMPLETION, {"inputs": {"query": "a poem"}, "user": "ada"})
    assert upstream.last()[0]["body"]["messages"] == [
        {"role": "system", "content": "S"}, {"role": "user", "content": "a poem"}
    ]  # fmt: skip


# --- variables -----------------------------------------------------------------------------------------------------

VARIABLES = [
    {"text-input": {"variable": "topic", "label": "Topic", "required": True, "max_length": 10}},
    {"select": {"variable": "tone", "label": "Tone", "options": ["dry", "warm"], "default": "dry"}},
    {"number": {"variable": "count", "label": "Count"}},
    {"checkbox": {"variable": "rhyme", "label": "Rhyme"}},
]


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        pytest.param({}, "topic is required in input form", id="app_21"),
        pytest.param({"topic": "x" * 11}, "topic in input form must be less than 10 characters", id="app_21_length"),
        pytest.param(
            {"topic": "x", "tone": "loud"},
            "tone in input form must be one of the following: ['dry', 'warm']",
            id="app_22",
        ),
        pytest.param({"topic": "x", "count": "many"}, "count in input form must be a number", id="number"),
        pytest.param({"topic": "x", "rhyme": "perhaps"}, "rhyme in input form must be true or false", id="checkbox"),
    ],
)
def test_bad_values_of_the_form_are_refused(app_on, upstream, inputs, sentence):
    client = app_on(mode="completion", pre_prompt="{{topic}}", user_input_form=VARIABLES)
    answer = client.post(COMPLETION, {"inputs": inputs, "user": "ada"})
    assert (answer.status, answer.json()["code"], answer.json()["message"]) == (400, "invalid_param", sentence)
    assert upstream.last() == []


def test_app_25_variables_are_filled_into_the_prompt(app_on, upstream):
    client = app_on(mode="completion", pre_prompt="{{count}} {{tone}} lines on {{topic}}, rhyme: {{rhyme}}, {{other}}",
                    user_input_form=VARIABLES)  # fmt: skip
    client.post(COMPLETION, {"inputs": {"topic": "{{tone}}", "count": "3", "rhyme": "yes"}, "user": "ada"})
    sent = upstream.last()[0]["body"]["messages"]
    assert sent == [{"role": "user", "content": "3 dry lines on {{tone}}, rhyme: True, {{other}}"}]


def test_app_26_the_opener_is_stored_with_its_variables_filled(app_on):
    client = app_on(opening_statement="Hello {{topic}}!", user_input_form=VARIABLES)
    ask(client, inputs={"topic": "sea"})
    assert Conversation.objects.get().introduction == "Hello sea!"


def test_app_27_the_parameters_list_opening_questions_and_switches(app_on):
    client = app_on(
        opening_statement="Hello {{topic}}!", suggested_questions=["Why?", "How?"], more_like_this={"enabled": True},
        retriever_resource={"enabled": True}, user_input_form=VARIABLES,
    )  # fmt: skip
    shown = client.get("/v1/parameters?user=ada").json()
    assert (shown["opening_statement"], shown["suggested_questions"]) == ("Hello {{topic}}!", ["Why?", "How?"])
    assert shown["more_like_this"] == shown["retriever_resource"] == {"enabled": True}
    assert shown["user_input_form"] == VARIABLES
    assert shown["file_upload"]["image"]["enabled"] is False


# --- knowledge -----------------------------------------------------------------------------------------------------


@pytest.fixture
def lighthouse(workspace):
    dataset = create_dataset(workspace=workspace, name="Lighthouse", indexing_technique="economy")
    text = "\n".join(f"The lamp of lighthouse {number} shines for {number} miles." for number in range(1, 15))
    rules = {"pre_processing_rules": [], "segmentation": {"separator": "\n", "max_tokens": 50, "chunk_overlap": 0}}
    create_document_from_text(dataset=dataset, name="Lamps", text=text, process_rule={"mode": "custom", "rules": rules})
    run(index_pending())
    return dataset


def knowledge(dataset, **settings):
    chosen = {"datasets": [{"dataset": {"id": str(dataset.id), "enabled": True}}]}
    return {"dataset_configs": {"retrieval_model": "multiple", "datasets": chosen, **settings}}


def test_app_33_the_passage_is_in_the_prompt_and_app_31_in_the_sources(app_on, upstream, lighthouse):
    client = app_on(retriever_resource={"enabled": True}, **knowledge(lighthouse))
    answer = ask(client, query="How far does the lamp of lighthouse 7 shine?")
    system = upstream.last()[0]["body"]["messages"][0]["content"]
    assert "<context>\nThe lamp of lighthouse 7 shines" in system
    sources = answer["metadata"]["retriever_resources"]
    assert [source["position"] for source in sources] == [1, 2]  # top_k is 2 unless the app says otherwise
    assert "lighthouse 7" in sources[0]["content"]


def test_app_31_no_sources_where_they_are_off(app_on, lighthouse):
    answer = ask(app_on(**knowledge(lighthouse)), query="lamp of lighthouse 7")
    assert "retriever_resources" not in answer["metadata"]


@pytest.mark.parametrize("top_k", [1, 5, 10])
def test_exp_08_top_k_passages_are_used(app_on, upstream, lighthouse, top_k):
    blocks = expert(("system", "<context>\n{{#context#}}\n</context>"))
    ask(app_on(**blocks, **knowledge(lighthouse, top_k=top_k)), query="lamp of the lighthouse")
    assert upstream.last()[0]["body"]["messages"][0]["content"].count("The lamp of") == top_k


def test_exp_08_a_small_window_takes_fewer(app_on, upstream, lighthouse):
    blocks = expert(("system", "<context>\n{{#context#}}\n</context>"))
    client = app_on(window=120, retriever_resource={"enabled": True}, **blocks, **knowledge(lighthouse, top_k=10))
    answer = ask(client, query="lamp of the lighthouse")
    used = upstream.last()[0]["body"]["messages"][0]["content"].count("The lamp of")
    assert 0 < used < 10
    assert len(answer["metadata"]["retriever_resources"]) == used


def test_app_35_a_prompt_that_is_too_long_says_what_to_do(app_on, upstream):
    client = app_on(window=200, pre_prompt="word " * 300)
    answer = client.post(CHAT, {"inputs": {}, "query": "Hello", "user": "ada"})
    assert (answer.status, answer.json()["code"]) == (400, "completion_request_error")
    message = answer.json()["message"]
    assert all(words in message for words in ("Shorten the prefix prompt", "lower max tokens", "larger window"))
    assert upstream.last() == []


def test_a_prompt_that_is_too_long_goes_to_a_stand_in_with_room_for_it(app_on, upstream, workspace):
    roomy = {"provider": PROVIDER, "name": "gen-3-0"}
    client = app_on(window=200, pre_prompt="word " * 300, more={"fallbacks": [roomy]})
    spec = ModelSpec("gen-3-0", "llm", context_tokens=16_000)
    add_model(workspace=workspace, user=None, provider=PROVIDER, spec=spec, check=False)
    assert ask(client)["answer"].split() == ["tok0", "tok1", "tok2"]
    (sent,) = upstream.last()
    assert sent["body"]["model"] == "gen-3-0"
    assert sent["body"]["messages"][0]["content"] == "word " * 300
    assert Message.objects.get().model == "gen-3-0"


def test_app_34_parameters_reach_the_model(app_on, upstream):
    params = {"temperature": 0.2, "top_p": 0.5, "max_tokens": 77, "presence_penalty": 0.1, "frequency_penalty": -0.1}
    ask(app_on(params=params))
    assert params.items() <= upstream.last()[0]["body"].items()
