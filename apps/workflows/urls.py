"""Console addresses."""

from django.urls import path

from .views import canvas, triggers

app_name = "workflows"
TRIGGER = "apps/<uuid:app_id>/triggers/<uuid:trigger_id>"
urlpatterns = [
    path("apps/<uuid:app_id>/canvas", canvas.canvas, name="canvas"),
    path("apps/<uuid:app_id>/canvas/variables", canvas.variables, name="variables"),
    path("apps/<uuid:app_id>/canvas/tools", canvas.tools, name="tools"),
    path("apps/<uuid:app_id>/triggers", triggers.trigger_list, name="triggers"),
    path("apps/<uuid:app_id>/triggers/prepare", triggers.prepare, name="prepare_trigger"),
    path(f"{TRIGGER}/set", triggers.change, name="set_trigger"),
    path(f"{TRIGGER}/run", triggers.run_now, name="run_trigger"),
    path(f"{TRIGGER}/address", triggers.address, name="trigger_address"),
    path(f"{TRIGGER}/secret", triggers.secret, name="trigger_secret"),
    path(f"{TRIGGER}/secret/remove", triggers.unsign, name="trigger_unsign"),
]
