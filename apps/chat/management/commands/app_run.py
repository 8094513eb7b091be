"""Runs an app once from the command line."""

import sys
from collections.abc import Mapping
from typing import Any

import orjson
from django.core.management.base import CommandParser

from apps.chat.asking import start
from apps.chat.state import TurnRequest
from apps.common import perloop
from apps.common.commands import JsonCommand
from apps.common.encoding import EventEncoder, FlowEncoder
from apps.common.errors import InvalidParam
from apps.common.run_events import RunError
from apps.common.text import storable, storable_json
from apps.prompts.callers import read_caller
from apps.prompts.choices import AppMode
from apps.prompts.models import App
from apps.prompts.runtime import app_by_id
from apps.prompts.selectors import find_app


class Command(JsonCommand):
    help = "Runs an app's published version and prints its events, one JSON object a line."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_id")
        parser.add_argument("--query", default="")
        parser.add_argument("--inputs", default="{}", help="a JSON object")
        parser.add_argument("--user", default="command-line")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = perloop.run(self._run(find_app(options["app_id"]), options))
        if failed:
            sys.exit(1)

    async def _run(self, app: App, options: Mapping[str, Any]) -> bool:
        request = TurnRequest(
            app=await app_by_id(app.id, app.workspace_id),
            caller=read_caller({"user": options["user"]}, app.id),
            inputs=_inputs(options["inputs"]),
            query=storable(options["query"]),
        )
        run = await start(request)
        encoder = (FlowEncoder if app.mode == AppMode.WORKFLOW else EventEncoder)(run.envelope)
        async for batch in run.follow():
            for event in batch:
                self.stdout.write(encoder.text(event))
        await run.task
        return isinstance(run.events[-1], RunError)


def _inputs(text: str) -> Mapping[str, Any]:
    try:
        inputs = storable_json(orjson.loads(storable(text)))
    except ValueError:
        inputs = None
    if not isinstance(inputs, dict):
        raise InvalidParam("--inputs must be a JSON object.")
    return inputs
