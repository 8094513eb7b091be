"""Console addresses."""

from django.urls import path

from .views import annotating, exporting, listing, replays, runs, statistics

app_name = "logs"
urlpatterns = [
    path("apps/<uuid:app_id>/logs", listing.log_list, name="list"),
    path("apps/<uuid:app_id>/logs/export", exporting.export_page, name="export"),
    path("apps/<uuid:app_id>/logs/export.csv", exporting.export_csv, name="export_csv"),
    path("apps/<uuid:app_id>/logs/export.jsonl", exporting.export_jsonl, name="export_jsonl"),
    path("apps/<uuid:app_id>/logs/<uuid:entry_id>", listing.entry, name="entry"),
    path("apps/<uuid:app_id>/runs", runs.run_list, name="runs"),
    path("apps/<uuid:app_id>/runs/<uuid:run_id>", runs.run_page, name="run"),
    path("apps/<uuid:app_id>/runs/<uuid:run_id>/values/<uuid:value_id>", runs.run_value, name="run_value"),
    path("apps/<uuid:app_id>/debug/runs", replays.run_history, name="run_history"),
    path("apps/<uuid:app_id>/debug/runs/<uuid:run_id>", replays.run_detail, name="run_detail"),
    path("apps/<uuid:app_id>/messages/<uuid:message_id>/rating", annotating.rate, name="rate"),
    path("apps/<uuid:app_id>/messages/<uuid:message_id>/annotation", annotating.improve, name="improve"),
    path("apps/<uuid:app_id>/messages/<uuid:message_id>/annotation/delete", annotating.delete, name="delete_improved"),
    path("apps/<uuid:app_id>/statistics", statistics.statistics, name="statistics"),
]
