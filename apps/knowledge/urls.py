"""Console addresses."""

from django.urls import path

from .views import document_changes, documents, hit_testing, segment_changes, segments, sources

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
    path("knowledge/<uuid:dataset_id>/documents", documents.document_list, name="documents"),
    path("knowledge/<uuid:dataset_id>/documents/progress", documents.progress, name="documents_progress"),
    path("knowledge/<uuid:dataset_id>/documents/do", documents.act, name="documents_do"),
    path("knowledge/<uuid:dataset_id>/documents/metadata", document_changes.metadata, name="documents_metadata"),
    path("knowledge/<uuid:dataset_id>/documents/<uuid:document_id>", segments.document_page, name="document"),
    path("knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/file", documents.download, name="document_file"),
    path(
        "knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/rename",
        document_changes.rename,
        name="rename_document",
    ),
    path(
        "knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/priority",
        document_changes.priority,
        name="document_priority",
    ),
    path(
        "knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/settings",
        document_changes.recut,
        name="recut_document",
    ),
    path(
        "knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/metadata", segments.metadata, name="document_metadata"
    ),
    path("knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/segments/do", segments.act, name="segments_do"),
    path(
        "knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/segments/add", segment_changes.add, name="add_segment"
    ),
    path(
        "knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/segments/file",
        segment_changes.add_file,
        name="add_segments_file",
    ),
    path(
        "knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/segments/template",
        segment_changes.file_template,
        name="segments_template",
    ),
    path(
        "knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/segments/<uuid:segment_id>",
        segment_changes.edit,
        name="edit_segment",
    ),
    path(
        "knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/segments/<uuid:segment_id>/chunks",
        segment_changes.add_chunk,
        name="add_chunk",
    ),
    path(
        "knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/segments/<uuid:segment_id>/chunks/<uuid:child_chunk_id>",
        segment_changes.edit_chunk,
        name="edit_chunk",
    ),
    path(
        "knowledge/<uuid:dataset_id>/documents/<uuid:document_id>/segments/<uuid:segment_id>/chunks/<uuid:child_chunk_id>/delete",
        segment_changes.remove_chunk,
        name="delete_chunk",
    ),
    path("knowledge/<uuid:dataset_id>/hit-testing", hit_testing.hit_testing, name="hit_testing"),
    path("knowledge/<uuid:dataset_id>/hit-testing/settings", hit_testing.keep_settings, name="keep_retrieval"),
]
