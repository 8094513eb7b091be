"""Dialogs of the list of documents: name, priority, metadata, and how a document is cut."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.common.errors import InvalidParam
from apps.common.pages import done, render_part, wants_fragment
from apps.knowledge.document_forms import MetadataForm, PriorityForm, RenameForm
from apps.knowledge.models import Dataset
from apps.knowledge.process_forms import ProcessForm
from apps.knowledge.selectors import list_documents_by_id
from apps.knowledge.services.job_control import prioritise_document
from apps.knowledge.services.metadata import DocumentValues, set_documents_metadata
from apps.knowledge.services.replacing import replace_document
from apps.knowledge.services.updates import update_document
from apps.prompts.forms import attempt
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, ConsoleRequest, requires

from ._base import own_base_of
from ._documents import document_of
from .documents import MAX_CHOSEN

DIALOG, PAGE = "knowledge/_form.html", "knowledge/form.html"


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def rename(request: ConsoleRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    document = document_of(request, dataset_id, document_id)
    form = RenameForm(request.POST or None, initial={"name": document.name})
    if (
        request.method == "POST"
        and attempt(form, lambda fields: update_document(document=document, user=request.user, **fields)) is not None
    ):
        return done(request, "knowledge:documents", _("The document has another name."), dataset_id=dataset_id)
    return show(request, document.dataset, form, _("Rename document"))


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def priority(request: ConsoleRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    document = document_of(request, dataset_id, document_id)
    form = PriorityForm(request.POST or None, initial={"priority": document.priority})
    if (
        request.method == "POST"
        and attempt(form, lambda fields: prioritise_document(document=document, user=request.user, **fields))
        is not None
    ):
        return done(request, "knowledge:documents", _("The priority was set."), dataset_id=dataset_id)
    return show(request, document.dataset, form, _("Priority of indexing"))


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def metadata(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    """Values for several documents; what is left empty stays as it is in each."""
    dataset = own_base_of(request, dataset_id)
    given = request.POST if request.method == "POST" else request.GET
    ids = given.getlist("document")[: MAX_CHOSEN + 1]
    if len(ids) > MAX_CHOSEN:
        raise InvalidParam(_("Choose at most %(number)s documents at once.") % {"number": MAX_CHOSEN})
    documents = list_documents_by_id(dataset=dataset, document_ids=ids)
    form = MetadataForm(request.POST or None, metadata_fields=list(dataset.metadata_fields.all()))
    if request.method == "POST" and form.is_valid():
        entries = form.entries(with_empty=False)
        operations = [DocumentValues(document.pk, entries, is_partial=True) for document in documents]
        if attempt(form, lambda _fields: _set(dataset, operations, request)):
            return done(request, "knowledge:documents", _("The metadata was set."), dataset_id=dataset_id)
    return show(request, dataset, form, _("Metadata of the chosen documents"), documents=documents)


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def recut(request: ConsoleRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    """Another rule: a new document takes the old one's place once it is indexed."""
    document = document_of(request, dataset_id, document_id)
    dataset = document.dataset
    first = ProcessForm.first(dataset, document.process_rule, request.workspace)
    form = ProcessForm(request.POST or None, workspace=request.workspace, dataset=dataset, initial=first)
    if (
        request.method == "POST"
        and attempt(form, lambda _fields: replace_document(document=document, user=request.user, **form.cutting()))
        is not None
    ):
        sentence = _("The document is cut and indexed anew. Until then the old one is found.")
        return done(request, "knowledge:documents", sentence, dataset_id=dataset_id)
    return show(request, dataset, form, _("How the document is cut"), document=document, is_recut=True)


def show(request: ConsoleRequest, dataset: Dataset, form: object, heading: str, **more: object) -> HttpResponse:
    """A form in its dialog, or on a page of its own."""
    has_errors = wants_fragment(request) and bool(getattr(form, "errors", None))
    context = {"dataset": dataset, "form": form, "heading": heading, "action": request.path, **more}
    return render_part(request, PAGE, DIALOG, context, status=422 if has_errors else 200)


def _set(dataset: Dataset, operations: list[DocumentValues], request: ConsoleRequest) -> bool:
    set_documents_metadata(dataset=dataset, operations=operations, user=request.user)
    return True
