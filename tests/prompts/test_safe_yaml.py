"""Files made to stop the reader: each is refused at once, and the process goes on."""

from time import perf_counter

import pytest

from apps.prompts import dsl
from apps.prompts.errors import BrokenAppFile

HEAD = "app: {name: A, mode: chat}\n"


def nested_aliases(form: str) -> str:
    lines = ["a: &a {x: 1, y: 2}" if "<<" in form else "a: &a [x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} {form.format(', '.join([f'*{before}'] * 9))}")
    return "\n".join(lines)


@pytest.mark.parametrize(
    "content",
    [
        nested_aliases("[{}]"),
        nested_aliases("{{<<: [{}]}}"),
        "model_config: " + "[" * 100_000 + "]" * 100_000,
        "model_config: " + "{a: " * 100_000 + "}" * 100_000,
        "- " * 100_000,
        "a: &a [*a]",
        "a: &a {x: 1, <<: *a}",
        "a: *nowhere",
        "a: " + "1" + ":1" * 1_000_000,
        "a: " + "9" * 1_000_000,
        "a: 0x" + "f" * 1_000_000,
        f"a: {2**63}",
        "a: [" + "1," * 300_000 + "]",
    ],
    ids=lambda content: content[:24].replace("\n", " "),
)
def test_files_that_would_grow_are_refused_at_once(content):
    began = perf_counter()
    with pytest.raises(BrokenAppFile, match="Invalid YAML format"):
        dsl.parse(HEAD + content + "\nmodel_config: {pre_prompt: hi}\n")
    assert perf_counter() - began < 5


def test_merge_keys_and_aliases_of_a_sane_size_are_read():
    file = dsl.parse(HEAD + "base: &base {pre_prompt: hi}\nmodel_config: {<<: *base, again: [*base, *base]}\n")
    assert file.config == {"pre_prompt": "hi", "again": [{"pre_prompt": "hi"}] * 2}
