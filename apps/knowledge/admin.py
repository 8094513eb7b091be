"""Knowledge for operators.

Vectors and term counts have composite keys, which Django's admin does not show; `manage.py dbshell` does.
"""

from django.contrib import admin

from apps.common.admin import ReadMostlyAdmin

from .models import Dataset, Document, LexicalStat, ProcessRule, Segment, SegmentLexical


@admin.register(Dataset)
class DatasetAdmin(ReadMostlyAdmin):
    list_display = ("name", "workspace", "indexing_technique", "embedding_model", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("id", "name")


@admin.register(ProcessRule)
class ProcessRuleAdmin(ReadMostlyAdmin):
    list_display = ("id", "dataset", "mode", "created_at")


@admin.register(Document)
class DocumentAdmin(ReadMostlyAdmin):
    list_display = ("name", "dataset", "indexing_status", "completed_segments", "segment_count", "error")
    list_filter = ("indexing_status",)
    list_select_related = ("dataset",)
    search_fields = ("id", "name")


@admin.register(Segment)
class SegmentAdmin(ReadMostlyAdmin):
    list_display = ("id", "document", "position", "status", "tokens", "hit_count")
    list_select_related = ("document",)
    search_fields = ("id",)


@admin.register(SegmentLexical)
class SegmentLexicalAdmin(ReadMostlyAdmin):
    # Slots and weights mean nothing to a reader and fill a screen.
    secret = ("terms", "weights")
    list_display = ("segment", "dataset", "enabled", "length")
    list_select_related = ("segment", "dataset")


@admin.register(LexicalStat)
class LexicalStatAdmin(ReadMostlyAdmin):
    list_display = ("dataset", "chunks", "tokens", "average_length")
    list_select_related = ("dataset",)
