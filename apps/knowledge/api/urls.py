"""Addresses below /v1."""

from django.urls import path

from apps.knowledge.services.job_control import ACTIONS

from . import datasets, documents, search, segments, tags

DATASET = "datasets/<str:dataset_id>"
BATCH = f"{DATASET}/documents/<str:batch>"
DOCUMENT = f"{DATASET}/documents/<str:document_id>"

urlpatterns = [
    path("datasets", datasets.DatasetsView.as_view(), name="v1-datasets"),
    path("datasets/tags", tags.TagsView.as_view(), name="v1-tags"),
    path("datasets/tags/binding", tags.BindingView.as_view(), name="v1-tags-binding"),
    path("datasets/tags/unbinding", tags.UnbindingView.as_view(), name="v1-tags-unbinding"),
    path(DATASET, datasets.DatasetView.as_view(), name="v1-dataset"),
    path(f"{DATASET}/index-change", datasets.IndexChangeView.as_view(), name="v1-index-change"),
    path(f"{DATASET}/tags", tags.DatasetTagsView.as_view(), name="v1-dataset-tags"),
    path(f"{DATASET}/retrieve", search.retrieve, name="v1-retrieve"),
    path(f"{DATASET}/hit-testing", search.retrieve, name="v1-hit-testing"),
    path(f"{DATASET}/document/create_by_text", documents.CreateByTextView.as_view(), name="v1-create-by-text"),
    path(f"{DATASET}/document/create-by-text", documents.CreateByTextView.as_view(), name="v1-create-by-text-hyphen"),
    path(f"{DATASET}/document/create_by_file", documents.CreateByFileView.as_view(), name="v1-create-by-file"),
    path(f"{DATASET}/document/create-by-file", documents.CreateByFileView.as_view(), name="v1-create-by-file-hyphen"),
    path(f"{DATASET}/documents", documents.DocumentsView.as_view(), name="v1-documents"),
    path(f"{DATASET}/documents/status/<str:action>", documents.StatusView.as_view(), name="v1-documents-status"),
    path(DOCUMENT, documents.DocumentView.as_view(), name="v1-document"),
    path(f"{DOCUMENT}/update_by_text", documents.UpdateByTextView.as_view(), name="v1-update-by-text"),
    path(f"{DOCUMENT}/update-by-text", documents.UpdateByTextView.as_view(), name="v1-update-by-text-hyphen"),
    path(f"{DOCUMENT}/update_by_file", documents.UpdateByFileView.as_view(), name="v1-update-by-file"),
    path(f"{DOCUMENT}/update-by-file", documents.UpdateByFileView.as_view(), name="v1-update-by-file-hyphen"),
    path(f"{DOCUMENT}/upload-file", documents.UploadFileView.as_view(), name="v1-document-upload-file"),
    path(f"{DOCUMENT}/download", documents.DownloadView.as_view(), name="v1-document-download"),
    path(f"{DOCUMENT}/segments", segments.SegmentsView.as_view(), name="v1-segments"),
    path(f"{DOCUMENT}/segments/<str:segment_id>", segments.SegmentView.as_view(), name="v1-segment"),
    path(
        f"{DATASET}/documents/<str:batch>/indexing-status", documents.IndexingStatusView.as_view(), name="v1-indexing"
    ),
]

urlpatterns += [
    path(f"{DOCUMENT}/{action}", documents.JobView.as_view(), {"action": action}, name=f"v1-document-{action}")
    for action in ACTIONS
]
