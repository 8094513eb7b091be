"""Console addresses."""

from django.urls import include, path

from . import document_urls
from .views import access, crawling, creating, listing, metadata, picking, processing, settings, sources, tags

app_name = "knowledge"
urlpatterns = [
    path("data-sources", sources.source_list, name="sources"),
    path("data-sources/<str:source>/connect", sources.connect_source, name="connect_source"),
    path("data-sources/<str:source>/authorize", sources.authorize, name="authorize_source"),
    path("data-sources/<str:source>/callback", sources.callback, name="source_callback"),
    # What sources are told to send browsers back to: an integration registered for the original goes on working.
    path("console/api/oauth/data-source/callback/<str:source>", sources.callback, name="source_callback_original"),
    path("data-sources/connections/<uuid:connection_id>/switch", sources.switch, name="switch_source"),
    path("data-sources/connections/<uuid:connection_id>/remove", sources.remove, name="remove_source"),
    path("knowledge", listing.dataset_list, name="list"),
    path("knowledge/empty", creating.create_empty, name="create_empty"),
    path("knowledge/external", creating.connect_external, name="connect_external"),
    path("knowledge/tags", tags.tag_list, name="tags"),
    path("knowledge/tags/<uuid:knowledge_tag_id>/rename", tags.rename, name="rename_tag"),
    path("knowledge/tags/<uuid:knowledge_tag_id>/delete", tags.delete, name="delete_tag"),
    path("knowledge/new", picking.new, name="new"),
    path("knowledge/new/files", picking.add_files, name="add_files"),
    path("knowledge/new/text", picking.add_text, name="add_text"),
    path("knowledge/new/from/<uuid:connection_id>", picking.browse, name="browse"),
    path("knowledge/new/from/<uuid:connection_id>/add", picking.add_items, name="add_items"),
    path("knowledge/new/remove", picking.remove, name="remove_entry"),
    path("knowledge/new/look", picking.look, name="look"),
    path("knowledge/new/crawl", crawling.progress, name="crawl"),
    path("knowledge/new/crawl/start", crawling.start, name="start_crawl"),
    path("knowledge/new/crawl/stop", crawling.stop, name="stop_crawl"),
    path("knowledge/new/crawl/leave", crawling.leave, name="leave_crawl"),
    path("knowledge/new/crawl/pick", crawling.pick, name="pick_pages"),
    path("knowledge/new/process", processing.process, name="process"),
    path("knowledge/new/preview", processing.preview, name="preview"),
    path("knowledge/<uuid:dataset_id>", listing.open_base, name="base"),
    path("knowledge/<uuid:dataset_id>/add", picking.add, name="add"),
    path("knowledge/<uuid:dataset_id>/batches/<str:batch>", processing.batch, name="batch"),
    path("knowledge/<uuid:dataset_id>/name", processing.rename, name="rename"),
    path("knowledge/<uuid:dataset_id>/settings", settings.settings_page, name="settings"),
    path("knowledge/<uuid:dataset_id>/index", settings.change_index, name="change_index"),
    path("knowledge/<uuid:dataset_id>/index-change", settings.index_change, name="index_change"),
    path("knowledge/<uuid:dataset_id>/index-change/cancel", settings.cancel_index_change, name="cancel_index_change"),
    path("knowledge/<uuid:external_dataset_id>/external", settings.change_external, name="change_external"),
    path("knowledge/<uuid:dataset_id>/delete", settings.delete, name="delete"),
    path("knowledge/<uuid:dataset_id>/metadata", metadata.metadata, name="metadata"),
    path("knowledge/<uuid:dataset_id>/metadata/built-in", metadata.built_in, name="built_in"),
    path("knowledge/<uuid:dataset_id>/metadata/<uuid:field_id>/rename", metadata.rename, name="rename_field"),
    path("knowledge/<uuid:dataset_id>/metadata/<uuid:field_id>/delete", metadata.delete, name="delete_field"),
    path("knowledge/<uuid:dataset_id>/api", access.api_page, name="api"),
    path("knowledge/<uuid:dataset_id>/api/switch", access.switch, name="switch_api"),
    path("knowledge/<uuid:dataset_id>/api/keys", access.create_key, name="create_key"),
    path("knowledge/<uuid:dataset_id>/api/keys/<uuid:knowledge_token_id>/revoke", access.remove_key, name="revoke_key"),
    path("knowledge/<uuid:dataset_id>/", include(document_urls.urlpatterns)),
]
