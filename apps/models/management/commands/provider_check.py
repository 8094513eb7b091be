"""Proves a model provider on the wire, case by case, against a fake server or with the workspace's credentials."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from apps.common import perloop
from apps.common.encoding import dumps
from apps.common.errors import InvalidParam
from apps.models.catalogue import Provider, all_providers, get_provider
from apps.models.checking import Report, check_live, check_on_fake
from apps.models.contracts import MODEL_TYPES, ModelSpec
from apps.models.selectors import get_configured
from apps.models.wire_report import as_json, as_text, counts
from apps.workspaces.commands import WorkspaceCommand

AT_ONCE = 4  # providers against their fake servers


class Command(WorkspaceCommand):
    help = "Run the wire cases of a model provider; exit code 1 if one fails."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("provider", nargs="?", help="a key of the catalogue, such as openai")
        parser.add_argument("--all", action="store_true", help="every provider of the catalogue, on fake servers")
        parser.add_argument("--live", action="store_true", help="call the provider with the workspace's credentials")
        parser.add_argument("--model", action="append", default=[], metavar="NAME:TYPE", help="with --live")
        parser.add_argument("--case", action="append", default=[], metavar="KEY", help="only cases that begin so")

    def handle(self, *args: Any, **options: Any) -> None:
        reports = self._reports(options)
        if options["json"]:
            self.stdout.write(dumps(_object(reports, several=options["all"])))
        else:
            self.stdout.write("\n\n".join(map(as_text, reports)))
        if any(report.count("failed") for report in reports):
            sys.exit(1)

    def _reports(self, options: dict[str, Any]) -> Sequence[Report]:
        if bool(options["provider"]) == options["all"] or (options["all"] and options["live"]):
            raise InvalidParam("Name one provider, or give --all without --live.")
        if options["model"] and not options["live"]:
            raise InvalidParam("--model needs --live.")
        if options["all"]:
            return perloop.run(_on_fakes(list(all_providers().values()), options["case"]))
        provider = get_provider(options["provider"])
        if not options["live"]:
            return perloop.run(_on_fakes([provider], options["case"]))
        configured = get_configured(workspace=self.workspace(options))
        specs = [_spec(text) for text in options["model"]]
        return [perloop.run(check_live(configured, provider, specs, options["case"]))]


async def _on_fakes(providers: Sequence[Provider], only: Sequence[str]) -> Sequence[Report]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(provider: Provider) -> Report:
        async with gate:
            return await check_on_fake(provider, only=only)

    return await asyncio.gather(*map(one, providers))


def _object(reports: Sequence[Report], *, several: bool) -> dict[str, Any]:
    if not several:
        return as_json(reports[0])
    return {**counts(reports), "providers": [as_json(report) for report in reports]}


def _spec(text: str) -> ModelSpec:
    """A model's name may itself hold a colon, so the type is the last part."""
    name, _, type_ = text.rpartition(":")
    if not name or type_ not in MODEL_TYPES:
        raise InvalidParam(f"--model {text!r} is not NAME:TYPE; types are {', '.join(MODEL_TYPES)}.")
    return ModelSpec(name, type_)
