"""Addresses below /v1."""

from django.urls import path

from apps.knowledge.services.job_control import ACTIONS

from . import (
    child_chunks,
    datasets,
    documents,
    estimates,
    external,
    metadata,
    models,
    search,
    segment_import,
    segments,
    tags,
)

EXTERNAL = "datasets/external-knowledge-api"
DATASET = "datasets/<str:dataset_id>"
BATCH = f"{DATASET}/documents/<str:batch>"
DOCUMENT = f"{DATASET}/documents/<str:document_id>"
CHUNKS = f"{DOCUMENT}/segments/<str:segment_id>/child_chunks"

urlpatterns = [
    path("datasets", datasets.DatasetsView.as_view(), name="v1-datasets"),
    path("datasets/external", external.ExternalDatasetsView.as_view(), name="v1-datasets-external"),
    path(EXTERNAL, external.ExternalApisView.as_view(), name="v1-external-apis"),
    path(f"{EXTERNAL}/<str:external_api_id>", external.ExternalApiView.as_view(), name="v1-external-api"),
    path(f"{EXTERNAL}/<str:external_api_id>/use-check", external.UseCheckView.as_view(), name="v1-external-api-use"),
    path("datasets/tags", tags.TagsView.as_view(), name="v1-tags"),
    path("datasets/tags/binding", tags.BindingView.as_view(), name="v1-tags-binding"),
    path("datasets/tags/unbinding", tags.UnbindingView.as_view(), name="v1-tags-unbinding"),
    path(DATASET, datasets.DatasetView.as_view(), name="v1-dataset"),
    path(f"{DATASET}/index-change", datasets.IndexChangeView.as_view(), name="v1-index-change"),
    path(f"{DATASET}/tags", tags.DatasetTagsView.as_view(), name="v1-dataset-tags"),
    path(f"{DATASET}/metadata", metadata.FieldsView.as_view(), name="v1-metadata"),
    path(f"{DATASET}/metadata/built-in", metadata.BuiltInView.as_view(), name="v1-metadata-built-in"),
    path(
        f"{DATASET}/metadata/built-in/<str:action>",
        metadata.BuiltInSwitchView.as_view(),
        name="v1-metadata-built-in-switch",
    ),
    path(f"{DATASET}/metadata/<str:field_id>", metadata.FieldView.as_view(), name="v1-metadata-field"),
    path(f"{DATASET}/documents/metadata", metadata.DocumentsMetadataView.as_view(), name="v1-documents-metadata"),
    path(f"{DATASET}/documents/download-zip", documents.DownloadZipView.as_view(), name="v1-documents-zip"),
    path("workspaces/current/models/model-types/<str:model_type>", models.ModelsView.as_view(), name="v1-model-types"),
    path(f"{DATASET}/retrieve", search.retrieve, name="v1-retrieve"),
    path(f"{DATASET}/hit-testing", search.retrieve, name="v1-hit-testing"),
    path(f"{DATASET}/document/create_by_text", documents.CreateByTextView.as_view(), name="v1-create-by-text"),
    path(f"{DATASET}/document/create-by-text", documents.CreateByTextView.as_view(), name="v1-create-by-text-hyphen"),
    path(f"{DATASET}/document/create_by_file", documents.CreateByFileView.as_view(), name="v1-create-by-file"),
    path(f"{DATASET}/document/create-by-file", documents.CreateByFileView.as_view(), name="v1-create-by-file-hyphen"),
    path(f"{DATASET}/indexing-estimate", estimates.EstimateView.as_view(), name="v1-indexing-estimate"),
    path(f"{DATASET}/documents", documents.DocumentsView.as_view(), name="v1-documents"),
    path(f"{DATASET}/documents/status/<str:action>", documents.StatusView.as_view(), name="v1-documents-status"),
    path(DOCUMENT, documents.DocumentView.as_view(), name="v1-document"),
    path(f"{DOCUMENT}/update_by_text", documents.UpdateByTextView.as_view(), name="v1-update-by-text"),
    path(f"{DOCUMENT}/update-by-text", documents.UpdateByTextView.as_view(), name="v1-update-by-text-hyphen"),
    path(f"{DOCUMENT}/update_by_file", documents.UpdateByFileView.as_view(), name="v1-update-by-file"),
    path(f"{DOCUMENT}/update-by-file", documents.UpdateByFileView.as_view(), name="v1-update-by-file-hyphen"),
    path(f"{DOCUMENT}/upload-file", documents.UploadFileView.as_view(), name="v1-document-upload-file"),
    path(f"{DOCUMENT}/download", documents.DownloadView.as_view(), name="v1-document-download"),
    path(f"{DOCUMENT}/sync", documents.SyncView.as_view(), name="v1-document-sync"),
    path(f"{DOCUMENT}/notion/sync", documents.NotionSyncView.as_view(), name="v1-document-notion-sync"),
    path(f"{DOCUMENT}/segments", segments.SegmentsView.as_view(), name="v1-segments"),
    path(f"{DOCUMENT}/segments/enable", segments.SwitchView.as_view(), name="v1-segments-enable"),
    path(f"{DOCUMENT}/segments/disable", segments.SwitchView.as_view(enabled=False), name="v1-segments-disable"),
    path(f"{DOCUMENT}/segments/batch_import", segment_import.BatchImportView.as_view(), name="v1-segments-import"),
    path(
        f"{DOCUMENT}/segments/batch_import/template", segment_import.TemplateView.as_view(), name="v1-segments-template"
    ),
    path(CHUNKS, child_chunks.ChildChunksView.as_view(), name="v1-child-chunks"),
    path(f"{CHUNKS}/<str:child_chunk_id>", child_chunks.ChildChunkView.as_view(), name="v1-child-chunk"),
    path(f"{DOCUMENT}/segment", segments.SegmentsView.as_view(), name="v1-segments-singular"),
    path(f"{DOCUMENT}/segments/<str:segment_id>", segments.SegmentView.as_view(), name="v1-segment"),
    path(
        f"{DATASET}/documents/<str:batch>/indexing-status", documents.IndexingStatusView.as_view(), name="v1-indexing"
    ),
]

urlpatterns += [
    path(f"{DOCUMENT}/{action}", documents.JobView.as_view(), {"action": action}, name=f"v1-document-{action}")
    for action in ACTIONS
]
