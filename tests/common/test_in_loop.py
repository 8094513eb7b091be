"""Django's middlewares under ASGI: in the event loop, and in a thread only where the database is written to."""

import threading
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages import add_message
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils.module_loading import import_string

from apps.common import in_loop


async def threads_of(kind: Any, view) -> set[bool]:
    """Whether the halves of a middleware ran in the loop's own thread."""
    loop, found = threading.get_ident(), set[bool]()

    class Watched(kind):  # type: ignore[misc]
        def process_request(self, request: HttpRequest):
            found.add(threading.get_ident() == loop)
            return super().process_request(request) if hasattr(kind, "process_request") else None

        def process_response(self, request: HttpRequest, response: HttpResponse):
            found.add(threading.get_ident() == loop)
            return super().process_response(request, response) if hasattr(kind, "process_response") else response

    async def get_response(request: HttpRequest) -> HttpResponse:
        view(request)
        return HttpResponse("Hello")

    request = RequestFactory().get("/signin")
    request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    response = await Watched(get_response)(request)
    assert response.content == b"Hello"
    return found


def change_session(request: HttpRequest) -> None:
    request.session["seen"] = True


def tell(request: HttpRequest) -> None:
    add_message(request, 20, "Saved")


@pytest.mark.parametrize("kind", in_loop.InLoop.__subclasses__())
async def test_reading_stays_in_the_loop(kind):
    assert await threads_of(kind, lambda request: None) == {True}


@pytest.mark.parametrize(("kind", "view"), [(in_loop.Sessions, change_session), (in_loop.Messages, tell)])
@pytest.mark.django_db(transaction=True)
async def test_writing_goes_to_a_thread(kind, view):
    assert await threads_of(kind, view) == {True, False}
