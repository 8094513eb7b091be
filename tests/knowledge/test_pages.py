"""The page where a segment begins: from the file through cleaning and splitting to its row."""

import random

from apps.common.perloop import run
from apps.knowledge import reading
from apps.knowledge.contracts import Extracted
from apps.knowledge.models import Segment
from apps.knowledge.rules import parse_rule, processing
from apps.knowledge.services.documents import create_document_from_file
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.text.clean import clean
from apps.knowledge.text.pages import clean_pages, pages_of
from tests.knowledge import samples
from tests.knowledge.test_hierarchical import rule as hierarchical
from tests.knowledge.texts import ONE_A_LINE

RULES = frozenset({"remove_extra_spaces", "remove_urls_emails"})


def rows() -> list[tuple[str, int | None]]:
    segments = Segment.objects.filter(parent=None).order_by("position")
    return list(segments.values_list("content", "page"))


def test_a_pdf_s_segments_know_their_page(economy):
    data = samples.pdf(["One is first.", "It ends here."], [], ["Three is third.", "It ends here."])
    create_document_from_file(dataset=economy, name="pages.pdf", data=data, process_rule=ONE_A_LINE)
    run(index_pending())
    assert rows() == [("One is first.", 1), ("It ends here.", 1), ("Three is third.", 3), ("It ends here.", 3)]


def test_a_slide_counts_as_a_page(economy):
    data = samples.pptx(["Welcome", "to us"], ["Figures"], ["Thanks"])
    create_document_from_file(dataset=economy, name="talk.pptx", data=data, process_rule=hierarchical())
    run(index_pending())
    assert rows() == [("Welcome\nto us", 1), ("Figures", 2), ("Thanks", 3)]


def test_a_passage_over_several_pages_counts_where_it_begins(economy):
    data = samples.pdf(["One."], ["Two."], ["Three."])
    create_document_from_file(dataset=economy, name="pages.pdf", data=data, process_rule={"mode": "automatic"})
    run(index_pending())
    assert rows() == [("One.\nTwo.\nThree.", 1)]


def test_sources_without_pages_have_none(economy, add):
    add(economy, "One.\nTwo.", process_rule=ONE_A_LINE)
    assert {page for _, page in rows()} == {None}


def test_cleaning_moves_the_beginnings():
    pages = ["  one \t two\n\n\n\nthree", "https://example.org/only/a/link", "", "four  a@example.org"]
    text, starts = "", []
    for page in pages:
        starts.append(len(text))
        text += page + "\n" if page else ""
    cleaned, begins = clean_pages(text, starts, RULES)
    assert cleaned == "one two\n\nthree\nfour"
    assert begins == [0, 15, 15, 15]
    assert [cleaned[begin:][:4] for begin in begins] == ["one ", "four", "four", "four"]
    assert list(pages_of(["one two", "three", "four"], cleaned, begins, 0)) == [1, 1, 4]


def test_without_pages_nothing_is_different():
    assert clean_pages(" a  b ", (), RULES) == (clean(" a  b ", RULES), ())


def test_every_segment_of_a_long_text_has_the_page_where_it_begins():
    generator = random.Random(7)
    pages = [
        "\n".join(f"Page {number} says {generator.choice(['yes', 'no'])} in line {line}." for line in range(9))
        for number in range(1, 400)
    ]
    text, starts = "", []
    for page in pages:
        starts.append(len(text))
        text += page + "\n"
    for chosen in ({"mode": "automatic"}, ONE_A_LINE):
        found = processing(*parse_rule(chosen))
        drafts = reading.cut(reading.tidy(Extracted(text, page_starts=starts), found), found)
        assert all(draft.content.startswith(f"Page {draft.page} ") for draft in drafts)
        assert drafts[-1].page == 399 or chosen["mode"] == "automatic"
