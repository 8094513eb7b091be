"""The settings of a knowledge retrieval (DSL 4.5)."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from apps.prompts.shapes import as_list, as_map, as_number, as_whole
from apps.workflows.engine.config import ConfigPart, Map, NodeConfig, Rows, Selector, Text

TOP_K = 4
_OPERATORS = (
    "is", "is not", "contains", "not contains", "start with", "end with", "=", "≠", ">", "<", "≥", "≤",
    "before", "after", "empty", "not empty",
)  # fmt: skip


class SingleRetrieval(ConfigPart):
    """One base is searched, which a model chooses."""

    model: Map = Field(default_factory=dict, description="The model.", json_schema_extra={"widget": "model"})


class MultipleRetrieval(ConfigPart):
    """All bases are searched, and what they bring is put in one order."""

    top_k: Any = Field(
        TOP_K,
        description="How many passages.",
        json_schema_extra={"label": "Most passages", "widget": "number", "minimum": 1, "maximum": 20},
    )
    score_threshold: Any = Field(
        None,
        description="The least score, 0 to 1; null: any.",
        json_schema_extra={"label": "Least score", "widget": "number", "minimum": 0, "maximum": 1, "step": 0.05},
    )
    reranking_enable: Any = Field(
        True,
        description="Whether it is ordered anew.",
        json_schema_extra={"label": "Order passages anew", "widget": "switch"},
    )
    reranking_mode: Text = Field(
        "reranking_model",
        description="By a rerank model, or by weights.",
        json_schema_extra={
            "label": "Order",
            "options": ["reranking_model", "weighted_score"],
            "option_labels": {
                "reranking_model": "By a rerank model",
                "weighted_score": "By meaning and words, weighed",
            },
            "shown_when": {"reranking_enable": [True]},
        },
    )
    reranking_model: Map = Field(
        default_factory=dict,
        description="`provider` and `model` of the rerank model.",
        json_schema_extra={
            "label": "Rerank model",
            "widget": "rerank",
            "shown_when": {"reranking_enable": [True], "reranking_mode": ["reranking_model"]},
        },
    )
    weights: Map = Field(
        default_factory=dict,
        description="Weights of vectors and words.",
        json_schema_extra={
            "label": "Share of meaning",
            "widget": "weights",
            "shown_when": {"reranking_enable": [True], "reranking_mode": ["weighted_score"]},
        },
    )

    def rerank(self) -> tuple[str, str] | None:
        """Provider and name of the model that orders."""
        provider = self.reranking_model.get("provider") or self.reranking_model.get("reranking_provider_name")
        name = self.reranking_model.get("model") or self.reranking_model.get("reranking_model_name")
        by_model = self.reranking_enable is not False and self.reranking_mode != "weighted_score"
        return (str(provider), str(name)) if by_model and provider and name else None

    def score_weights(self) -> tuple[float, float] | None:
        """Weights of vectors and words, where those order."""
        if self.reranking_mode != "weighted_score":
            return None
        vectors = as_number(as_map(self.weights.get("vector_setting")).get("vector_weight"))
        words = as_number(as_map(self.weights.get("keyword_setting")).get("keyword_weight"))
        return (vectors, words) if vectors is not None and words is not None else None


class FilterCondition(ConfigPart):
    """What a document's field must be like."""

    name: Text = Field("", description="The field.", json_schema_extra={"label": "Field"})
    comparison_operator: Text = Field(
        "", description="How it is compared.", json_schema_extra={"label": "Comparison", "options": [*_OPERATORS]}
    )
    value: Any = Field(
        None, description="With what; a text may hold references.", json_schema_extra={"widget": "template"}
    )


class FilterConditions(ConfigPart):
    """Conditions on documents."""

    logical_operator: Text = Field(
        "and",
        description="Whether all or one.",
        json_schema_extra={
            "label": "A document is looked at when",
            "options": ["and", "or"],
            "option_labels": {"and": "All conditions hold", "or": "One condition holds"},
        },
    )
    conditions: Rows[FilterCondition] = Field(
        default_factory=list, description="The conditions.", json_schema_extra={"row": "condition"}
    )


class RetrievalConfig(NodeConfig):
    """See `NodeConfig`."""

    query_variable_selector: Selector = Field(
        (), description="The question.", json_schema_extra={"label": "Question", "types": ["string"]}
    )
    dataset_ids: list[Text] = Field(
        default_factory=list,
        description="The knowledge bases.",
        json_schema_extra={"label": "Knowledge bases", "widget": "datasets"},
    )
    retrieval_mode: Text = Field(
        "multiple",
        description="Whether all bases are searched, or one that a model chooses.",
        json_schema_extra={
            "label": "Which bases are asked",
            "options": ["multiple", "single"],
            "option_labels": {"multiple": "All of them", "single": "One, chosen by a model"},
        },
    )
    single_retrieval_config: SingleRetrieval = Field(
        SingleRetrieval(),
        description="Of one base.",
        json_schema_extra={"is_plain": True, "shown_when": {"retrieval_mode": ["single"]}},
    )
    multiple_retrieval_config: MultipleRetrieval = Field(
        MultipleRetrieval(),
        description="Of all bases.",
        json_schema_extra={"is_plain": True, "shown_when": {"retrieval_mode": ["multiple"]}},
    )
    metadata_filtering_mode: Text = Field(
        "disabled",
        description="Which documents are looked at.",
        json_schema_extra={
            "label": "Documents that are looked at",
            "options": ["disabled", "manual", "automatic"],
            "option_labels": {
                "disabled": "All",
                "manual": "Those that meet conditions",
                "automatic": "Those that fit the question: a model decides",
            },
        },
    )
    metadata_model_config: Map = Field(
        default_factory=dict,
        description="The model that makes automatic filters.",
        json_schema_extra={
            "label": "Model",
            "widget": "model",
            "shown_when": {"metadata_filtering_mode": ["automatic"]},
        },
    )
    metadata_filtering_conditions: FilterConditions = Field(
        FilterConditions(),
        description="The filter that was made by hand.",
        json_schema_extra={"is_plain": True, "shown_when": {"metadata_filtering_mode": ["manual"]}},
    )

    @field_validator("dataset_ids", mode="before")
    @classmethod
    def _ids(cls, value: Any) -> Any:
        return [str(one) for one in as_list(value) if one]

    @field_validator(
        "single_retrieval_config", "multiple_retrieval_config", "metadata_filtering_conditions", mode="before"
    )
    @classmethod
    def _empty(cls, value: Any) -> Any:
        """What is no map is not there."""
        return value if isinstance(value, Mapping | ConfigPart) else {}

    @property
    def top_k(self) -> int:
        """How many passages."""
        return as_whole(self.multiple_retrieval_config.top_k) or TOP_K

    @property
    def score_threshold(self) -> float | None:
        """The least score."""
        return as_number(self.multiple_retrieval_config.score_threshold)
