"""Triton's generate extension, as NVIDIA's pages state it (read in November 2026).

Beside the models of every fake: `sofar…` sends the text so far, `echo…` begins with the prompt. The server itself
knows no keys; this one stands behind a gateway that takes none or the right one.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError

from apps.models.fake_servers import KEY, FakeServer, Plan, Refused, fake_servers, plan_for

VERSION: Final = "1"


class _Request(BaseModel):
    """Further properties are inputs of the model: one that it lacks may still be a parameter, but no list."""

    model_config = ConfigDict(extra="allow")

    text_input: StrictStr
    id: StrictStr = ""
    parameters: dict[str, StrictBool | StrictInt | StrictFloat | StrictStr] = {}
    stop_words: list[StrictStr] = []
    sampling_parameters: StrictStr = "{}"
    exclude_input_in_output: StrictBool = False

    @property
    def others(self) -> dict[str, Any]:
        """Properties that no backend has as an input."""
        return self.model_extra or {}


@fake_servers.register
class TritonFake(FakeServer):
    """See the module."""

    key: ClassVar[str] = "triton"
    label: ClassVar[str] = "Triton generate"

    def routes(self) -> Iterable[web.RouteDef]:
        """Generation and readiness, with a version and without."""
        routes: list[web.RouteDef] = [web.get("/v2/health/ready", self._ready)]
        for model in ("/v2/models/{model}", "/v2/models/{model}/versions/{version}"):
            routes += [
                web.get(f"{model}/ready", self._ready),
                web.post(f"{model}/generate", self._generate),
                web.post(f"{model}/generate_stream", self._generate_stream),
            ]
        return routes

    def credentials(self, url: str) -> Mapping[str, str]:
        """The key of the gateway and the address."""
        return {"api_key": KEY, "base_url": url}

    def refusal(self, status: int, sentence: str) -> Mapping[str, Any]:
        """`{"error": …}`."""
        return {"error": sentence}

    async def _ready(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        if "model" in request.match_info:
            _plan(request)
        return web.Response()

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        asked, plan = _read(await request.read()), _plan(request)
        if plan.is_broken:
            return web.Response(body=b'{"text_output":', content_type="application/json")
        prefix = asked.text_input if request.match_info["model"].startswith("echo") else ""
        return web.json_response(_answer(request, prefix + plan.text))

    async def _generate_stream(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        asked, plan = _read(await request.read()), _plan(request)
        return await self.stream(request, plan, _events(request, asked, plan))


def _authorise(request: web.Request) -> None:
    if request.headers.get("Authorization", f"Bearer {KEY}") != f"Bearer {KEY}":
        raise Refused(401, "the gateway does not know this key")


def _plan(request: web.Request) -> Plan:
    model, version = request.match_info["model"], request.match_info.get("version", VERSION)
    if version != VERSION or model.startswith("unknown"):
        raise Refused(400, f"Request for unknown model: '{model}' version {version} is not found")
    return plan_for(model)


def _read(body: bytes) -> _Request:
    try:
        asked = _Request.model_validate_json(body)
        settings = orjson.loads(asked.sampling_parameters)
    except (ValidationError, orjson.JSONDecodeError) as error:
        raise Refused(400, f"Unable to parse the request: {str(error)[:200]}") from error
    if not isinstance(settings, dict) or asked.others:
        raise Refused(400, f"Unexpected input: {', '.join(asked.others) or 'sampling_parameters'}")
    return asked


def _answer(request: web.Request, text: str) -> dict[str, Any]:
    return {"model_name": request.match_info["model"], "model_version": VERSION, "text_output": text}


def _events(request: web.Request, asked: _Request, plan: Plan) -> Iterator[bytes]:
    model = request.match_info["model"]
    if plan.is_broken:
        yield b'data: {"text_output": \n\n'
    if not plan.chunks:
        yield _sse(_answer(request, ""))
    before = asked.text_input if model.startswith("echo") else ""
    for chunk in plan.chunks:
        yield _sse(_answer(request, before + chunk))
        before = before + chunk if model.startswith("sofar") else ""


def _sse(event: Mapping[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(event) + b"\n\n"
