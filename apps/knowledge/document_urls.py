"""Console addresses of a base's documents, their segments, and hit testing."""

from django.urls import URLPattern, URLResolver, include, path

from .views import document_changes, documents, hit_testing, segment_changes, segments

_Patterns = list[URLPattern | URLResolver]
_CHUNKS: _Patterns = [
    path("chunks", segment_changes.add_chunk, name="add_chunk"),
    path("chunks/<uuid:child_chunk_id>", segment_changes.edit_chunk, name="edit_chunk"),
    path("chunks/<uuid:child_chunk_id>/delete", segment_changes.remove_chunk, name="delete_chunk"),
]
_DOCUMENT: _Patterns = [
    path("file", documents.download, name="document_file"),
    path("rename", document_changes.rename, name="rename_document"),
    path("priority", document_changes.priority, name="document_priority"),
    path("settings", document_changes.recut, name="recut_document"),
    path("metadata", segments.metadata, name="document_metadata"),
    path("segments/do", segments.act, name="segments_do"),
    path("segments/add", segment_changes.add, name="add_segment"),
    path("segments/file", segment_changes.add_file, name="add_segments_file"),
    path("segments/template", segment_changes.file_template, name="segments_template"),
    path("segments/<uuid:segment_id>", segment_changes.edit, name="edit_segment"),
    path("segments/<uuid:segment_id>/", include(_CHUNKS)),
]
urlpatterns: _Patterns = [
    path("documents", documents.document_list, name="documents"),
    path("documents/progress", documents.progress, name="documents_progress"),
    path("documents/do", documents.act, name="documents_do"),
    path("documents/metadata", document_changes.metadata, name="documents_metadata"),
    path("documents/<uuid:document_id>", segments.document_page, name="document"),
    path("documents/<uuid:document_id>/", include(_DOCUMENT)),
    path("hit-testing", hit_testing.hit_testing, name="hit_testing"),
    path("hit-testing/settings", hit_testing.keep_settings, name="keep_retrieval"),
]
