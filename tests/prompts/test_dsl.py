import pytest

from apps.prompts import dsl
from apps.prompts.errors import BrokenAppFile

MINIMAL = "app: {name: A, mode: chat}\nmodel_config: {pre_prompt: hi}\n"


def test_a_file_without_kind_and_version_is_read():
    file = dsl.parse(MINIMAL)
    assert (file.name, file.mode, file.version, file.config) == ("A", "chat", "0.1.0", {"pre_prompt": "hi"})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[1, 2]", "Invalid YAML format: content must be a mapping"),
        ("", "Invalid YAML format: content must be a mapping"),
        ("kind: app", "Missing app data in YAML content"),
        ("app: {name: A}", "loss app mode"),
        ("app: {name: A, mode: poem}", "Invalid app mode"),
        ("app: {mode: chat}", "Missing model_config for chat/agent-chat/completion app"),
        ("app: {mode: workflow}", "Missing workflow data for workflow/advanced chat app"),
        (MINIMAL + "version: 0.1\n", "Invalid version type, expected str, got float"),
    ],
)
def test_broken_files_are_refused_with_the_formats_sentence(content, sentence):
    with pytest.raises(BrokenAppFile) as refusal:
        dsl.parse(content)
    assert refusal.value.message == sentence


@pytest.mark.parametrize(
    "content",
    [
        "a: [1, 2",
        "app: !!python/object/apply:os.system ['id']",
        "app: {mode: chat}\nmodel_config: {x: .nan}",
        "app: {mode: chat}\nmodel_config: {x: !!binary aGk=}",
        b"\xff\xfe\x00broken",
        "a: " + "[" * 5000,
        "x" * (10 * 2**20 + 1),
    ],
)
def test_hostile_files_are_refused(content):
    with pytest.raises(BrokenAppFile):
        dsl.parse(content)


def test_nested_aliases_do_not_grow():
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(BrokenAppFile, match="too many values"):
        dsl.parse("\n".join(layers))


def test_dates_stay_text():
    assert dsl.parse("app: {mode: chat}\nmodel_config: {pre_prompt: 2024-01-01}").config["pre_prompt"] == "2024-01-01"


def test_writing_and_reading_gives_the_same_bytes():
    app = {"name": "Ä 应用", "mode": "chat", "icon": "🤖"}
    text = dsl.render(app=app, mode="chat", config={"pre_prompt": "{{x}}: y\nz", "n": 1})
    file = dsl.parse(text)
    assert dsl.render(app=app, mode=file.mode, config=file.config) == text


def test_a_file_of_a_newer_product_wants_confirmation():
    assert dsl.parse(MINIMAL + "version: 9.0.0\n").needs_confirmation is True
