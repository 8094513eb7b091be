"""How programs reach a base: keys to the workspace's knowledge, and calls with this base's id filled in."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.tenancy import get_or_404
from apps.knowledge.choices import DatasetProvider
from apps.knowledge.models import Dataset
from apps.knowledge.selectors import list_knowledge_keys
from apps.knowledge.services.datasets import update_dataset
from apps.prompts.errors import TooManyKeys
from apps.prompts.services.keys import MAX_KEYS, create_dataset_key, revoke_key
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, MANAGERS, ConsoleRequest, requires

from ._base import base_of

SEARCH = """curl -X POST '{url}/datasets/{id}/retrieve' \\
  -H 'Authorization: Bearer YOUR_KEY' \\
  -H 'Content-Type: application/json' \\
  -d '{{"query": "How long is the warranty?"}}'"""
ADD_TEXT = """curl -X POST '{url}/datasets/{id}/document/create-by-text' \\
  -H 'Authorization: Bearer YOUR_KEY' \\
  -H 'Content-Type: application/json' \\
  -d '{{"name": "Warranty", "text": "Two years.", "indexing_technique": "{technique}",
       "process_rule": {{"mode": "automatic"}}}}'"""
ADD_FILE = """curl -X POST '{url}/datasets/{id}/document/create-by-file' \\
  -H 'Authorization: Bearer YOUR_KEY' \\
  -F 'file=@handbook.pdf' \\
  -F 'data={{"indexing_technique": "{technique}", "process_rule": {{"mode": "automatic"}}}}'"""
LIST = """curl '{url}/datasets/{id}/documents?page=1&limit=20' \\
  -H 'Authorization: Bearer YOUR_KEY'"""


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def api_page(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    return _page(request, base_of(request, dataset_id))


@require_POST
@requires(*MANAGERS)
def create_key(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    """Answers with the page itself: a redirect would have to carry the key through a session or an address.

    A key acts on all bases of the workspace, so only those who see all of them may make one.
    """
    dataset = base_of(request, dataset_id)
    try:
        key = create_dataset_key(workspace=request.workspace, user=request.user)
    except TooManyKeys as problem:
        messages.error(request, problem.message)
        return redirect("knowledge:api", dataset.pk)
    return _page(request, dataset, new_key=key)


@require_POST
@requires(*MANAGERS)
def remove_key(request: ConsoleRequest, dataset_id: UUID, knowledge_token_id: UUID) -> HttpResponse:
    dataset = base_of(request, dataset_id)
    key = get_or_404(list_knowledge_keys(workspace=request.workspace), knowledge_token_id, "The key does not exist.")
    revoke_key(workspace=request.workspace, token_id=key.pk, user=request.user)
    messages.success(request, _("The key %(hint)s is worth nothing any more.") % {"hint": key.hint})
    return redirect("knowledge:api", dataset.pk)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def switch(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    dataset = base_of(request, dataset_id)
    update_dataset(dataset=dataset, user=request.user, enable_api=request.POST.get("enabled") == "on")
    return redirect("knowledge:api", dataset.pk)


def _page(request: ConsoleRequest, dataset: Dataset, new_key: str = "") -> HttpResponse:
    url = request.build_absolute_uri("/v1")
    context = {
        "dataset": dataset,
        "api_url": url,
        "keys": list_knowledge_keys(workspace=request.workspace),
        "max_keys": MAX_KEYS,
        "new_key": new_key,
        "may_key": request.membership.role in MANAGERS,
        "examples": _examples(dataset, url),
    }
    return render(request, "knowledge/api.html", context)


def _examples(dataset: Dataset, url: str) -> list[tuple[str, str]]:
    """What a call does, and the call."""
    technique = dataset.indexing_technique or "high_quality"
    calls = [(_("Search it"), SEARCH)]
    if dataset.provider != DatasetProvider.EXTERNAL:
        calls += [(_("Add a text"), ADD_TEXT), (_("Add a file"), ADD_FILE), (_("List its documents"), LIST)]
    return [(title, call.format(url=url, id=dataset.pk, technique=technique)) for title, call in calls]
