"""Prompts written out by an app's author."""

import pytest

from apps.files.references import FileReference
from apps.models.contracts import ModelSpec
from apps.models.errors import PromptTooLong
from apps.prompts.assembly import assemble
from apps.prompts.config import read_config
from apps.prompts.material import Material, PastTurn

PAST = (PastTurn("What is the sky?", "Blue."), PastTurn("And fire?", "Red."))
PICTURE = FileReference("image", "remote_url", url="https://example.org/a.png")


def build(config, *, mode="chat", window=4096, provider="openai", model="m", **material):
    given = {"inputs": {"name": "Ada"}, "query": "Why?", **material}
    spec = ModelSpec(model, "llm", context_tokens=window, mode=mode)
    return assemble(read_config(config), Material(**given), provider=provider, spec=spec)


def blocks(*messages, **more):
    prompt = [{"role": role, "text": text} for role, text in messages]
    return {"prompt_type": "advanced", "chat_prompt_config": {"prompt": prompt}, **more}


def text(text, roles=None, **more):
    config = {"prompt": {"text": text}, "conversation_histories_role": roles or {}}
    return {"prompt_type": "advanced", "completion_prompt_config": config, **more}


def shown(prompt):
    return [(message.role, message.content) for message in prompt.messages]


def test_exp_03_messages_go_out_in_order_then_history_then_the_question():
    prompt = build(blocks(("system", "Help {{name}}."), ("user", "Hi"), ("assistant", "Hello")), history=PAST[:1])
    assert shown(prompt) == [
        ("system", "Help Ada."), ("user", "Hi"), ("assistant", "Hello"),
        ("user", "What is the sky?"), ("assistant", "Blue."), ("user", "Why?"),
    ]  # fmt: skip


def test_exp_03_system_is_optional_and_empty_messages_are_left_out():
    assert shown(build(blocks(("assistant", ""), ("user", "Hi")))) == [("user", "Hi"), ("user", "Why?")]
    assert shown(build(blocks())) == [("user", "Why?")]


def test_a_block_says_where_the_question_goes():
    prompt = build(blocks(("system", "S"), ("user", "Q: {{#query#}}"), ("assistant", "A:")), history=PAST[:1])
    assert shown(prompt) == [
        ("system", "S"), ("user", "What is the sky?"), ("assistant", "Blue."), ("user", "Q: Why?"), ("assistant", "A:")
    ]  # fmt: skip


def test_a_block_says_where_the_history_goes():
    prompt = build(blocks(("system", "So far:\n{{#histories#}}")), history=PAST)
    assert shown(prompt) == [
        ("system", "So far:\nHuman: What is the sky?\nAssistant: Blue.\nHuman: And fire?\nAssistant: Red."),
        ("user", "Why?"),
    ]


def test_exp_07_role_prefixes_can_be_changed():
    roles = {"user_prefix": "Mensch", "assistant_prefix": "KI"}
    prompt = build(
        text("<histories>\n{{#histories#}}\n</histories>\nMensch: {{#query#}}\nKI:", roles),
        mode="completion", history=PAST[:1],
    )  # fmt: skip
    assert shown(prompt) == [
        ("user", "<histories>\nMensch: What is the sky?\nKI: Blue.\n</histories>\nMensch: Why?\nKI:")
    ]


def test_exp_02_one_text_for_a_completion_model():
    prompt = build(
        text("Context: {{#context#}}\n\nHuman: {{#query#}}\n\nAssistant:"), mode="completion", passages=["P"]
    )
    assert shown(prompt) == [("user", "Context: P\n\nHuman: Why?\n\nAssistant:")]
    assert prompt.passages_used == 1


def test_a_question_without_a_place_stands_at_the_end():
    assert shown(build(text("Answer {{name}}."), mode="completion")) == [
        ("user", "Answer Ada.\n\nHuman: Why?\n\nAssistant:")
    ]


def test_what_is_filled_in_is_not_filled_again():
    query = "{{#context#}} {{name}} {{#histories#}}"
    prompt = build(
        text("{{#context#}}|{{name}}|{{#query#}}"), mode="completion", query=query, passages=["{{name}}{{#query#}}"],
        inputs={"name": "{{#context#}}"},
    )  # fmt: skip
    assert prompt.messages[0].content == f"{{{{name}}}}{{{{#query#}}}}|{{{{#context#}}}}|{query}"


def test_passages_without_a_place_are_not_counted_as_used():
    assert build(blocks(("system", "S")), passages=["P"]).passages_used == 0


def test_a_text_generators_blocks_have_no_history_and_its_legacy_question_fills_query():
    config = blocks(("system", "S"), ("user", "Write: {{query}}"))
    assert shown(build(config, as_chat=False)) == [("system", "S"), ("user", "Write: Why?")]
    assert shown(build(config, as_chat=False, query="")) == [("system", "S"), ("user", "Write: ")]
    assert shown(build(config, as_chat=False, inputs={"query": "own"})) == [("system", "S"), ("user", "Write: own")]


def test_basic_mode_on_a_completion_model_uses_the_template():
    sent = build({"pre_prompt": "Help {{name}}."}, mode="completion", history=PAST[:1]).messages[0].content
    assert sent.startswith("Help Ada.\n\nWhat was said so far")
    assert "Human: What is the sky?\nAssistant: Blue." in sent
    assert sent.endswith("Human: Why?\n\nAssistant:")


def test_a_prompt_for_the_other_kind_of_model_still_works():
    assert shown(build(text("Hi {{name}}"))) == [("user", "Hi Ada\n\nHuman: Why?\n\nAssistant:")]
    sent = build(blocks(("system", "S"), ("user", "U")), mode="completion").messages[0].content
    assert sent == "S\n\nU\n\nHuman: Why?\n\nAssistant:"


def test_exp_08_a_small_window_drops_passages_then_history():
    config = text(
        "{{#context#}}\n{{#histories#}}\n{{#query#}}",
        model={"mode": "completion", "completion_params": {"max_tokens": 50}},
    )
    passages = [f"passage {number} " + "word " * 40 for number in range(5)]
    prompt = build(config, mode="completion", window=300, passages=passages, history=PAST)
    assert 0 < prompt.passages_used < 5
    assert prompt.tokens <= 250
    assert "And fire?" in prompt.messages[0].content
    assert "What is the sky?" not in prompt.messages[0].content


def test_exp_08_knowledge_goes_before_the_question_does():
    prompt = build({"pre_prompt": "x"}, window=200, passages=["word " * 400])
    assert (prompt.passages_used, shown(prompt)) == (0, [("system", "x"), ("user", "Why?")])


@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_app_35_what_is_too_long_even_bare_is_refused_with_a_way_out(mode):
    for config in ({"pre_prompt": "word " * 200}, blocks(("system", "word " * 200)), text("word " * 200)):
        with pytest.raises(PromptTooLong, match=r"Shorten the prefix prompt, lower max tokens, or choose a model"):
            build(config, mode=mode, window=200)


def test_pictures_go_with_the_question_and_take_room():
    prompt = build(blocks(("system", "S")), pictures=(PICTURE,))
    assert prompt.pictures == {1: (PICTURE,)}
    with pytest.raises(PromptTooLong):
        build({}, pictures=(PICTURE,), window=900)
    only_system = build(blocks(("system", "Describe.")), as_chat=False, query="", pictures=(PICTURE,))
    assert [message.role for message in only_system.messages] == ["system", "user"]
    assert only_system.pictures == {1: (PICTURE,)}


def test_earlier_pictures_are_sent_again_as_far_as_the_window_allows():
    history = [PastTurn(f"q{number}", "a", pictures=(PICTURE,)) for number in range(3)]
    prompt = build({}, history=history, window=1024 + 1700)
    assert list(prompt.pictures) == [2, 4]
    assert [message.content for message in prompt.messages if message.role == "user"] == ["q0", "q1", "q2", "Why?"]


def test_values_read_as_text():
    values = {
        "yes": True,
        "none": None,
        "list": ["a"],
        "object": {"k": "ü"},
        "file": {"dify_model_identity": "__dify__file__"},
    }
    config = {"pre_prompt": "{{yes}}|{{none}}|{{list}}|{{object}}|{{file}}|"}
    assert build(config, inputs=values).messages[0].content == 'True||["a"]|{"k": "ü"}||'
