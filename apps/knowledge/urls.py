"""Console addresses."""

from django.urls import path

from .views import sources

app_name = "knowledge"
urlpatterns = [
    path("data-sources", sources.source_list, name="sources"),
    path("data-sources/<str:source>/connect", sources.connect_source, name="connect_source"),
    path("data-sources/<str:source>/authorize", sources.authorize, name="authorize_source"),
    path("data-sources/<str:source>/callback", sources.callback, name="source_callback"),
    # Where integrations that were registered for the original send browsers back to.
    path("console/api/oauth/data-source/callback/<str:source>", sources.callback, name="source_callback_original"),
    path("data-sources/connections/<uuid:connection_id>/switch", sources.switch, name="switch_source"),
    path("data-sources/connections/<uuid:connection_id>/remove", sources.remove, name="remove_source"),
]
