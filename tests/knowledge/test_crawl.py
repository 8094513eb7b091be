"""Web pages: what is read of them, how a crawl walks, and what it must not be led to."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.common.errors import InvalidParam
from apps.common.guard import AddressBlocked
from apps.common.http import ResponseTooLarge
from apps.common.perloop import run
from apps.knowledge.choices import CrawlStatus
from apps.knowledge.errors import SourceRefused
from apps.knowledge.models import Crawl, CrawledPage, Document
from apps.knowledge.services import crawling
from apps.knowledge.services.connections import get_source, open_access
from apps.knowledge.services.crawling import crawl_pending
from apps.knowledge.services.crawls import create_crawl, delete_crawl, import_pages, stop_crawl
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.sync import sync_document
from apps.knowledge.source_contract import Access
from apps.knowledge.web.visit import visit
from apps.workspaces.models import Workspace
from tests.fakes.web import Asked, Said, WebServer
from tests.knowledge.samples import pdf

PARAGRAPH = "The river rises in the hills and reaches the sea after two hundred miles of slow and muddy water. " * 3


class Site(WebServer):
    """Pages by path; `robots` is its robots.txt."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.pages: dict[str, Said] = {}
        self.robots = ""

    def add(self, path: str, title: str, *links: str, text: str | None = None, head: str = "") -> None:
        inside = "".join(f'<a href="{link}">{link}</a> ' for link in links)
        body = f"<nav>Menu {inside}</nav><main><h1>{title}</h1><p>{text or title + '. ' + PARAGRAPH}</p></main>"
        self.pages[path] = Said(f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>")

    def _answer(self, asked: Asked) -> Said:
        if asked.path == "/robots.txt":
            return Said(self.robots, 200 if self.robots else 404, "text/plain")
        if asked.path.startswith("/calendar/"):  # a page for every day there ever was
            day = int(asked.path.rpartition("/")[2])
            return Said(f"<title>Day {day}</title><p>Day {day}. {PARAGRAPH}<a href=/calendar/{day + 1}>next</a>")
        return self.pages.get(asked.path, Said("nothing", 404))


@pytest.fixture
def site(settings) -> Iterator[Site]:
    settings.SOURCE_PRIVATE_HOSTS, settings.CRAWL_PAUSE_MS = ["127.0.0.1"], 0
    server = Site()
    yield server
    server.stop()


@pytest.fixture
def canary() -> Iterator[WebServer]:
    """Something on this machine that nobody should reach."""
    server = WebServer(lambda asked: Said("<title>Secrets</title><main>" + PARAGRAPH))
    yield server
    server.stop()


def crawled(workspace: Workspace, site: Site, path: str = "/", **options: object) -> Crawl:
    crawl = create_crawl(workspace=workspace, url=site.url + path, options=options)
    run(crawl_pending())
    crawl.refresh_from_db()
    return crawl


def read_paths(crawl: Crawl, site: Site) -> list[str]:
    pages = CrawledPage.objects.filter(crawl=crawl, content__isnull=False).order_by("position")
    return [page.url.removeprefix(site.url) for page in pages]


def errors(crawl: Crawl, site: Site) -> dict[str, str]:
    pages = CrawledPage.objects.filter(crawl=crawl, error__isnull=False)
    return {page.url.removeprefix(site.url): page.error or "" for page in pages}


def test_kb_33_a_site_is_walked_breadth_first_and_no_page_twice(workspace, site):
    site.add("/", "Home", "/a", "/b#part", "/a?utm_source=x", "/", "https://elsewhere.example/", "mailto:a@b.c")
    site.add("/a", "Page a", "/c", "/")
    site.add("/b", "Page b", "/a")
    site.add("/c", "Page c", "/d")
    site.add("/d", "Too deep")
    crawl = crawled(workspace, site, depth=2)
    assert (crawl.status, crawl.error) == (CrawlStatus.COMPLETED, None)
    assert read_paths(crawl, site) == ["/", "/a", "/b", "/c"]
    assert sorted(site.paths()) == ["/", "/a", "/b", "/c", "/robots.txt"]
    page = CrawledPage.objects.get(crawl=crawl, position=2)
    assert (page.title, page.depth) == ("Page a", 1)
    assert page.content is not None
    assert page.content.startswith("# Page a\n\nPage a. The river")
    assert "Menu" not in page.content


def test_kb_33_endless_sites_end(workspace, site):
    site.add("/", "Home", "/calendar/1")
    crawl = crawled(workspace, site, depth=10, limit=5)
    assert read_paths(crawl, site) == ["/", "/calendar/1", "/calendar/2", "/calendar/3", "/calendar/4"]
    assert len(site.asked) == 6
    site.add("/", "Home", "/a/a/a/a/a", "/x/" + "/".join("abcdefghijklm"))
    assert read_paths(crawled(workspace, site), site) == ["/"]


def test_kb_33_patterns_and_limit(workspace, site):
    site.add("/", "Home", "/blog/1", "/blog/2", "/blog/old/3", "/about", "/photo.jpg")
    for path in ("/blog/1", "/blog/2", "/blog/old/3", "/about"):
        site.add(path, path)
    assert read_paths(crawled(workspace, site, include=["blog/*"], exclude=["blog/old/*"]), site) == [
        "/", "/blog/1", "/blog/2",
    ]  # fmt: skip
    assert read_paths(crawled(workspace, site, limit=2), site) == ["/", "/blog/1"]
    assert read_paths(crawled(workspace, site, depth=0), site) == ["/"]


def test_kb_33_robots_are_obeyed_unless_the_operator_says_otherwise(workspace, site, settings):
    site.robots = "User-agent: *\nDisallow: /private\n"
    site.add("/", "Home", "/private/a", "/a")
    site.add("/a", "Page a")
    site.add("/private/a", "Private")
    assert read_paths(crawled(workspace, site), site) == ["/", "/a"]
    crawl = crawled(workspace, site, "/private/a")
    assert "robots.txt" in errors(crawl, site)["/private/a"]
    for robots in ("User-agent: *\nDisallow: http://[::1", "User-agent: *\nDisallow: //[x"):
        site.robots = robots
        assert crawled(workspace, site).status == CrawlStatus.COMPLETED
    site.robots = "User-agent: *\nDisallow: /private\n"
    settings.CRAWL_ROBOTS_RESPECTED = False
    assert read_paths(crawled(workspace, site), site) == ["/", "/private/a", "/a"]


def test_kb_33_sitemaps_name_pages_nothing_links_to(workspace, site):
    site.robots = f"Sitemap: {site.url}/map.xml\n"
    index = f"<sitemapindex><sitemap><loc>{site.url}/pages.xml</loc></sitemap></sitemapindex>"
    pages = (
        f"<urlset><url><loc>{site.url}/island?b=1&amp;a=2</loc></url><url><loc>http://127.0.0.2/x</loc></url></urlset>"
    )
    site.pages |= {"/map.xml": Said(index, type="text/xml"), "/pages.xml": Said(pages, type="text/xml")}
    site.add("/", "Home")
    site.add("/island", "Island")
    assert read_paths(crawled(workspace, site, use_sitemap=True), site) == ["/", "/island?a=2&b=1"]


def test_kb_33_d11_redirects_lead_nowhere_else(workspace, site, canary):
    site.add("/", "Home", "/away", "/metadata", "/loop", "/broken", "/nowhere", "/fine")
    for path, target in {
        "/away": f"http://localhost:{canary.port}/",
        "/metadata": "http://169.254.169.254/latest/meta-data/",
        "/loop": "/loop",
        "/broken": "http://[::1",
        "/nowhere": "",
        "/fine": "/target",
    }.items():
        site.pages[path] = Said("", 302, headers={"Location": target})
    site.add("/target", "Target")
    crawl = crawled(workspace, site)
    assert read_paths(crawl, site) == ["/", "/fine"]
    assert "outside" in errors(crawl, site)["/away"]
    assert "outside" in errors(crawl, site)["/metadata"]
    assert "too often" in errors(crawl, site)["/loop"]
    assert "nowhere" in errors(crawl, site)["/broken"]
    assert "nowhere" in errors(crawl, site)["/nowhere"]
    assert canary.asked == []


@pytest.mark.parametrize(
    "target", ["http://localhost:{}/", "http://169.254.169.254/", "http://[::1]:{}/", "file:///etc"]
)
def test_kb_33_d11_a_single_page_leads_to_no_private_address(site, canary, target):
    site.pages["/"] = Said("", 302, headers={"Location": target.format(canary.port)})
    with pytest.raises(AddressBlocked):
        run(visit(Access(private_hosts=frozenset({"127.0.0.1"})), site.url))
    assert canary.asked == []


def test_kb_33_d11_private_addresses_are_refused_when_a_crawl_is_made(workspace):
    for url in ("http://127.0.0.1:8000/", "http://localhost/", "http://2130706433/", "http://[::1]/"):
        with pytest.raises(AddressBlocked):
            create_crawl(workspace=workspace, url=url)
    assert not Crawl.objects.exists()


def test_kb_33_what_is_asked_for_is_checked(workspace):
    for url in ("ftp://example.org/", "nonsense", "http://user:password@example.org/"):
        with pytest.raises(InvalidParam, match="https://"):
            create_crawl(workspace=workspace, url=url)
    for options, sentence in (
        ({"depth": 99}, "depth"),
        ({"limit": 10**6}, "CRAWL_PAGES_LIMIT"),
        ({"include": ["x" * 300]}, "pattern"),
        ({"more": 1}, "more"),
    ):
        with pytest.raises(InvalidParam, match=sentence):
            create_crawl(workspace=workspace, url="https://example.org/", options=options)


def test_kb_33_what_cannot_be_read_is_said_and_the_rest_goes_on(workspace, site):
    site.add("/", "Home", "/huge", "/picture", "/empty", "/gone", "/deep", "/twin", "/hidden", "/odd", "/a")
    site.pages["/huge"] = Said(b"<p>" + b"x" * (4 * 2**20))
    site.pages["/picture"] = Said(b"\x89PNG", type="image/png")
    site.pages["/empty"] = Said("<script>draw()</script>")
    site.pages["/deep"] = Said("<div>" * 5_000 + "x")
    site.pages["/odd"] = Said(b'<meta charset="utf-7"><p>+2AA- \xff', type="text/html")
    site.pages["/twin"] = site.pages["/"]
    site.add("/hidden", "Hidden", head='<meta name="robots" content="noindex">')
    site.add("/a", "Page a")
    crawl = crawled(workspace, site)
    assert set(read_paths(crawl, site)) - {"/odd"} == {"/", "/a"}
    found = errors(crawl, site)
    assert found["/huge"] == ResponseTooLarge.default_message
    assert "image/png" in found["/picture"]
    assert "no text" in found["/empty"]
    assert "not there" in found["/gone"]
    assert "nested" in found["/deep"]
    assert found["/twin"] == crawling.SAME
    assert found["/hidden"] == crawling.NOT_INDEXED


def test_kb_33_a_crawl_that_was_cut_off_goes_on_where_it_was(workspace, site, monkeypatch):
    site.add("/", "Home", "/a", "/b")
    site.add("/a", "Page a")
    site.add("/b", "Page b")
    crawl = create_crawl(workspace=workspace, url=site.url)

    class Killed(BaseException):
        pass

    async def killed(self, *args: Any, **kwargs: Any) -> None:
        if "/a" in site.paths():
            raise Killed
        await keep(self, *args, **kwargs)

    keep = crawling._Walk._keep
    monkeypatch.setattr(crawling._Walk, "_keep", killed)
    with pytest.raises(Killed):
        run(crawl_pending())
    monkeypatch.setattr(crawling._Walk, "_keep", keep)
    crawl.refresh_from_db()
    assert crawl.lease_until is not None
    assert run(crawl_pending()) == 0  # somebody may still be at it
    Crawl.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert run(crawl_pending()) == 1
    crawl.refresh_from_db()
    assert crawl.status == CrawlStatus.COMPLETED
    assert read_paths(crawl, site) == ["/", "/a", "/b"]
    assert [site.paths().count(path) for path in ("/", "/a", "/b")] == [1, 2, 1]


def test_kb_33_a_crawl_is_stopped_and_keeps_what_it_has(workspace, site, monkeypatch):
    site.add("/", "Home", "/a", "/b")
    site.add("/a", "Page a")
    crawl = create_crawl(workspace=workspace, url=site.url)
    keep = crawling._Walk._keep

    async def stopping(self, *args: Any, **kwargs: Any) -> None:
        await keep(self, *args, **kwargs)
        await asyncio.to_thread(stop_crawl, crawl=crawl)

    monkeypatch.setattr(crawling._Walk, "_keep", stopping)
    run(crawl_pending())
    crawl.refresh_from_db()
    assert crawl.status == CrawlStatus.STOPPED
    assert read_paths(crawl, site) == ["/"]
    assert CrawledPage.objects.count() == 1
    assert run(crawl_pending()) == 0


def test_kb_33_a_crawl_out_of_time_ends_with_what_it_has(workspace, site, settings):
    site.add("/", "Home")
    settings.CRAWL_TIMEOUT_S = 0
    crawl = crawled(workspace, site)
    assert (crawl.status, CrawledPage.objects.count()) == (CrawlStatus.COMPLETED, 0)


def test_kb_33_crawls_leave_workers_to_others(workspace, site):
    site.add("/", "Home")
    for _ in range(3):
        create_crawl(workspace=workspace, url=site.url)
    first, second, third = Crawl.objects.order_by("created_at")
    busy = timezone.now() + timedelta(seconds=30)
    Crawl.objects.filter(pk__in=[first.pk, second.pk]).update(lease_until=busy)
    assert run(crawl_pending()) == 0
    Crawl.objects.filter(pk=first.pk).update(lease_until=None)
    assert run(crawl_pending()) == 2
    assert list(Crawl.objects.filter(status=CrawlStatus.RUNNING)) == [second]
    assert Crawl.objects.get(pk=third.pk).status == CrawlStatus.COMPLETED


def test_kb_33_a_crawl_that_fails_each_time_is_given_up_and_old_ones_are_forgotten(workspace, site):
    site.add("/", "Home")
    crawl = create_crawl(workspace=workspace, url=site.url)
    Crawl.objects.update(attempt=5, waiting_reason="Something broke.")
    run(crawl_pending())
    crawl.refresh_from_db()
    assert (crawl.status, crawl.error) == (CrawlStatus.FAILED, "Given up after 5 attempts: Something broke.")
    crawled(workspace, site)
    Crawl.objects.update(completed_at=timezone.now() - timedelta(days=29))
    run(crawl_pending())
    assert Crawl.objects.count() == 2
    Crawl.objects.update(completed_at=timezone.now() - timedelta(days=31))
    run(crawl_pending())
    assert not Crawl.objects.exists()


def test_kb_33_pages_become_documents_that_can_be_synced(workspace, site, economy):
    site.add("/", "Home", "/a", head='<meta name="description" content="About rivers">')
    site.add("/a", "Page a")
    crawl = crawled(workspace, site)
    first = CrawledPage.objects.get(crawl=crawl, position=1)
    [document] = import_pages(dataset=economy, crawl=crawl, page_ids=[first.pk])
    assert len(import_pages(dataset=economy, crawl=crawl)) == 1  # the other one
    run(index_pending())
    document.refresh_from_db()
    assert (document.indexing_status, document.name) == ("completed", "Home")
    assert document.data_source_type == "website_crawl"
    info = document.data_source_info
    assert (info["url"], info["title"], info["description"]) == (f"{site.url}/", "Home", "About rivers")
    assert document.upload_file is not None
    assert document.upload_file.name == "Home.md"
    delete_crawl(crawl=crawl)
    assert sync_document(document=document).outcome == "unchanged"
    site.add("/", "Home", text="Other words now. " + PARAGRAPH)
    assert sync_document(document=document).outcome == "changed"
    run(index_pending())
    assert Document.objects.get(pk=document.pk).segments.filter(content__contains="Other words now").exists()


def test_kb_33_a_pdf_of_a_site_is_read_as_an_upload_would_be(workspace, site):
    site.add("/", "Home", "/rules.pdf")
    site.pages["/rules.pdf"] = Said(pdf(["Hotels in Oslo."]), type="application/pdf")
    crawl = crawled(workspace, site)
    page = CrawledPage.objects.get(crawl=crawl, position=2)
    assert (page.title, page.error) == ("rules.pdf", None)
    assert "Hotels in Oslo." in (page.content or "")


def test_kb_33_a_page_lists_the_pages_it_links_to(site):
    site.add("/", "Home", "/a", "https://elsewhere.example/")
    source = get_source("website")
    listing = run(source.browse(open_access(source, None), site.url))
    assert [item.id.removeprefix(site.url) for item in listing.items] == ["/", "/a"]
    site.pages["/zip"] = Said(b"PK", type="application/zip")
    with pytest.raises(SourceRefused, match="application/zip"):
        run(source.browse(open_access(source, None), f"{site.url}/zip"))
