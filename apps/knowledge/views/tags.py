"""The tags of a team's knowledge bases."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.prompts.forms import TagForm, attempt
from apps.workspaces.choices import TagKind
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, ConsoleRequest, requires
from apps.workspaces.selectors import list_tags
from apps.workspaces.services.tags import create_tag, delete_tag, rename_tag

KIND = TagKind.KNOWLEDGE


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def tag_list(request: ConsoleRequest) -> HttpResponse:
    form = TagForm(request.POST or None)
    if request.method == "POST":
        tag = attempt(
            form, lambda fields: create_tag(workspace=request.workspace, kind=KIND, user=request.user, **fields)
        )
        if tag is not None:
            return redirect("knowledge:tags")
    return _page(request, form)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def rename(request: ConsoleRequest, knowledge_tag_id: UUID) -> HttpResponse:
    form = TagForm(request.POST)
    renamed = attempt(
        form,
        lambda fields: rename_tag(
            workspace=request.workspace, tag_id=knowledge_tag_id, kind=KIND, user=request.user, **fields
        ),
    )
    return redirect("knowledge:tags") if renamed else _page(request, form)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def delete(request: ConsoleRequest, knowledge_tag_id: UUID) -> HttpResponse:
    delete_tag(workspace=request.workspace, tag_id=knowledge_tag_id, kind=KIND, user=request.user)
    messages.success(request, _("The tag was deleted."))
    return redirect("knowledge:tags")


def _page(request: ConsoleRequest, form: TagForm) -> HttpResponse:
    context = {"form": form, "tags": list_tags(workspace=request.workspace, kind=KIND)}
    return render(request, "knowledge/tags.html", context)
