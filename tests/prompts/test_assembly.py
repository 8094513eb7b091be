import pytest

from apps.models.contracts import ModelSpec
from apps.models.errors import PromptTooLong
from apps.prompts.assembly import assemble
from apps.prompts.blocks import fill
from apps.prompts.config import read_config
from apps.prompts.material import Material, PastTurn

CONFIG = read_config({"pre_prompt": "You help {{name}}.", "model": {"completion_params": {"max_tokens": 100}}})


def build(config=CONFIG, *, query="Why?", history=(), passages=(), context_tokens=4096, as_chat=True, model="m"):
    material = Material({"name": "Ada"}, query, history, passages, as_chat=as_chat)
    return assemble(config, material, provider="openai", spec=ModelSpec(model, "llm", context_tokens=context_tokens))


def test_known_names_are_filled_and_others_stay():
    assert fill("{{a}} {{b}} {{#context#}} {{ a }}", {"a": 1}) == "1 {{b}} {{#context#}} {{ a }}"


def test_a_chat_is_instructions_history_question():
    prompt = build(history=[PastTurn("Hi", "Hello")])
    assert [(message.role, message.content) for message in prompt.messages] == [
        ("system", "You help Ada."),
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "Why?"),
    ]


def test_a_text_generator_sends_one_message_and_no_history():
    prompt = build(query="", history=[PastTurn("Hi", "Hello")], as_chat=False)
    assert [(message.role, message.content) for message in prompt.messages] == [("user", "You help Ada.")]


def test_passages_stand_between_context_tags():
    prompt = build(passages=["The sky is blue."])
    assert "<context>\nThe sky is blue.\n</context>" in prompt.messages[0].content
    assert prompt.passages_used == 1


def test_the_least_relevant_passages_go_first_when_the_window_is_small():
    passages = [f"passage {number} " + "word " * 100 for number in range(5)]
    prompt = build(passages=passages, context_tokens=500)
    assert 0 < prompt.passages_used < 5
    assert "passage 0 " in prompt.messages[0].content
    assert "passage 4 " not in prompt.messages[0].content
    assert prompt.tokens <= 400


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_a_passage_that_is_too_long_gives_way_to_its_excerpt(mode):
    passages = ["whole 0", "whole 1 " + "word " * 2_000, "whole 2", "whole 3 " + "word " * 2_000, "whole 4"]
    material = Material({"name": "Ada"}, "Why?", (), passages, excerpts=["", "part 1", "part 2", "", "part 4"])
    spec = ModelSpec("m", "llm", context_tokens=700, mode=mode)
    prompt = assemble(CONFIG, material, provider="openai", spec=spec)
    assert prompt.passages_used == 3
    assert "whole 0\n\npart 1\n\nwhole 2" in "".join(str(message.content) for message in prompt.messages)
    assert prompt.tokens <= 600


def test_the_oldest_turns_go_first_when_the_window_is_small():
    history = [PastTurn(f"question {number}", "answer " * 40) for number in range(10)]
    prompt = build(history=history, context_tokens=500)
    asked = [message.content for message in prompt.messages if message.role == "user"]
    assert asked[-1] == "Why?"
    assert asked[-2] == "question 9"
    assert "question 0" not in asked


@pytest.mark.parametrize(("model", "turns"), [("gpt-4o", 3), ("unknown", 10)])
def test_tokens_are_counted_where_the_tokeniser_is_known(model, turns):
    history = [PastTurn("?", "0.41 7/9 " * 40) for _ in range(10)]  # 280 tokens each, estimated 90
    prompt = build(history=history, context_tokens=1_200, model=model)
    assert len(prompt.messages) == 2 + 2 * turns


def test_a_question_longer_than_the_window_is_refused():
    with pytest.raises(PromptTooLong):
        build(query="word " * 5000)
