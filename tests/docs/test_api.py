"""api.md names every route with its methods, every event and every error code, and none that does not exist."""

import asyncio
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import pytest
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver

import apps
from apps.common import run_events
from apps.common.errors import AppError

from .pages import read, sections

PAGE = read("api.md")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path, entry
        else:
            yield from routes(entry.url_patterns, path)


def answers(route: URLPattern, method: str) -> bool:
    """Whether the route knows the method; a plain view is asked, without a key, which costs it no database."""
    view: Any = route.callback
    if hasattr(view, "cls"):
        return hasattr(view.cls, method.lower())
    arguments = {name: str(uuid4()) for name in route.pattern.converters}
    status = asyncio.run(view(RequestFactory().generic(method, "/"), **arguments)).status_code
    return bool(status != 405)


def served(root: str) -> set[str]:
    return {
        f"{method} /" + re.sub(r"<str:(\w+)>", r"{\1}", path)
        for path, route in routes(get_resolver().url_patterns)
        if path.startswith(root)
        for method in METHODS
        if answers(route, method)
    }


def documented() -> set[str]:
    found = set()
    for heading, text in sections(PAGE, "###").items():
        method, _, path = heading.partition(" ")
        also = re.search(r"[Aa]lso spelled\s+`(/v1/[^`]+)`", text)
        found |= {f"{method} {spelled}" for spelled in (path, also and also[1]) if spelled}
    return found


def test_every_route_is_described_and_no_other():
    assert documented() == served("v1/")


def test_every_route_of_the_browser_api_is_in_its_table_and_no_other():
    table = sections(PAGE, "##")["Browser API"]
    assert set(re.findall(r"^\| `([A-Z]+ /api/[^`]+)` \|", table, re.MULTILINE)) == served("api/")


def error_classes() -> set[type[AppError]]:
    for module in pkgutil.walk_packages(apps.__path__, "apps."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    found, left = set(), [AppError]
    while left:
        error = left.pop()
        found.add(error)
        left += error.__subclasses__()
    return {error for error in found if error.__module__.startswith("apps.")}


def rows() -> list[list[str]]:
    table = re.findall(r"^\| `\w+` \| \d{3} \|.*\|$", sections(PAGE, "##")["Errors"], re.MULTILINE)
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table]


def test_every_error_code_is_described_with_its_status_and_no_other():
    raised = {(error.code, str(error.http_status)) for error in error_classes()}
    assert {(code.strip("`"), status) for code, status, *_ in rows()} == raised


def test_every_error_says_when_it_comes_and_what_to_do_next():
    codes = [code for code, *_ in rows()]
    assert len(codes) == len(set(codes))
    assert all(len(row) == 4 and all(row) for row in rows())


NAMED = [kind.event for kind in (*get_args(run_events.RunEvent), run_events.Ping) if kind is not run_events.FlowEvent]
CHAT = Path(apps.__path__[0]) / "chat"
OF_FLOWS = re.findall(r'FlowEvent\(\s*"(\w+)"', "".join(path.read_text() for path in CHAT.glob("flow*.py")))


@pytest.mark.parametrize("event", [*NAMED, *sorted(set(OF_FLOWS))])
def test_every_event_is_described(event):
    assert f"`{event}`" in sections(PAGE, "##")["Events"]
