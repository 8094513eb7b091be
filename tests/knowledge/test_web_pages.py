"""What is read of a page: its main content, and its one address."""

import time

import pytest

from apps.knowledge.errors import UnreadableFile
from apps.knowledge.web.page import canonical_url, read_page

PARAGRAPH = "The river rises in the hills and reaches the sea after two hundred miles of slow and muddy water. " * 3

SHAPES = {
    "main": f"<header>Brand</header><nav>Menu</nav><main><h1>Title</h1><p>{PARAGRAPH}</p></main>"
    "<footer>Imprint</footer>",
    "article": f"<div class='sidebar'>Aside</div><article><header><h1>Title</h1></header><p>{PARAGRAPH}</p></article>",
    "boxes": f"<div id='top-menu'><a href=/x>Menu</a></div><div class='wrap'><div class='post'><h1>Title</h1>"
    f"<p>{PARAGRAPH}</p><p>{PARAGRAPH}</p></div>"
    "<div class='related'><ul><li><a href=/y>Other</a></li></ul></div></div>",
    "form": f"<form><div class='nav'>Menu</div><h1>Title</h1><p>{PARAGRAPH}</p></form>",
    "docs": f"<div role='navigation'>Menu</div><div role='main'><section><h1>Title</h1><p>{PARAGRAPH}</p>"
    "<pre>x = 1\n  y = 2</pre></section></div><div class='cookie-banner'>We use cookies</div>",
    "table": f"<table><tr><td class='menu'>Menu</td><td><h1>Title</h1><p>{PARAGRAPH}</p></td></tr></table>",
    "list": f"<ul class='menu'><li>Menu</li></ul><div><article><h2>Title</h2><p>{PARAGRAPH}</p></article>"
    f"<article><h2>Second</h2><p>{PARAGRAPH}</p></article></div><aside>Aside</aside>",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_kb_33_main_content_of_pages_of_many_shapes(shape):
    html = f"<html><head><title>Title</title></head><body>{SHAPES[shape]}</body></html>".encode()
    main = read_page(html, "http://a.example/", only_main_content=True).text
    assert "Title" in main
    assert main.count("The river rises") == SHAPES[shape].count("The river rises")
    for around in ("Menu", "Brand", "Imprint", "Aside", "Other", "cookies"):
        assert around not in main, shape
    whole = read_page(html, "http://a.example/", only_main_content=False).text
    assert len(whole) >= len(main)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.ORG:80/a//b/?b=2&a=1&utm_campaign=x#top", "http://example.org/a/b/?a=1&b=2"),
        ("../c", "https://site.example/c"),
        ("//other.example", "https://other.example/"),
        ("/x;jsessionid=1", "https://site.example/x"),
        ("https://site.example.:443/", "https://site.example/"),
        ("/stra\u00dfe x?q=\u00fc", "https://site.example/stra%C3%9Fe%20x?q=%C3%BC"),
        ("/stra%C3%9Fe%20x", "https://site.example/stra%C3%9Fe%20x"),
        ("/a\0\udcffb", "https://site.example/ab"),
        ("javascript:alert(1)", None),
        ("http://[::1", None),
        ("http://a@b.example/", None),
        ("/" + "x" * 3_000, None),
    ],
)
def test_kb_33_one_spelling_for_each_page(url, expected):
    assert canonical_url(url, "https://site.example/a/b") == expected


def test_kb_33_large_pages_take_their_time_and_no_more():
    wide = b"<div class='x y'><p>some words <a href=/a?x=1>link</a></p></div>" * 8_000
    begin = time.perf_counter()
    assert read_page(wide, "http://a.example/", only_main_content=True).text.count("some words") == 8_000
    with pytest.raises(UnreadableFile, match="nested"):
        read_page(b"<div>" * 200_000, "http://a.example/", only_main_content=True)
    assert time.perf_counter() - begin < 5  # the parser alone would take minutes for the second
