"""What members make of answers: their rating, and the answer that should have been given."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.common.errors import InvalidParam
from apps.common.pages import say, wants_fragment
from apps.logs.details import describe_one
from apps.logs.entries import get_logged_message
from apps.logs.models import Message
from apps.logs.services.annotations import MAX_ANSWER, delete_improved_answer, improve_answer
from apps.logs.services.feedback import rate_as_operator
from apps.prompts.models import App
from apps.prompts.selectors import get_app
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires


@require_http_methods(["GET", "POST"])
@requires(*BUILDERS)
def rate(request: ConsoleRequest, app_id: UUID, message_id: UUID) -> HttpResponse:
    app, message = _find(request, app_id, message_id)
    if request.method == "POST":
        rate_as_operator(message=message, user=request.user, rating=request.POST.get("rating", ""))
    return _judged(request, app, message_id)


@require_http_methods(["GET", "POST"])
@requires(*BUILDERS)
def improve(request: ConsoleRequest, app_id: UUID, message_id: UUID) -> HttpResponse:
    app, message = _find(request, app_id, message_id)
    answer, problem = _written(message), ""
    if request.method == "POST":
        answer = request.POST.get("answer", "")
        try:
            improve_answer(message=message, user=request.user, answer=answer)
        except InvalidParam as refusal:
            problem = refusal.message
        else:
            return _judged(request, app, message_id, _("The improved answer is saved."))
    context = {"app": app, "message": message, "answer": answer, "problem": problem, "max_answer": MAX_ANSWER}
    template = "logs/_improve.html" if wants_fragment(request) else "logs/improve.html"
    return render(request, template, context, status=422 if problem else 200)


@require_POST
@requires(*BUILDERS)
def delete(request: ConsoleRequest, app_id: UUID, message_id: UUID) -> HttpResponse:
    app, message = _find(request, app_id, message_id)
    delete_improved_answer(message=message, user=request.user)
    return _judged(request, app, message_id, _("The given answer stands again."))


def _find(request: ConsoleRequest, app_id: UUID, message_id: UUID) -> tuple[App, Message]:
    app = get_app(workspace=request.workspace, app_id=app_id)
    return app, get_logged_message(app=app, message_id=message_id)


def _written(message: Message) -> str:
    annotation = getattr(message, "annotation", None)
    return annotation.answer if annotation else message.answer


def _judged(request: ConsoleRequest, app: App, message_id: UUID, sentence: str = "") -> HttpResponse:
    """The part of the entry that changed, or the way back to the entry."""
    message = get_logged_message(app=app, message_id=message_id)
    if not wants_fragment(request):
        return redirect("logs:entry", app.pk, message.conversation_id or message.pk)
    response = render(request, "logs/_judgement.html", {"app": app, "detail": describe_one(message)})
    if sentence:
        say(response, sentence)
    return response
