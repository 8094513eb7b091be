"""Reads the pages of a web site."""

import time
from typing import Any, Final

from django.core.management.base import CommandParser

from apps.common.perloop import run
from apps.knowledge.choices import CrawlStatus
from apps.knowledge.models import Crawl
from apps.knowledge.selectors import find_dataset, list_pages
from apps.knowledge.services.crawling import crawl_pending
from apps.knowledge.services.crawls import create_crawl, import_pages, stop_crawl
from apps.workspaces.commands import WorkspaceCommand

POLL_S: Final = 0.2


class Command(WorkspaceCommand):
    help = "Walks through a web site, lists its pages and, if asked to, adds them to a knowledge base."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url")
        parser.add_argument("--depth", type=int, default=2, help="links followed one after the other")
        parser.add_argument("--limit", type=int, default=10, help="the most pages read")
        parser.add_argument("--include", action="append", default=[], metavar="PATTERN", help="paths, such as blog/*")
        parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help="paths left out")
        parser.add_argument("--only-main-content", action="store_true", help="without menus, banners and footers")
        parser.add_argument("--sitemap", action="store_true", help="begin with the pages of the site's sitemaps too")
        parser.add_argument("--into", metavar="DATASET_ID", help="add the pages to this knowledge base")

    def run(self, **options: Any) -> dict[str, Any]:
        dataset = find_dataset(options["into"]) if options["into"] else None
        chosen = {name: options[name] for name in ("depth", "limit", "include", "exclude", "only_main_content")}
        crawl = create_crawl(
            workspace=dataset.workspace if dataset else self.workspace(options),
            url=options["url"],
            options={**chosen, "use_sitemap": options["sitemap"]},
        )
        self._wait(crawl)
        pages = list(list_pages(crawl=crawl))
        told = [{"url": page.url, "title": page.title, "error": page.error} for page in pages]
        result: dict[str, Any] = {"crawl_id": str(crawl.pk), "status": crawl.status, "pages": told}
        if dataset and any(page.error is None for page in pages):
            documents = import_pages(dataset=dataset, crawl=crawl)
            result["documents"] = [str(document.pk) for document in documents]
        return result

    def _wait(self, crawl: Crawl) -> None:
        """Does the work here where no worker takes it; Ctrl-C stops it there too."""
        try:
            while crawl.status == CrawlStatus.RUNNING:
                run(crawl_pending())
                time.sleep(POLL_S)
                crawl.refresh_from_db()
        except KeyboardInterrupt:
            stop_crawl(crawl=crawl)
            raise
