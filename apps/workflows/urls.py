"""Console addresses."""

from django.urls import path

from .views import canvas, inspector, triggers

app_name = "workflows"
TRIGGER = "apps/<uuid:app_id>/triggers/<uuid:trigger_id>"
urlpatterns = [
    path("apps/<uuid:app_id>/canvas", canvas.canvas, name="canvas"),
    path("apps/<uuid:app_id>/canvas/variables", canvas.variables, name="variables"),
    path("apps/<uuid:app_id>/triggers", triggers.trigger_list, name="triggers"),
    path("apps/<uuid:app_id>/triggers/prepare", triggers.prepare, name="prepare_trigger"),
    path("apps/<uuid:app_id>/triggers/addresses", triggers.addresses, name="trigger_addresses"),
    path("apps/<uuid:app_id>/triggers/times", triggers.times, name="trigger_times"),
    path("apps/<uuid:app_id>/values", inspector.values, name="values"),
    path("apps/<uuid:app_id>/values/<str:node_id>", inspector.node_values, name="node_values"),
    path("apps/<uuid:app_id>/values/<str:node_id>/pin", inspector.pin, name="pin_node"),
    path(f"{TRIGGER}/set", triggers.change, name="set_trigger"),
    path(f"{TRIGGER}/run", triggers.run_now, name="run_trigger"),
    path(f"{TRIGGER}/address", triggers.address, name="trigger_address"),
    path(f"{TRIGGER}/secret", triggers.secret, name="trigger_secret"),
    path(f"{TRIGGER}/secret/remove", triggers.unsign, name="trigger_unsign"),
]
