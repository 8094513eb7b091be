"""Knowledge for operators.

Vectors and term counts have composite keys, which Django's admin does not show; `manage.py dbshell` does.
"""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.admin import ReadMostlyAdmin
from apps.workspaces.permissions import operator

from .models import (
    Crawl,
    CrawledPage,
    Dataset,
    DatasetMember,
    Document,
    DocumentPart,
    ExternalKnowledgeApi,
    IndexChange,
    LexicalStat,
    MetadataField,
    ProcessRule,
    SearchIndex,
    Segment,
    SegmentLexical,
    SourceConnection,
)
from .services.connections import set_connection_enabled
from .services.crawls import stop_crawl
from .services.index_changes import cancel_change
from .services.job_control import ACTIONS
from .services.job_retry import retry_change, retry_crawl


@admin.register(Dataset)
class DatasetAdmin(ReadMostlyAdmin):
    list_display = ("name", "workspace", "indexing_technique", "embedding_model", "permission", "created_at")
    list_filter = ("provider", "indexing_technique", "permission", "embedding_model")
    list_select_related = ("workspace",)
    search_fields = ("id", "name", "workspace__name")


@admin.register(DatasetMember)
class DatasetMemberAdmin(ReadMostlyAdmin):
    list_display = ("user", "dataset")
    list_select_related = ("user", "dataset")
    search_fields = ("user__email", "dataset__name")


@admin.register(ExternalKnowledgeApi)
class ExternalKnowledgeApiAdmin(ReadMostlyAdmin):
    secret = ("api_key",)
    list_display = ("name", "workspace", "endpoint", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("name", "endpoint", "workspace__name")


@admin.register(MetadataField)
class MetadataFieldAdmin(ReadMostlyAdmin):
    list_display = ("name", "type", "dataset", "created_at")
    list_filter = ("type",)
    list_select_related = ("dataset",)
    search_fields = ("name", "dataset__name")


@admin.register(ProcessRule)
class ProcessRuleAdmin(ReadMostlyAdmin):
    list_display = ("id", "dataset", "mode", "created_at")
    list_filter = ("mode",)
    list_select_related = ("dataset",)
    search_fields = ("id", "dataset__name")


@admin.register(Document)
class DocumentAdmin(ReadMostlyAdmin):
    list_display = ("name", "dataset", "indexing_status", "completed_segments", "segment_count", "error", "created_at")
    list_filter = ("indexing_status", "data_source_type", "doc_form", "enabled", "archived")
    list_select_related = ("dataset",)
    search_fields = ("id", "name", "dataset__name")
    actions = ("retry", "pause", "resume", "cancel", "reindex")

    @admin.action(description="Try the selected documents again")
    def retry(self, request: HttpRequest, documents: "QuerySet[Document]") -> None:
        self._steer(request, documents, "retry")

    @admin.action(description="Pause the selected documents")
    def pause(self, request: HttpRequest, documents: "QuerySet[Document]") -> None:
        self._steer(request, documents, "pause")

    @admin.action(description="Resume the selected documents")
    def resume(self, request: HttpRequest, documents: "QuerySet[Document]") -> None:
        self._steer(request, documents, "resume")

    @admin.action(description="Cancel the indexing of the selected documents")
    def cancel(self, request: HttpRequest, documents: "QuerySet[Document]") -> None:
        self._steer(request, documents, "cancel")

    @admin.action(description="Index the selected documents anew")
    def reindex(self, request: HttpRequest, documents: "QuerySet[Document]") -> None:
        self._steer(request, documents, "reindex")

    def _steer(self, request: HttpRequest, documents: "QuerySet[Document]", action: str) -> None:
        user = operator(request)
        self.apply(request, documents, lambda document: ACTIONS[action](document=document, user=user))


@admin.register(DocumentPart)
class DocumentPartAdmin(ReadMostlyAdmin):
    list_display = ("document", "position", "page")
    list_select_related = ("document",)
    search_fields = ("document__name", "document__id")


@admin.register(Segment)
class SegmentAdmin(ReadMostlyAdmin):
    list_display = ("id", "document", "position", "status", "tokens", "hit_count")
    list_filter = ("status", "enabled", "origin")
    list_select_related = ("document",)
    search_fields = ("id", "document__id")


@admin.register(SegmentLexical)
class SegmentLexicalAdmin(ReadMostlyAdmin):
    # Slots and weights mean nothing to a reader and fill a screen.
    secret = ("terms", "weights")
    list_display = ("segment", "dataset", "enabled", "length")
    list_filter = ("enabled",)
    list_select_related = ("segment", "dataset")
    search_fields = ("segment__id", "document_id")


@admin.register(LexicalStat)
class LexicalStatAdmin(ReadMostlyAdmin):
    list_display = ("dataset", "chunks", "tokens", "average_length")
    list_select_related = ("dataset",)
    search_fields = ("dataset__name", "dataset__id")


@admin.register(SearchIndex)
class SearchIndexAdmin(ReadMostlyAdmin):
    list_display = ("name", "dataset", "kind", "model", "dim", "ready_at", "error")
    list_filter = ("kind",)
    list_select_related = ("dataset",)
    search_fields = ("name", "dataset__name", "dataset__id")


@admin.register(IndexChange)
class IndexChangeAdmin(ReadMostlyAdmin):
    list_display = ("dataset", "embedding_model", "completed_segments", "total_segments", "error", "created_at")
    list_filter = ("indexing_technique",)
    list_select_related = ("dataset",)
    search_fields = ("dataset__name", "dataset__id")
    actions = ("cancel", "retry")

    @admin.action(description="Cancel the selected changes; the bases keep what they have")
    def cancel(self, request: HttpRequest, changes: "QuerySet[IndexChange]") -> None:
        user = operator(request)
        self.apply(request, changes, lambda change: cancel_change(dataset=change.dataset, user=user))

    @admin.action(description="Try the selected changes again")
    def retry(self, request: HttpRequest, changes: "QuerySet[IndexChange]") -> None:
        user = operator(request)
        self.apply(request, changes, lambda change: retry_change(change=change, user=user))


@admin.register(SourceConnection)
class SourceConnectionAdmin(ReadMostlyAdmin):
    secret = ("credentials",)
    list_display = ("name", "source", "account", "workspace", "enabled", "updated_at")
    list_filter = ("source", "enabled")
    list_select_related = ("workspace",)
    search_fields = ("name", "account", "workspace__name")
    actions = ("disable", "enable")

    @admin.action(description="Switch the selected connections off")
    def disable(self, request: HttpRequest, connections: "QuerySet[SourceConnection]") -> None:
        self._switch(request, connections, enabled=False)

    @admin.action(description="Switch the selected connections on")
    def enable(self, request: HttpRequest, connections: "QuerySet[SourceConnection]") -> None:
        self._switch(request, connections, enabled=True)

    def _switch(self, request: HttpRequest, connections: "QuerySet[SourceConnection]", *, enabled: bool) -> None:
        user = operator(request)
        self.apply(
            request, connections, lambda row: set_connection_enabled(connection=row, enabled=enabled, user=user)
        )  # fmt: skip


@admin.register(Crawl)
class CrawlAdmin(ReadMostlyAdmin):
    list_display = ("url", "workspace", "status", "error", "created_at", "completed_at")
    list_filter = ("status",)
    list_select_related = ("workspace",)
    search_fields = ("url", "workspace__name")
    actions = ("stop", "retry")

    @admin.action(description="Stop the selected crawls")
    def stop(self, request: HttpRequest, crawls: "QuerySet[Crawl]") -> None:
        user = operator(request)
        self.apply(request, crawls, lambda crawl: stop_crawl(crawl=crawl, user=user))

    @admin.action(description="Try the selected crawls again")
    def retry(self, request: HttpRequest, crawls: "QuerySet[Crawl]") -> None:
        user = operator(request)
        self.apply(request, crawls, lambda crawl: retry_crawl(crawl=crawl, user=user))


@admin.register(CrawledPage)
class CrawledPageAdmin(ReadMostlyAdmin):
    list_display = ("url", "crawl", "position", "depth", "title", "error")
    list_select_related = ("crawl",)
    search_fields = ("url", "title")
