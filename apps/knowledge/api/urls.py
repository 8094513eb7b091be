"""Addresses below /v1."""

from django.urls import path

from . import search, segments, views

DATASET = "datasets/<str:dataset_id>"
DOCUMENT = f"{DATASET}/documents/<str:document_id>"

urlpatterns = [
    path("datasets", views.DatasetsView.as_view(), name="v1-datasets"),
    path(DATASET, views.DatasetView.as_view(), name="v1-dataset"),
    path(f"{DATASET}/retrieve", search.retrieve, name="v1-retrieve"),
    path(f"{DATASET}/hit-testing", search.retrieve, name="v1-hit-testing"),
    path(f"{DATASET}/document/create_by_text", views.CreateByTextView.as_view(), name="v1-create-by-text"),
    path(f"{DATASET}/document/create-by-text", views.CreateByTextView.as_view(), name="v1-create-by-text-hyphen"),
    path(f"{DATASET}/document/create_by_file", views.CreateByFileView.as_view(), name="v1-create-by-file"),
    path(f"{DATASET}/document/create-by-file", views.CreateByFileView.as_view(), name="v1-create-by-file-hyphen"),
    path(f"{DATASET}/documents", views.DocumentsView.as_view(), name="v1-documents"),
    path(DOCUMENT, views.DocumentView.as_view(), name="v1-document"),
    path(f"{DOCUMENT}/segments", segments.SegmentsView.as_view(), name="v1-segments"),
    path(f"{DOCUMENT}/segments/<str:segment_id>", segments.SegmentView.as_view(), name="v1-segment"),
    path(f"{DATASET}/documents/<str:batch>/indexing-status", views.IndexingStatusView.as_view(), name="v1-indexing"),
]
