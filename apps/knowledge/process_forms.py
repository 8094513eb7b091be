"""Forms of how documents are cut, indexed and searched. What a value may be is checked by the services."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.models.contracts import ModelType
from apps.models.selectors import list_models
from apps.workspaces.models import Workspace

from .choices import DocForm, IndexingTechnique, RuleMode
from .contracts import retrieval_methods
from .models import Dataset, ProcessRule
from .rules import AUTOMATIC, CHILDREN, CLEANING, FULL_DOC, MAX_SEPARATOR, MAX_TOKENS, MIN_TOKENS, PARAGRAPH, PARENTS
from .wire import MAX_TOP_K

QA: Final = "qa"
LANGUAGES: Final = (
    "English", "Chinese", "Japanese", "Korean", "German", "French", "Spanish", "Italian", "Portuguese", "Russian",
    "Ukrainian", "Polish", "Turkish", "Vietnamese", "Hindi", "Arabic",
)  # fmt: skip
BY_WORDS: Final = "keyword_search"


def model_choices(workspace: Workspace, model_type: ModelType) -> list[tuple[str, str]]:
    """`provider/model` with what it is called, the default first."""
    found = sorted(list_models(workspace=workspace, model_type=model_type), key=lambda choice: not choice.is_default)
    return [
        (
            f"{choice.provider.key}/{choice.spec.name}",
            f"{choice.spec.label or choice.spec.name} · {choice.provider.label}",
        )
        for choice in found
    ]


def with_current(choices: Sequence[tuple[str, str]], current: str) -> list[tuple[str, str]]:
    """The choices, and what a base has although it can no longer be chosen."""
    known = [value for value, _label in choices]
    return [*choices, *([(current, current)] if current and current not in known else [])]


def split_model(value: str) -> tuple[str | None, str | None]:
    """Provider and name of a choice."""
    provider, _slash, name = value.partition("/")
    return (provider, name) if name else (None, None)


def number_input(low: float, high: float, step: float = 1) -> forms.NumberInput:
    """A field for a number; a slider beside it where the template gives one."""
    return forms.NumberInput(attrs={"class": "input", "min": low, "max": high, "step": step})


def _cards() -> forms.RadioSelect:
    return forms.RadioSelect()


class RetrievalForm(forms.Form):
    """How a base is searched."""

    search_method = forms.ChoiceField(label=_("Search"), widget=_cards())
    vector_weight = forms.FloatField(
        label=_("Weight of meaning"),
        min_value=0,
        max_value=1,
        required=False,
        widget=number_input(0, 1, 0.05),
        help_text=_("1: by meaning alone; 0: by words alone. Words get what is left."),
    )
    rerank = forms.ChoiceField(
        label=_("Rerank model"),
        required=False,
        widget=forms.Select(attrs={"class": "input"}),
        help_text=_("Reads the best passages once more and puts them in order; each search then calls it."),
    )
    top_k = forms.IntegerField(
        label=_("Passages"),
        min_value=1,
        max_value=MAX_TOP_K,
        widget=number_input(1, MAX_TOP_K),
        help_text=_("How many a search returns at most."),
    )
    has_threshold = forms.BooleanField(label=_("Leave out what scores less than"), required=False)
    threshold = forms.FloatField(
        label=_("Lowest score"), min_value=0, max_value=1, required=False, widget=number_input(0, 1, 0.05)
    )

    def __init__(self, *args: Any, workspace: Workspace, dataset: Dataset | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = dataset.retrieval_model if dataset else {}
        is_economy = dataset is not None and dataset.indexing_technique == IndexingTechnique.ECONOMY
        self.fields["search_method"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (method.key, method.label)
            for method in retrieval_methods.all().values()
            if not (is_economy and method.needs_vector)
        ]
        choices = with_current(model_choices(workspace, "rerank"), self.initial_of(stored)["rerank"])
        self.fields["rerank"].choices = [("", _("None")), *choices]  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(stored: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a service API's `retrieval_model`."""
        weights = (stored.get("weights") or {}).get("vector_setting") or {}
        model = stored.get("reranking_model") or {}
        provider, name = model.get("reranking_provider_name"), model.get("reranking_model_name")
        threshold = stored.get("score_threshold")
        return {
            "search_method": stored.get("search_method") or "semantic_search",
            "vector_weight": weights.get("vector_weight", 0.7),
            "rerank": f"{provider}/{name}" if stored.get("reranking_enable") and provider and name else "",
            "top_k": stored.get("top_k") or 3,
            "has_threshold": bool(stored.get("score_threshold_enabled")),
            "threshold": 0.5 if threshold is None else threshold,
        }

    def retrieval_model(self) -> dict[str, Any]:
        """What the fields say, as the service API writes it; a base without vectors is searched by words."""
        fields = self.cleaned_data
        method = fields["search_method"]
        # Only forms that change the index have a technique; the others offer no method that does not fit.
        if fields.get("technique") == IndexingTechnique.ECONOMY and retrieval_methods.get(method).needs_vector:
            method = BY_WORDS
        provider, name = split_model(fields["rerank"])
        weight = 0.7 if fields["vector_weight"] is None else fields["vector_weight"]
        return {
            "search_method": method,
            "reranking_enable": bool(name),
            "reranking_mode": "reranking_model" if name else "weighted_score",
            "reranking_model": {"reranking_provider_name": provider or "", "reranking_model_name": name or ""},
            "weights": {
                "vector_setting": {"vector_weight": weight},
                "keyword_setting": {"keyword_weight": round(1 - weight, 4)},
            },
            "top_k": fields["top_k"],
            "score_threshold_enabled": fields["has_threshold"],
            "score_threshold": fields["threshold"] if fields["has_threshold"] else None,
        }


def _separator(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=MAX_SEPARATOR,
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"class": "input mono", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("\\n is a new line, \\n\\n an empty line."),
    )


def _length(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=MIN_TOKENS,
        max_value=MAX_TOKENS,
        required=False,
        widget=number_input(MIN_TOKENS, MAX_TOKENS),
        help_text=_("In tokens, 50 to 4,000. A token is about four letters of English."),
    )


class ProcessForm(RetrievalForm):
    """Step 2 of adding documents: cutting, index and, for a base that has none yet, retrieval."""

    mode = forms.ChoiceField(
        label=_("How documents are cut"),
        choices=[
            (RuleMode.AUTOMATIC.value, _("Automatic")),
            (RuleMode.CUSTOM.value, _("Custom")),
            (RuleMode.HIERARCHICAL.value, _("Parents and children")),
            (QA, _("Questions and answers")),
        ],
        widget=_cards(),
    )
    separator = _separator(_("Cut at"))
    max_tokens = _length(_("Longest segment"))
    overlap = forms.IntegerField(
        label=_("Overlap"),
        min_value=0,
        max_value=MAX_TOKENS,
        required=False,
        widget=number_input(0, MAX_TOKENS),
        help_text=_("Tokens that two neighbours share; 10–25 % of the longest segment keeps sentences whole."),
    )
    parent_separator = _separator(_("Cut parents at"))
    parent_max_tokens = _length(_("Longest parent"))
    parent_mode = forms.ChoiceField(
        label=_("A parent is"),
        choices=[(PARAGRAPH, _("a paragraph")), (FULL_DOC, _("the whole document"))],
        required=False,
        widget=_cards(),
    )
    child_separator = _separator(_("Cut children at"))
    child_max_tokens = _length(_("Longest child"))
    remove_extra_spaces = forms.BooleanField(label=_("Replace runs of spaces and empty lines by one"), required=False)
    remove_urls_emails = forms.BooleanField(label=_("Leave out web and mail addresses"), required=False)
    remove_stopwords = forms.BooleanField(label=_("Leave out stop words such as “the” and “of”"), required=False)
    language = forms.ChoiceField(
        label=_("Language of questions and answers"),
        choices=[(name, name) for name in LANGUAGES],
        required=False,
        widget=forms.Select(attrs={"class": "input"}),
    )
    technique = forms.ChoiceField(
        label=_("Index"),
        choices=[
            (IndexingTechnique.HIGH_QUALITY.value, _("High quality")),
            (IndexingTechnique.ECONOMY.value, _("Economical")),
        ],
        widget=_cards(),
        required=False,
    )
    embedding = forms.ChoiceField(
        label=_("Embedding model"), required=False, widget=forms.Select(attrs={"class": "input"})
    )

    def __init__(self, *args: Any, workspace: Workspace, dataset: Dataset | None = None, **kwargs: Any) -> None:
        super().__init__(*args, workspace=workspace, dataset=dataset, **kwargs)
        self.is_founded = dataset is not None and dataset.indexing_technique is not None
        self.fields["embedding"].choices = model_choices(workspace, "text-embedding")  # type: ignore[attr-defined]
        if self.is_founded:
            for name in ("technique", "embedding", *RetrievalForm.base_fields):
                del self.fields[name]

    @classmethod
    def first(cls, dataset: Dataset | None, rule: ProcessRule | None, workspace: Workspace) -> dict[str, Any]:
        """What the form begins with: as the base's documents were cut last, else the automatic rule."""
        rules: Mapping[str, Any] = rule.rules if rule else AUTOMATIC
        mode = rule.mode if rule else RuleMode.AUTOMATIC.value
        has_parents = mode == RuleMode.HIERARCHICAL
        passages = AUTOMATIC["segmentation"] if has_parents else rules["segmentation"]
        parents = rules.get("segmentation") if has_parents else None
        children = rules.get("subchunk_segmentation") or CHILDREN
        enabled = {item["id"] for item in rules["pre_processing_rules"] if item["enabled"]}
        has_model = bool(model_choices(workspace, "text-embedding"))
        return {
            **cls.initial_of(dataset.retrieval_model if dataset else {}),
            "mode": QA if dataset is not None and dataset.doc_form == DocForm.QA else mode,
            "separator": _written(passages.get("delimiter") or passages["separator"]),
            "max_tokens": passages["max_tokens"],
            "overlap": passages.get("chunk_overlap", 0),
            "parent_separator": _written((parents or PARENTS)["separator"]),
            "parent_max_tokens": (parents or PARENTS)["max_tokens"],
            "parent_mode": rules.get("parent_mode") or PARAGRAPH,
            "child_separator": _written(children["separator"]),
            "child_max_tokens": children["max_tokens"],
            **{name: name in enabled for name in CLEANING},
            "language": LANGUAGES[0],
            "technique": IndexingTechnique.HIGH_QUALITY.value if has_model else IndexingTechnique.ECONOMY.value,
            "embedding": next(iter(model_choices(workspace, "text-embedding")), ("", ""))[0],
        }

    def options(self) -> dict[str, Any]:
        """What the fields say, as `create_document` takes it."""
        return {**self.cutting(), **({} if self.is_founded else self._index())}

    def cutting(self) -> dict[str, Any]:
        """The part of it that a preview needs beside technique and model."""
        fields = self.cleaned_data
        is_qa = fields["mode"] == QA
        form = {QA: DocForm.QA, RuleMode.HIERARCHICAL: DocForm.HIERARCHICAL}.get(fields["mode"], DocForm.TEXT)
        return {
            "process_rule": self._rule(RuleMode.CUSTOM if is_qa else fields["mode"]),
            "doc_form": form.value,
            "doc_language": fields["language"] or LANGUAGES[0],
        }

    def _rule(self, mode: str) -> dict[str, Any]:
        if mode == RuleMode.AUTOMATIC:
            return {"mode": mode}
        fields = self.cleaned_data
        rules: dict[str, Any] = {
            "pre_processing_rules": [{"id": name, "enabled": fields[name]} for name in CLEANING],
            "segmentation": {
                "separator": fields["separator"],
                "max_tokens": fields["max_tokens"],
                "chunk_overlap": fields["overlap"] or 0,
            },
        }
        if mode == RuleMode.HIERARCHICAL:
            rules["segmentation"] = {
                "separator": fields["parent_separator"],
                "max_tokens": fields["parent_max_tokens"],
            }
            rules["parent_mode"] = fields["parent_mode"] or PARAGRAPH
            rules["subchunk_segmentation"] = {
                "separator": fields["child_separator"],
                "max_tokens": fields["child_max_tokens"],
            }
        return {"mode": mode, "rules": rules}

    def _index(self) -> dict[str, Any]:
        technique = self.cleaned_data["technique"] or IndexingTechnique.HIGH_QUALITY.value
        is_economy = technique == IndexingTechnique.ECONOMY
        provider, name = split_model("" if is_economy else self.cleaned_data["embedding"])
        return {
            "indexing_technique": technique,
            "embedding_provider": provider,
            "embedding_model": name,
            "retrieval_model": self.retrieval_model(),
        }


def _written(separator: str) -> str:
    """A separator as somebody types it."""
    return separator.replace("\n", "\\n").replace("\t", "\\t")
