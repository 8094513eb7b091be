"""Console addresses."""

from django.urls import path

from . import views

app_name = "models"
urlpatterns = [
    path("settings/models", views.provider_list, name="providers"),
    path("settings/models/default", views.set_default_model, name="set_default"),
    path("settings/models/own/<uuid:model_id>", views.change_own_model, name="change_model"),
    path("settings/models/own/<uuid:model_id>/remove", views.remove_own_model, name="remove_model"),
    path("settings/models/<slug:provider>", views.provider_page, name="provider"),
    path("settings/models/<slug:provider>/remove", views.remove_provider, name="remove_provider"),
    path("settings/models/<slug:provider>/add", views.add_own_model, name="add_model"),
    path("settings/models/<slug:provider>/switch", views.switch_model, name="switch_model"),
    path("settings/models/<slug:provider>/try", views.try_one, name="try"),
]
