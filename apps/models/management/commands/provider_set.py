"""Configures a model provider of a workspace: credentials, models, defaults."""

import json
import re
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandParser

from apps.common.errors import InvalidParam
from apps.models.catalogue import get_provider
from apps.models.contracts import MODEL_TYPES, ModelSpec, Voice
from apps.models.selectors import get_configured, list_defaults
from apps.models.services.credentials import set_credentials
from apps.models.services.models import add_model, set_default
from apps.workspaces.commands import WorkspaceCommand

# A name may itself hold a colon (llama3.1:8b), so the type is looked for from the right.
MODEL = re.compile(
    rf"(?P<name>.+):(?P<type>{'|'.join(MODEL_TYPES)})(?::(?P<context>\d{{0,9}})(?::(?P<words>[\w.,-]+))?)?$"
)
FORM = "NAME:TYPE[:CONTEXT[:WORD,...]]"
FEATURES = frozenset({"vision", "tool-call", "json", "reasoning"})
MODES = frozenset({"chat", "completion"})


class Command(WorkspaceCommand):
    help = "Store a model provider's credentials after checking them, add models, set defaults."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("provider", help="a key of the catalogue, such as openai or openai_api_compatible")
        parser.add_argument("--credentials", metavar="JSON", help='such as {"base_url": "...", "api_key": "..."}')
        parser.add_argument(
            "--model",
            action="extend",
            nargs="+",
            default=[],
            metavar=FORM,
            help="one or several. Words: completion, vision, tool-call, json, reasoning; of a tts model: its voices",
        )
        parser.add_argument("--default", action="store_true", help="make these models the defaults of their types")
        parser.add_argument("--no-check", action="store_true", help="do not call the provider")

    def run(self, **options: Any) -> dict[str, Any]:
        workspace, check = self.workspace(options), not options["no_check"]
        provider = get_provider(options["provider"])
        specs = [provider.specs.get((spec.type, spec.name), spec) for spec in map(_spec, options["model"])]
        if options["credentials"] is not None:
            set_credentials(
                workspace=workspace,
                user=None,
                provider=provider.key,
                values=_object(options["credentials"]),
                check=check,
                check_model=specs[0] if specs else None,
            )
        for spec in specs:
            if (spec.type, spec.name) not in provider.specs:
                add_model(workspace=workspace, user=None, provider=provider.key, spec=spec, check=check)
        if options["default"]:
            for spec in reversed(specs):  # of several of one type the first named stays
                set_default(workspace=workspace, user=None, model_type=spec.type, provider=provider.key, name=spec.name)
        configured = get_configured(workspace=workspace)
        return {
            "provider": provider.key,
            "workspace_id": workspace.pk,
            "checked": check,
            "models": [_shown(configured.spec(spec.type, provider.key, spec.name)) for spec in specs],
            "defaults": {kind: "/".join(model) for kind, model in list_defaults(workspace=workspace).items()},
        }


def _spec(text: str) -> ModelSpec:
    match = MODEL.match(text)
    if match is None:
        raise InvalidParam(f"--model {text!r} is not {FORM}; types are {', '.join(MODEL_TYPES)}.")
    words = frozenset(filter(None, (match["words"] or "").split(",")))
    spec = ModelSpec(name=match["name"], type=match["type"], context_tokens=int(match["context"] or 4096))  # type: ignore[arg-type]  # the pattern lists the types
    if spec.type == "tts":
        voices = dict.fromkeys(filter(None, (match["words"] or "").split(",")))
        return replace(spec, voices=tuple(Voice(key, key.title()) for key in voices))
    known = FEATURES | MODES if spec.type == "llm" else frozenset()
    if words - known:
        raise InvalidParam(f"--model {text!r}: {', '.join(sorted(words - known))} is not among {sorted(known)}.")
    return replace(spec, features=words & FEATURES, mode="completion" if "completion" in words else "chat")


def _object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InvalidParam("--credentials is not JSON.", params="credentials") from error
    if not isinstance(value, dict):
        raise InvalidParam("--credentials must be a JSON object.", params="credentials")
    return value


def _shown(spec: ModelSpec) -> dict[str, object]:
    return {
        "name": spec.name,
        "type": spec.type,
        "context_tokens": spec.context_tokens,
        "dimensions": spec.dimensions,
    }
