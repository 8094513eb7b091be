"""`manage.py provider_check`: every provider on its fake server, one live, what is printed and how it exits."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.core.management import call_command

from apps.common import caching
from apps.common.errors import InvalidParam
from apps.models.catalogue import all_providers, get_provider
from apps.models.checking import check_on_fake
from apps.models.errors import ProviderNotInitialized
from apps.models.fake_servers import KEY, serving
from apps.models.fakes.openai import OpenAIFake
from apps.models.wire_checks import WireCase, wire_cases
from tests.docs.pages import read
from tests.factories import make_workspace

GUIDE = read("guides/provider-check.md")
ROOT = Path(__file__).parents[2]
REPORT = {"provider", "driver", "mode", "started_at", "models", "passed", "failed", "skipped", "cases"}
CASE = {"key", "label", "status", "code", "sentence", "duration_ms", "request", "response"}


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("provider_check", *arguments, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


@contextmanager
def upstream() -> Iterator[tuple[str, OpenAIFake]]:
    """A server of OpenAI's protocol in a thread of its own, for commands have a loop of their own."""
    fake, addresses, started, over = OpenAIFake(), [], Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with serving(fake) as address:
            addresses.append(address)
            started.set()
            await over.wait()

    thread = Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait(10)
    try:
        yield addresses[0] + "/v1", fake
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


@pytest.mark.parametrize("key", all_providers())
async def test_every_case_of_every_provider_passes_on_its_fake(key: str) -> None:
    report = await check_on_fake(get_provider(key))
    assert [(case.key, case.code, case.sentence) for case in report.results if case.status == "failed"] == []
    assert report.count("passed") > 20
    assert key == "demo" or report.count("skipped") <= 4


def test_there_are_some_sixty_cases_all_importable_and_all_on_the_page() -> None:
    assert wire_cases.failures == {}
    assert len(wire_cases.all()) > 55
    for key, case in wire_cases.all().items():
        assert f"| `{key}` | {case.label} |" in GUIDE


def test_every_case_is_run_for_some_provider() -> None:
    cases = {key: kind() for key, kind in wire_cases.all().items()}
    assert [key for key, case in cases.items() if not any(map(case.applies, all_providers().values()))] == []


def test_the_report_as_json_is_one_object() -> None:
    code, text = run("groq", "--json")
    found = json.loads(text)
    assert code == 0
    assert set(found) == REPORT
    assert (found["provider"], found["driver"], found["mode"]) == ("groq", "openai", "fake")
    assert all(set(case) == CASE for case in found["cases"])
    assert found["passed"] + found["skipped"] == len(found["cases"])


def test_all_providers_make_one_object() -> None:
    code, text = run("--all", "--json", "--case", "credentials")
    found = json.loads(text)
    assert code == 0
    assert found["failed"] == 0
    assert [each["provider"] for each in found["providers"]] == list(all_providers())


def failing() -> type[WireCase]:
    """A case that fails after a call whose request holds the key."""
    hello = wire_cases.get("chat.hello")

    class Failing(hello):  # type: ignore[misc, valid-type]  # found at run time
        async def run(self, context: Any) -> None:
            async with context.changed(base_url=context.address + "/elsewhere"):
                await context.chat(behaviour="plain")

    return Failing


def test_a_failed_case_is_told_in_full_without_the_key_and_the_exit_code_is_1() -> None:
    with wire_cases.temporarily(failing()):
        code, text = run("openai_api_compatible", "--case", "chat.hello")
        assert code == 1
        for words in (
            "FAILED chat.hello [not_found]",
            "request:    POST http",
            "Authorization: ****",
            "response:   404",
        ):
            assert words in text
        assert KEY not in text
        code, text = run("openai_api_compatible", "--case", "chat.hello", "--json")
        case = json.loads(text)["cases"][0]
        assert (code, case["status"], case["code"], case["response"]["status"]) == (1, "failed", "not_found", 404)
        assert case["request"]["headers"]["Authorization"] == "****"
        assert KEY not in text


@pytest.mark.parametrize(
    "arguments",
    [[], ["openai", "--all"], ["--all", "--live"], ["openai", "--model", "a:llm"]],
)
def test_arguments_that_do_not_go_together_are_refused(arguments: list[str]) -> None:
    with pytest.raises(InvalidParam):
        run(*arguments)


def test_an_unknown_provider_is_told_with_those_that_are_known() -> None:
    with pytest.raises(ProviderNotInitialized, match=r"There is no model provider 'nobody'\. Known: anthropic, "):
        run("nobody")


def test_no_database_is_needed_without_live(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "manage.py", "provider_check", "jina", "--case", "rerank", "--json"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "STORAGE_LOCAL_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["passed"] == 3
    assert not (tmp_path / "postgres").exists()


@pytest.mark.django_db(transaction=True)
def test_live_calls_go_to_the_workspaces_provider_and_are_priced() -> None:
    from apps.models.services.credentials import set_credentials

    caching.clear_all()
    workspace = make_workspace()
    with upstream() as (address, fake):
        values = {"base_url": address, "api_key": KEY}
        set_credentials(workspace=workspace, user=None, provider="openai", values=values, check=False)
        code, text = run("openai", "--live", "--json", "--workspace", str(workspace.pk), "--model", "gpt-4o-mini:llm")
        _, told = run("openai", "--live", "--case", "chat.hello", "--workspace", str(workspace.pk))
        sent = [received.json for received in fake.received if received.path.endswith("/chat/completions")]
    found = json.loads(text)
    cases = {case["key"]: case for case in found["cases"]}
    assert found["mode"] == "live"
    assert found["models"]["llm"] == "gpt-4o-mini"
    assert found["models"]["text-embedding"] == "text-embedding-3-small"
    assert sent
    assert {body["model"] for body in sent} == {"gpt-4o-mini", "no-such-model-0", "gpt-5-nano"}
    assert all(0 < body["max_completion_tokens"] <= 1024 for body in sent)
    assert cases["chat.hello"]["status"] == cases["chat.usage"]["status"] == "passed"
    assert cases["errors.no_such_model"]["code"] == "unnoticed_fault"  # the fake knows every model
    assert cases["errors.stalls"]["status"] == cases["tts.long"]["status"] == "skipped"
    assert found["completion_tokens"] > 0
    assert float(found["estimated_price"]["USD"]) > 0
    # The fake does what it is not asked for: it goes on past any limit.
    assert (code, cases["chat.max_tokens"]["code"]) == (1, "ignores_max_tokens")
    assert "asked itself" in told
    assert "Tokens: 5 read, 50 written; estimated price: 0." in told
    assert KEY not in text + told


@pytest.mark.django_db(transaction=True)
def test_live_without_credentials_says_what_is_missing() -> None:
    caching.clear_all()
    workspace = make_workspace()
    with pytest.raises(InvalidParam, match="Enter its credentials"):
        run("openai", "--live", "--workspace", str(workspace.pk))
