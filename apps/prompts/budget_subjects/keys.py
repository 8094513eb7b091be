"""Budgets of keys to apps."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext_noop as _

from apps.billing.subjects import MOST_FOUND, BudgetSubject, budget_subjects
from apps.prompts.choices import TokenKind
from apps.prompts.models import ApiToken
from apps.workspaces.models import Workspace


@budget_subjects.register
class ApiKeys(BudgetSubject):
    """By what may be seen of them, and their app."""

    key, label = "api_key", _("API keys")

    def names(self, *, workspace: Workspace, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Of keys that exist."""
        return dict(_named(ApiToken.objects.filter(workspace=workspace, pk__in=ids).select_related("app")))

    def find(self, *, workspace: Workspace, words: str = "") -> Sequence[tuple[UUID, str]]:
        """By app; those to knowledge call no app."""
        tokens = ApiToken.objects.filter(workspace=workspace, kind=TokenKind.APP, **({"hint": words} if words else {}))
        return list(_named(tokens.select_related("app").order_by("app__name", "created_at")[:MOST_FOUND]))


def _named(tokens: Iterable[ApiToken]) -> Iterable[tuple[UUID, str]]:
    return ((token.pk, f"{token.hint} · {token.app.name}" if token.app else token.hint) for token in tokens)
