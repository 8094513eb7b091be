"""The workspace's models, to choose an embedding or rerank model from (service API 7.10)."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from apps.common.api import json_response
from apps.common.errors import InvalidParam
from apps.common.text import shown
from apps.models.contracts import MODEL_TYPES, ModelSpec
from apps.models.selectors import ModelChoice, list_models

from .base import KnowledgeView


class ModelsView(KnowledgeView):
    def get(self, request: Request, model_type: str) -> HttpResponse:
        if model_type not in MODEL_TYPES:
            raise InvalidParam(f"{shown(model_type)} is not a valid choice", params="model_type")
        choices = list_models(workspace=self.workspace, model_type=model_type)
        choices.sort(key=lambda choice: choice.provider.key)
        groups = groupby(choices, key=lambda choice: choice.provider.key)
        return json_response({"data": [_provider_json(self.workspace_id, list(group)) for _, group in groups]})


def _provider_json(workspace_id: UUID, choices: Sequence[ModelChoice]) -> dict[str, Any]:
    provider = choices[0].provider
    return {
        "tenant_id": str(workspace_id),
        "provider": provider.key,
        "label": _label(provider.label),
        "icon_small": {},
        "icon_large": {},
        "status": "active",
        "models": [_model_json(choice) for choice in choices],
    }


def _model_json(choice: ModelChoice) -> dict[str, Any]:
    spec = choice.spec
    is_predefined = choice.provider.specs.get((spec.type, spec.name)) is spec
    return {
        "model": spec.name,
        "label": _label(spec.label or spec.name),
        "model_type": spec.type,
        "features": sorted(spec.features),
        "fetch_from": "predefined-model" if is_predefined else "customizable-model",
        "model_properties": _properties(spec),
        "status": "active",
        "deprecated": False,
        "load_balancing_enabled": False,
    }


def _properties(spec: ModelSpec) -> dict[str, Any]:
    if spec.type == "llm":
        return {"mode": spec.mode, "context_size": spec.context_tokens}
    if spec.type == "text-embedding":
        return {"context_size": spec.context_tokens, "max_chunks": spec.batch_size}
    if spec.type == "tts":
        return {"voices": [{"mode": voice.key, "name": voice.label} for voice in spec.voices]}
    return {"context_size": spec.context_tokens} if spec.type == "rerank" else {}


def _label(text: str) -> dict[str, str]:
    return {"en_US": text, "zh_Hans": text}
