"""Every provider's file and every driver, whichever there are."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from apps.models.catalogue import FOLDER, all_providers, canonical_provider, get_provider, read_provider
from apps.models.configured import make_endpoint
from apps.models.contracts import ChatMessage, ChatPiece, ChatRequest, Driver, Finish, ModelSpec, TextDelta, drivers
from apps.models.errors import ProviderError, ProviderNotInitialized
from apps.models.fake_servers import KEY, WORDS, fake_servers, serving
from apps.models.fakes.openai import OpenAIFake
from apps.models.fakes.tei import TEIFake
from apps.models.parameters import rules_of
from tests.models.wires import calling, having, text_in, types_of

ROOT = Path(__file__).resolve().parents[2]
STATIC, GUIDE = ROOT / "static", (ROOT / "docs/guides/model-providers.md").read_text()
PROVIDERS = all_providers()
FEATURES = {"vision", "tool-call", "json", "reasoning"}
# The original's table of providers: types of models, and what its llms can do beside writing.
# Row by row: provider, and what the original's table ticks.
TICKS = (
    ("MDL-01", "openai", "llm tool-call vision text-embedding speech2text tts moderation"),
    ("MDL-02", "anthropic", "llm"),
    ("MDL-03", "azure_openai", "llm tool-call vision text-embedding"),
    ("MDL-04", "google", "llm vision"),
    ("MDL-05", "cohere", "llm text-embedding rerank"),
    ("MDL-06", "bedrock", "llm"),
    ("MDL-07", "togetherai", "llm"),
    ("MDL-08", "ollama", "llm vision text-embedding"),
    ("MDL-09", "replicate", "llm text-embedding"),
    ("MDL-10", "huggingface_hub", "llm text-embedding"),
    ("MDL-11", "zhipuai", "llm tool-call vision text-embedding"),
    ("MDL-12", "baichuan", "llm text-embedding"),
    ("MDL-13", "spark", "llm"),
    ("MDL-14", "minimax", "llm tool-call text-embedding"),
    ("MDL-15", "tongyi", "llm"),
    ("MDL-16", "wenxin", "llm"),
    ("MDL-17", "jina", "text-embedding rerank"),
    ("MDL-18", "chatglm", "llm tool-call"),
    ("MDL-19", "xinference", "llm tool-call vision text-embedding rerank"),
    ("MDL-20", "openllm", "llm text-embedding"),
    ("MDL-21", "localai", "llm text-embedding"),
    ("MDL-22", "openai_api_compatible", "llm text-embedding"),
    ("MDL-23", "groq", "llm"),
    ("MDL-23", "openrouter", "llm"),
    ("MDL-23", "nvidia", "llm"),
    ("MDL-23", "triton_inference_server", "llm"),
)
PORTS = {"ollama": 11434, "xinference": 9997, "openllm": 3000, "localai": 8080}
# Least and greatest temperature, where a vendor takes another than 0 to 2.
RANGES = {
    "baichuan": (0, 1),
    "minimax": (0.01, 1),
    "mistralai": (0, 1.5),
    "moonshot": (0, 1),
    "tongyi": (0, 1.99),
    "wenxin": (0.01, 1),
    "zhipuai": (0, 1),
}
# Other names in use: of the vendors, and of the marketplace, whose last part counts.
NAMES = {
    "azure": "azure_openai",
    "together": "togetherai",
    "mistral": "mistralai",
    "xai": "x",
    "grok": "x",
    "nvidia_nim": "nvidia",
    "lingyiwanwu": "yi",
    "volcengine": "volcengine_maas",
    "groqcloud": "groq",
    "qwen": "tongyi",
    "dashscope": "tongyi",
    "qianfan": "wenxin",
    "glm": "zhipuai",
    "kimi": "moonshot",
    "tgi": "text_generation_inference",
    "gemini": "google",
    "langgenius/gemini/google": "google",
    "langgenius/nvidia_nim/nvidia_nim": "nvidia",
    "langgenius/volcengine_maas/volcengine_maas": "volcengine_maas",
    "langgenius/x/x": "x",
    "langgenius/zhipuai/zhipuai": "zhipuai",
    "langgenius/mistralai/mistralai": "mistralai",
}


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
    fields = (*provider.credentials, *provider.model_credentials)
    assert all(field.secret for field in fields if field.name in ("api_key", "secret_access_key"))
    for spec in provider.specs.values():
        assert spec.type != "text-embedding" or spec.dimensions
        assert (spec.max_output_tokens or 0) <= spec.context_tokens
        assert 256 <= spec.context_tokens <= 10_000_000
        assert spec.features <= FEATURES
        assert spec.type == "llm" or not spec.features


@pytest.mark.parametrize("key", [key for key, provider in PROVIDERS.items() if provider.needs_credentials])
def test_every_provider_says_what_it_is_and_how_to_get_in(key: str) -> None:
    provider = PROVIDERS[key]
    assert provider.description.endswith(".")
    assert provider.help_text.endswith(".")
    assert urlsplit(provider.help_url).scheme == "https"
    assert {field.name for field in provider.credentials} & {"api_key", "base_url"}


def test_no_two_providers_share_a_name() -> None:
    names = [*PROVIDERS, *(alias for provider in PROVIDERS.values() for alias in provider.aliases)]
    assert sorted(names) == sorted(set(names))
    assert all(name == name.lower() and "/" not in name for name in names)


@pytest.mark.parametrize("key", PROVIDERS)
def test_prices_say_when_and_where_they_were_read(key: str) -> None:
    provider = PROVIDERS[key]
    priced = [model for model in provider.models if model.prompt_price or model.completion_price]
    assert bool(priced) == bool(provider.priced_on) == bool(provider.prices_from)
    assert {model.currency for model in priced} <= {"USD", "CNY"}
    if provider.priced_on:
        assert date(2026, 1, 1) <= provider.priced_on <= datetime.now(UTC).date()
        assert urlsplit(provider.prices_from).scheme == "https"


@pytest.mark.parametrize("key", PROVIDERS)
def test_no_price_is_a_thousand_times_too_high(key: str) -> None:
    """Vendors state prices of a million tokens, our files of a thousand."""
    for model in PROVIDERS[key].models:
        if model.price_per == "calls":
            continue
        most = 20 if model.price_per == "minutes" else 1 if model.currency == "CNY" else 0.2
        assert model.prompt_price < most, model.name
        assert model.completion_price < most, model.name


@pytest.mark.parametrize("key", PROVIDERS)
def test_every_provider_has_a_drawing_that_only_draws(key: str) -> None:
    path = STATIC / PROVIDERS[key].icon
    assert path.stat().st_size < 1024
    root = ElementTree.fromstring(path.read_text())
    assert root.get("viewBox") == "0 0 32 32"
    assert {node.tag.rpartition("}")[2] for node in root.iter()} <= {"svg", "g", "rect", "path", "circle"}
    attributes = {name for node in root.iter() for name in node.attrib}
    assert not {name for name in attributes if name.startswith("on") or name in ("href", "style")}


def test_every_drawing_is_of_a_provider() -> None:
    assert {path.stem for path in (STATIC / "icons/providers").iterdir()} == set(PROVIDERS)


@pytest.mark.parametrize(("row", "key", "ticks"), TICKS)
def test_the_ticks_of_the_original_are_kept(row: str, key: str, ticks: str) -> None:
    provider = PROVIDERS[key]
    for tick in ticks.split():
        may_be_added = provider.custom_models and not provider.models and "llm" in provider.custom_types
        features = {feature for spec in provider.specs.values() for feature in spec.features}
        assert tick in types_of(provider) or tick in features or (tick in FEATURES and may_be_added), tick


@pytest.mark.parametrize("key", PORTS)
def test_servers_of_ones_own_are_proposed_at_their_usual_port(key: str) -> None:
    provider = PROVIDERS[key]
    fields = [field for field in (*provider.credentials, *provider.model_credentials) if field.name == "base_url"]
    assert [urlsplit(field.placeholder).port for field in fields] == [PORTS[key]] * 2


@pytest.mark.parametrize("name", NAMES)
def test_names_of_old_files_and_of_the_marketplace_find_the_provider(name: str) -> None:
    assert get_provider(name).key == NAMES[name]


@pytest.mark.parametrize("key", sorted(key for key, each in PROVIDERS.items() if each.driver == "openai"))
def test_temperatures_are_held_to_what_the_vendor_takes(key: str) -> None:
    rules = {rule.name: rule for rule in rules_of(PROVIDERS[key], ModelSpec("own-model", "llm"))}
    assert (rules["temperature"].minimum, rules["temperature"].maximum) == RANGES.get(key, (0, 2))


async def _answer(key: str) -> list[ChatPiece]:
    request = ChatRequest([ChatMessage("user", "hello")], {"temperature": 0.5, "max_tokens": 100})
    if PROVIDERS[key].needs_credentials:
        async with calling(key) as wire:
            return await wire.chat(request)
    endpoint = make_endpoint(PROVIDERS[key], {})
    stream = PROVIDERS[key].make_driver().stream_chat(endpoint, ModelSpec("own-model", "llm"), request)
    return [piece async for piece in stream]


@pytest.mark.parametrize("key", [key for key, provider in PROVIDERS.items() if "llm" in types_of(provider)])
async def test_every_driver_streams_text_and_then_one_finish(key: str) -> None:
    """The contract of `Driver.stream_chat`, for each provider as it is configured."""
    pieces = await _answer(key)
    finishes = [piece for piece in pieces if isinstance(piece, Finish)]
    assert finishes == pieces[-1:]
    texts = [piece.text for piece in pieces if isinstance(piece, TextDelta)]
    assert len(texts) == len(pieces) - 1
    assert texts[-1] == ""
    assert all(texts[:-1])


@pytest.mark.parametrize("key", having("llm"))
async def test_every_driver_of_llms_raises_only_errors_of_ours(key: str) -> None:
    for model in ("fail-401", "fail-429", "fail-500", "garbage", "cut-after-2", "empty"):
        async with calling(key) as wire:
            with pytest.raises(ProviderError, match=rf"^\[{key}\] Error: "):
                await wire.chat(ChatRequest([ChatMessage("user", "x")]), model)


@pytest.mark.parametrize("key", sorted(set(having("text-embedding")) - set(having("llm"))))
async def test_every_other_driver_raises_only_errors_of_ours(key: str) -> None:
    for status in (401, 429, 500):
        async with calling(key) as wire:
            spec = wire.spec("text-embedding", f"fail-{status}")
            if isinstance(wire.fake, TEIFake):
                wire.fake.fail_with = status
            with pytest.raises(ProviderError, match=rf"^\[{key}\] Error: "):
                await wire.driver.embed(wire.endpoint, spec, ["x"])


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


ACME = """
label: Acme
driver: openai
aliases: [acme_ai]
options: {base_url: https://acme.example/v7, drop_params: [seed], param_map: {max_tokens: most}}
credentials: [{name: api_key, label: Key, secret: true, required: true}]
models: [{name: a-1}]
"""


@pytest.fixture
def with_acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterable[None]:
    from apps.models import catalogue

    for path in FOLDER.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "acme.yaml").write_text(ACME)
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    caches = (catalogue._load, catalogue._aliases)
    for cache in caches:
        cache.cache_clear()
    yield
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("with_acme")
async def test_a_new_provider_is_one_new_file() -> None:
    provider = get_provider("acme/acme/acme_ai")
    spec = provider.specs["llm", "a-1"]
    assert spec.context_tokens == 4096
    fake = OpenAIFake(base_path="/v7", extra_fields={"most"})
    async with serving(fake) as address:
        endpoint = make_endpoint(provider, {"api_key": KEY, "base_url": f"{address}/v7"})
        request = ChatRequest([ChatMessage("user", "hello")], {"seed": 7, "max_tokens": 9})
        pieces = [piece async for piece in provider.make_driver().stream_chat(endpoint, spec, request)]
    assert text_in(pieces) == "".join(WORDS)
    assert fake.received[-1].path == "/v7/chat/completions"
    assert fake.received[-1].json["most"] == 9
    assert "seed" not in fake.received[-1].json


def test_every_driver_of_a_vendor_has_a_fake() -> None:
    assert set(fake_servers.all()) == set(drivers.all()) - {"demo"}
    assert fake_servers.failures == {}


@pytest.mark.parametrize("key", [key for key, provider in PROVIDERS.items() if provider.needs_credentials])
def test_every_provider_has_its_section_in_the_docs(key: str) -> None:
    provider = PROVIDERS[key]
    section = GUIDE.partition(f"## {provider.label}\n")[2].partition("\n## ")[0]
    fields = {field.name for field in (*provider.credentials, *provider.model_credentials)}
    assert [name for name in (key, *provider.aliases, *fields) if f"`{name}`" not in section] == []
    assert provider.help_url in section
