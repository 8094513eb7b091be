"""Every provider's file and every driver, whichever there are."""

from pathlib import Path

import pytest

from apps.models.catalogue import FOLDER, all_providers, canonical_provider, get_provider, read_provider
from apps.models.configured import make_endpoint
from apps.models.contracts import ChatMessage, ChatRequest, Driver, Finish, ModelSpec, TextDelta, drivers
from apps.models.errors import ProviderError, ProviderNotInitialized
from tests.fakes.upstream import Upstream

PROVIDERS = all_providers()


def test_every_driver_loads() -> None:
    assert set(drivers.all()) >= {"demo", "openai"}
    assert drivers.failures == {}


@pytest.mark.parametrize("key", PROVIDERS)
def test_every_provider_is_complete(key: str) -> None:
    provider = PROVIDERS[key]
    assert provider.key == key
    assert provider.label
    assert isinstance(provider.make_driver(), Driver)
    assert provider.models or provider.custom_models
    assert len(provider.specs) == len(provider.models)
    assert all(field.secret for field in provider.credentials if "key" in field.name)
    for spec in provider.specs.values():
        assert spec.type != "text-embedding" or spec.dimensions
        assert (spec.max_output_tokens or 0) <= spec.context_tokens


@pytest.mark.parametrize("key", PROVIDERS)
async def test_every_driver_streams_text_and_then_one_finish(key: str, upstream: Upstream) -> None:
    """The contract of `Driver.stream_chat`, for each provider as it is configured."""
    provider = PROVIDERS[key]
    endpoint = make_endpoint(provider, {"base_url": upstream.base_url, "api_key": "sk-test"})
    request = ChatRequest([ChatMessage("user", "hello")], {"temperature": 0, "max_tokens": 100})
    pieces = [p async for p in provider.make_driver().stream_chat(endpoint, ModelSpec("fake", "llm"), request)]
    finishes = [piece for piece in pieces if isinstance(piece, Finish)]
    assert finishes == pieces[-1:]
    texts = [piece.text for piece in pieces if isinstance(piece, TextDelta)]
    assert len(texts) == len(pieces) - 1
    assert texts[-1] == ""
    assert all(texts[:-1])


@pytest.mark.parametrize("key", [key for key, provider in PROVIDERS.items() if provider.needs_credentials])
async def test_every_driver_raises_only_errors_of_ours(key: str, upstream: Upstream) -> None:
    provider = PROVIDERS[key]
    endpoint = make_endpoint(provider, {"base_url": upstream.base_url, "api_key": "sk-test"})
    for model in ("fail-401", "fail-500", "garbage", "cut-after-2", "empty"):
        stream = provider.make_driver().stream_chat(
            endpoint, ModelSpec(model, "llm"), ChatRequest([ChatMessage("user", "x")])
        )
        with pytest.raises(ProviderError, match=rf"^\[{key}\] Error: "):
            [piece async for piece in stream]


@pytest.mark.parametrize(
    ("name", "key"),
    [("openai", "openai"), ("langgenius/openai/openai", "openai"), ("a/b/ollama", "ollama"), (" demo ", "demo")],
)
def test_names_in_either_form_find_the_provider(name: str, key: str) -> None:
    assert canonical_provider(name) == key
    assert get_provider(name).key == key


@pytest.mark.parametrize("name", ["", "nope", "openai/", "a/b/nope"])
def test_an_unknown_provider_lists_the_known(name: str) -> None:
    with pytest.raises(ProviderNotInitialized, match="Known: .*demo.*openai"):
        get_provider(name)


@pytest.mark.parametrize(
    "text",
    [
        "label: X",
        "label: X\ndriver: nope",
        "label: X\ndriver: openai\noptions: {nope: 1}",
        "[]",
        "a: [",
        "label: X\ndriver: demo\nx: 1",
    ],
)
def test_a_mistake_in_a_file_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"broken\.yaml"):
        read_provider(path)


def test_a_new_provider_is_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.models import catalogue

    for path in FOLDER.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "acme.yaml").write_text(
        "label: Acme\ndriver: openai\noptions: {base_url: https://acme.example/v1}\nmodels: [{name: a-1}]\n"
    )
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue._load.cache_clear()
    try:
        assert get_provider("acme/acme/acme").specs["llm", "a-1"].context_tokens == 4096
    finally:
        monkeypatch.undo()
        catalogue._load.cache_clear()
