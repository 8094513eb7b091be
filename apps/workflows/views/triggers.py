"""An app's triggers: when they are due, what they did, their addresses and switches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.api import json_body
from apps.common.errors import InvalidParam
from apps.common.pages import done
from apps.prompts.models import App
from apps.prompts.selectors import get_app
from apps.workflows.choices import Missed
from apps.workflows.models import Trigger
from apps.workflows.nodes.trigger_webhook.config import TriggerWebhookConfig
from apps.workflows.selectors import RecentFiring, draft_nodes, get_trigger, list_triggers, recent_firings
from apps.workflows.services.firings import fire_now
from apps.workflows.services.triggers import (
    prepare_trigger,
    remove_secret,
    renew_address,
    renew_secret,
    set_trigger,
)
from apps.workflows.triggers.deliveries import example_of
from apps.workflows.triggers.kinds import SCHEDULE, WEBHOOK, TriggerNode, moments_of, read_moments
from apps.workflows.triggers.times import BadSchedule
from apps.workflows.webhooks import webhook_or_none
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires

SHOWN = 5


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """A trigger as the page shows it.

    Args:
        upcoming: its next moments, in the schedule's own time zone.
        url, debug_url: of a webhook.
        example: a body to begin a test with.
    """

    trigger: Trigger
    is_live: bool
    upcoming: Sequence[datetime]
    recent: Sequence[RecentFiring]
    url: str = ""
    debug_url: str = ""
    config: TriggerWebhookConfig | None = None
    example: str = ""

    @property
    def is_schedule(self) -> bool:
        """Else it is a webhook."""
        return self.trigger.kind == SCHEDULE

    @property
    def takes_body(self) -> bool:
        """Whether requests of its method have one."""
        return takes_body(self.config)

    @property
    def url_id(self) -> str:
        """The field with its address on the page."""
        return f"url-{self.trigger.pk}"

    @property
    def debug_id(self) -> str:
        """The field with its test address."""
        return f"debug-{self.trigger.pk}"


def takes_body(config: TriggerWebhookConfig | None) -> bool:
    return config is not None and config.method.lower() not in {"get", "head"}


@require_safe
@requires(*BUILDERS)
def trigger_list(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    return render_triggers(request, get_app(workspace=request.workspace, app_id=app_id))


def render_triggers(
    request: ConsoleRequest, app: App, *, secret: str = "", of: UUID | None = None
) -> HttpResponse:  # fmt: skip
    """The page; a new secret stands on it this once and is kept in no cache.

    Args:
        of: the trigger it belongs to.
    """
    nodes = draft_nodes(app=app)
    rows = [_row(request, app, trigger, nodes) for trigger in list_triggers(app=app)]
    known = {row.trigger.node_id for row in rows}
    context = {
        "app": app,
        "rows": rows,
        "unprepared": [node for node in nodes.values() if node.id not in known],
        "missed": Missed.choices,
        "secret": secret,
        "secret_of": of,
    }
    response = render(request, "workflows/triggers.html", context)
    if secret:
        response["Cache-Control"] = "no-store"
    return response


@require_POST
@requires(*BUILDERS)
def prepare(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    prepare_trigger(app=app, node_id=request.POST.get("node_id", ""), user=request.user)
    return redirect("workflows:triggers", app_id)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*BUILDERS)
def times(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """When a schedule is due next: one that need not be saved by {config}, or one of the draft by ?node_id=."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    if request.method == "POST":
        config = json_body(request).get("config")
    else:
        node = draft_nodes(app=app).get(request.GET.get("node_id", ""))
        config = node.data if node is not None and node.kind == SCHEDULE else None
    if not isinstance(config, dict):
        raise InvalidParam("Send the settings of a schedule as config, or name one of the draft.", params="config")
    try:
        moments = read_moments(config, timezone.now(), SHOWN)
    except BadSchedule as error:
        return JsonResponse({"times": [], "error": str(error)})
    return JsonResponse({"times": [moment.isoformat() for moment in moments], "error": ""})


@require_safe
@requires(*BUILDERS)
def addresses(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """?node_id=: where a webhook of the draft is called and how it is tested, empty texts while it has no addresses."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    trigger = list_triggers(app=app).filter(node_id=request.GET.get("node_id", ""), kind=WEBHOOK).first()
    if trigger is None:
        nothing = {"id": None, "url": "", "debug_url": "", "is_live": False, "takes_body": False, "example": ""}
        return JsonResponse(nothing)
    url, debug_url = _urls(request, trigger)
    node = draft_nodes(app=app).get(trigger.node_id)
    config = webhook_or_none(node.data if node is not None else trigger.data)
    return JsonResponse(
        {
            "id": str(trigger.pk),
            "url": url,
            "debug_url": debug_url,
            "is_live": _is_live(app, trigger),
            "takes_body": takes_body(config),
            "example": example_of(config) if config is not None else "",
        }
    )


@require_POST
@requires(*BUILDERS)
def change(request: ConsoleRequest, app_id: UUID, trigger_id: UUID) -> HttpResponse:
    trigger = _trigger(request, app_id, trigger_id)
    switch = request.POST.get("is_enabled")
    is_enabled = None if switch is None else switch == "on"
    set_trigger(trigger=trigger, user=request.user, is_enabled=is_enabled, missed=request.POST.get("missed"))
    return done(request, "workflows:triggers", _("Saved."), app_id=app_id)


@require_POST
@requires(*BUILDERS)
def run_now(request: ConsoleRequest, app_id: UUID, trigger_id: UUID) -> HttpResponse:
    fire_now(trigger=_trigger(request, app_id, trigger_id), user=request.user)
    return done(request, "workflows:triggers", _("The run begins in a few seconds."), app_id=app_id)


@require_POST
@requires(*BUILDERS)
def address(request: ConsoleRequest, app_id: UUID, trigger_id: UUID) -> HttpResponse:
    renew_address(trigger=_trigger(request, app_id, trigger_id), user=request.user)
    sentence = _("The webhook has new addresses. The old ones are worth nothing any more.")
    return done(request, "workflows:triggers", sentence, app_id=app_id)


@require_POST
@requires(*BUILDERS)
def secret(request: ConsoleRequest, app_id: UUID, trigger_id: UUID) -> HttpResponse:
    """Answers with the page itself: a redirect would have to carry the secret through a session or an address."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    trigger = get_trigger(app=app, trigger_id=trigger_id)
    return render_triggers(request, app, secret=renew_secret(trigger=trigger, user=request.user), of=trigger.pk)


@require_POST
@requires(*BUILDERS)
def unsign(request: ConsoleRequest, app_id: UUID, trigger_id: UUID) -> HttpResponse:
    remove_secret(trigger=_trigger(request, app_id, trigger_id), user=request.user)
    return done(request, "workflows:triggers", _("Requests need no signature any more."), app_id=app_id)


def _trigger(request: ConsoleRequest, app_id: UUID, trigger_id: UUID) -> Trigger:
    return get_trigger(app=get_app(workspace=request.workspace, app_id=app_id), trigger_id=trigger_id)


def _row(request: ConsoleRequest, app: App, trigger: Trigger, nodes: dict[str, TriggerNode]) -> TriggerRow:
    is_live = _is_live(app, trigger)
    node = nodes.get(trigger.node_id)
    data = node.data if node is not None and not is_live else trigger.data
    recent = recent_firings(trigger=trigger, limit=SHOWN)
    if trigger.kind == SCHEDULE:
        return TriggerRow(trigger, is_live, moments_of(data, timezone.now(), SHOWN), recent)
    config = webhook_or_none(data)
    if trigger.kind != WEBHOOK or config is None:
        return TriggerRow(trigger, is_live, (), recent)
    return TriggerRow(trigger, is_live, (), recent, *_urls(request, trigger), config, example_of(config))


def _is_live(app: App, trigger: Trigger) -> bool:
    return trigger.version_id is not None and trigger.version_id == app.published_id


def _urls(request: ConsoleRequest, trigger: Trigger) -> tuple[str, str]:
    root = request.build_absolute_uri("/triggers/")
    return f"{root}webhook/{trigger.token}", f"{root}webhook-debug/{trigger.debug_token}"
