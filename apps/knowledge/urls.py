"""Console addresses."""

from django.urls import path

from .views import picker, sources

app_name = "knowledge"
urlpatterns = [
    path("knowledge/picker", picker.picker, name="picker"),
    path("data-sources", sources.source_list, name="sources"),
    path("data-sources/<str:source>/connect", sources.connect_source, name="connect_source"),
    path("data-sources/<str:source>/authorize", sources.authorize, name="authorize_source"),
    path("data-sources/<str:source>/callback", sources.callback, name="source_callback"),
    # What sources are told to send browsers back to: an integration registered for the original goes on working.
    path("console/api/oauth/data-source/callback/<str:source>", sources.callback, name="source_callback_original"),
    path("data-sources/connections/<uuid:connection_id>/switch", sources.switch, name="switch_source"),
    path("data-sources/connections/<uuid:connection_id>/remove", sources.remove, name="remove_source"),
]
