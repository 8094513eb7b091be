"""What registries hold is named on its page, and numbers on the pages are those of the code."""

import json

import pytest

from apps.knowledge.api.search import MAX_QUERY
from apps.knowledge.choices import IndexingStatus, IndexingTechnique
from apps.knowledge.contracts import extractors, retrieval_methods, splitters
from apps.knowledge.filters import BUILT_IN, MAX_CONDITIONS, MAX_VALUES, OPERATORS
from apps.knowledge.reading import readable_extensions
from apps.knowledge.retrieval._sql import CANDIDATES
from apps.knowledge.rules import MAX_TOKENS, MIN_TOKENS, parse_rule
from apps.knowledge.services.datasets import MAX_DESCRIPTION, MAX_NAME
from apps.knowledge.services.explaining import CUTS
from apps.knowledge.services.searches import RERANK_CANDIDATES
from apps.knowledge.wire import parse_retrieval
from apps.models.catalogue import all_providers
from apps.models.contracts import MODEL_TYPES, drivers
from apps.models.drivers._demo_text import DIMENSIONS
from apps.models.parameters import PRESETS
from apps.prompts.contracts import app_checks
from apps.prompts.dsl import MAX_BYTES
from apps.prompts.initial import prompt_templates
from apps.prompts.services.versions import KEPT_DRAFTS

from .pages import blocks, read

KNOWLEDGE, APPS, MODELS = read("guides/knowledge.md"), read("guides/apps.md"), read("guides/models.md")
RETRIEVAL = read("guides/retrieval.md")


@pytest.mark.parametrize(
    ("page", "keys"),
    [
        (MODELS, drivers.all()),
        (MODELS, all_providers()),
        (MODELS, [model.name for model in all_providers()["demo"].models]),
        (MODELS, MODEL_TYPES),
        (RETRIEVAL, retrieval_methods.all()),
        (RETRIEVAL, CUTS),
        (RETRIEVAL, {**BUILT_IN, **OPERATORS, **{name: 0 for known in OPERATORS.values() for name in known}}),
        (KNOWLEDGE, splitters.all()),
        (KNOWLEDGE, extractors.all()),
        (KNOWLEDGE, IndexingTechnique.values),
        (KNOWLEDGE, IndexingStatus.values),
        (APPS, app_checks.all()),
        (APPS, prompt_templates.all()),
        (MODELS, PRESETS),
        (MODELS, [rule.name for driver in drivers.all().values() for rule in driver.parameters]),
    ],
)
def test_every_key_is_named_on_its_page(page, keys):
    assert keys
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_every_extension_that_is_read_is_in_the_table_of_files():
    files = KNOWLEDGE.partition("## Files")[2].partition("##")[0]
    assert [extension for extension in readable_extensions() if extension not in files] == []


@pytest.mark.parametrize(
    ("page", "phrase"),
    [
        (KNOWLEDGE, f"`max_tokens` is {MIN_TOKENS} to\n{MAX_TOKENS:,}"),
        (KNOWLEDGE, f"{MAX_NAME} and {MAX_DESCRIPTION} characters"),
        (KNOWLEDGE, f"| {MAX_QUERY} characters |"),
        (RETRIEVAL, f"{CANDIDATES} candidates from each"),
        (RETRIEVAL, f"{RERANK_CANDIDATES} candidates (or `top_k`"),
        (RETRIEVAL, f"There may be {MAX_CONDITIONS} conditions, and {MAX_VALUES} values"),
        (MODELS, f"({DIMENSIONS:,} dimensions)"),
        (APPS, f"the newest {KEPT_DRAFTS}"),
        (APPS, f"Largest file: {MAX_BYTES // 2**20} MB"),
    ],
)
def test_a_number_on_a_page_is_the_code_s(page, phrase):
    assert phrase in page


def test_the_rules_and_retrieval_settings_shown_are_valid():
    automatic, custom = (json.loads(block) for block in blocks(KNOWLEDGE, "json"))
    assert (parse_rule(automatic)[0], parse_rule(custom)[0]) == ("automatic", "custom")
    retrieval, filtered = (json.loads(block) for block in blocks(RETRIEVAL, "json"))
    settings = parse_retrieval(retrieval)
    assert settings.rerank is not None
    assert settings.search_method == retrieval["search_method"]
    assert len(parse_retrieval(filtered).filters.conditions) == 2
