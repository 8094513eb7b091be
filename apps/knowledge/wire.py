"""Retrieval settings and process rules between the service API's JSON and this app's own types."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.common.errors import InvalidParam

from .contracts import RerankChoice, RetrievalSettings, retrieval_methods
from .filters import parse_filter

MAX_TOP_K = 100


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=False)


class _Reranking(_Part):
    reranking_provider_name: str | None = None
    reranking_model_name: str | None = None


class _VectorSetting(_Part):
    vector_weight: Annotated[float, Field(ge=0, le=1)] = 0.7


class _KeywordSetting(_Part):
    keyword_weight: Annotated[float, Field(ge=0, le=1)] = 0.3


class _Weights(_Part):
    vector_setting: _VectorSetting | None = None
    keyword_setting: _KeywordSetting | None = None


class _RetrievalModel(_Part):
    search_method: str = "semantic_search"
    reranking_enable: bool | None = False
    reranking_mode: str | None = None
    reranking_model: _Reranking | None = None
    top_k: Annotated[int, Field(ge=1, le=MAX_TOP_K)] | None = 2
    score_threshold_enabled: bool | None = False
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    weights: _Weights | None = None
    metadata_filtering_conditions: Any = None


def parse_retrieval(value: object) -> RetrievalSettings:
    """Settings from a caller's `retrieval_model`. None gives the default.

    Raises:
        InvalidParam: naming the field.
    """
    if value is None:
        return RetrievalSettings()
    try:
        model = _RetrievalModel.model_validate(value)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in problem["loc"])
        raise InvalidParam(f"retrieval_model {field}: {problem['msg']}".strip(), params="retrieval_model") from error
    if model.search_method not in retrieval_methods:
        raise InvalidParam(f"{model.search_method[:40]} is not a valid choice", params="search_method")
    settings = replace(_settings(model), filters=parse_filter(model.metadata_filtering_conditions))
    if not settings.vector_weight and not settings.keyword_weight:
        raise InvalidParam("One of the weights must be above 0.", params="weights")
    return settings


def stored_retrieval(value: Mapping[str, Any]) -> RetrievalSettings:
    """Settings from a row; `dump_retrieval` wrote them."""
    return _settings(_RetrievalModel.model_validate(value))


def _settings(model: _RetrievalModel) -> RetrievalSettings:
    weights = model.weights or _Weights()
    return RetrievalSettings(
        search_method=model.search_method,
        top_k=model.top_k or 2,
        score_threshold=model.score_threshold if model.score_threshold_enabled else None,
        vector_weight=(weights.vector_setting or _VectorSetting()).vector_weight,
        keyword_weight=(weights.keyword_setting or _KeywordSetting()).keyword_weight,
        rerank=_rerank(model),
    )


def _rerank(model: _RetrievalModel) -> RerankChoice | None:
    """Rerank by weights is what hybrid search does by itself; only a model is a choice."""
    choice = model.reranking_model
    if not model.reranking_enable or model.reranking_mode == "weighted_score" or choice is None:
        return None
    if not choice.reranking_provider_name or not choice.reranking_model_name:
        return None
    return RerankChoice(choice.reranking_provider_name, choice.reranking_model_name)


def dump_retrieval(settings: RetrievalSettings) -> dict[str, Any]:
    """The service API's `retrieval_model_dict`."""
    rerank, hybrid = settings.rerank, settings.search_method == "hybrid_search"
    return {
        "search_method": settings.search_method,
        "reranking_enable": rerank is not None,
        "reranking_mode": "reranking_model" if rerank else "weighted_score" if hybrid else None,
        "reranking_model": {
            "reranking_provider_name": rerank.provider if rerank else "",
            "reranking_model_name": rerank.model if rerank else "",
        },
        "weights": {
            "weight_type": "customized",
            "vector_setting": {"vector_weight": settings.vector_weight},
            "keyword_setting": {"keyword_weight": settings.keyword_weight},
        },
        "top_k": settings.top_k,
        "score_threshold_enabled": settings.score_threshold is not None,
        "score_threshold": settings.score_threshold,
    }
