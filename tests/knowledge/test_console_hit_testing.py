"""Hit testing in the console: what a question finds, why, and with which settings."""

from apps.knowledge.lexical.highlighting import highlight
from apps.knowledge.models import Document
from apps.knowledge.services.metadata import DocumentValues, create_field, set_documents_metadata
from tests.knowledge.test_console_documents import browser, signed_in  # noqa: F401 - a fixture
from tests.knowledge.texts import ONE_A_LINE

HTMX = {"HX-Request": "true"}
LINES = "Basalt is volcanic rock.\nGranite is rock with crystals.\nA volcano makes basalts.\nPaper is made of wood."
SETTINGS = {"search_method": "keyword_search", "top_k": "2", "vector_weight": "0.7", "threshold": "0.5"}


def url(dataset, tail: str = "") -> str:
    return f"/knowledge/{dataset.pk}/hit-testing{tail}"


def test(browser, dataset, query: str = "volcanic basalt", **fields):  # noqa: F811, PT028
    return browser.post(url(dataset), {**SETTINGS, "query": query, **fields}, headers=HTMX)


test.__test__ = False


def test_the_page_begins_with_the_bases_own_settings(browser, economy):  # noqa: F811
    page = browser.get(url(economy)).content.decode()
    assert "What would an app find?" in page
    assert "recent-queries" in page


def test_ret_06_each_candidate_has_its_scores_and_why_it_was_cut(browser, economy, add):  # noqa: F811
    document = add(economy, LINES, "stones", process_rule=ONE_A_LINE)
    answer = test(browser, economy, top_k="1")
    page = answer.content.decode()
    assert "<mark>" in page
    assert "Returned" in page
    assert "Others are better" in page
    assert f"/documents/{document.pk}?segment=" in page
    assert answer.context["latency_ms"] >= 0
    assert [one["candidate"].rank for one in answer.context["candidates"]][:2] == [1, None]


def test_a_threshold_and_vectors(browser, vectors, add):  # noqa: F811
    add(vectors, LINES, "stones", process_rule=ONE_A_LINE)
    method = {"search_method": "hybrid_search", "has_threshold": "on", "threshold": "0.95"}
    page = test(browser, vectors, **method).content.decode()
    assert "Below the lowest score" in page


def test_conditions_on_metadata_leave_documents_out(browser, economy, add):  # noqa: F811
    document = add(economy, LINES, "stones", process_rule=ONE_A_LINE)
    field = create_field(dataset=economy, name="year", type="number")
    values = [{"id": str(field.pk), "value": 2024}]
    set_documents_metadata(dataset=economy, operations=[DocumentValues(document.pk, values)])
    condition = {"field_0": "year", "operator_0": "=", "logical": "and"}
    assert test(browser, economy, **condition, value_0="2024").context["hits"]
    missed = test(browser, economy, **condition, value_0="2025")
    assert not missed.context["hits"]
    assert test(browser, economy, **condition, value_0="x").context["problem"]


def test_a_question_has_250_characters_at_most(browser, economy):  # noqa: F811
    assert test(browser, economy, query="x" * 251).status_code == 422
    assert test(browser, economy, query=" ").status_code == 422
    assert test(browser, economy, search_method="magic").status_code == 422


def test_the_settings_of_a_test_become_the_bases_own(browser, economy):  # noqa: F811
    fields = {**SETTINGS, "search_method": "full_text_search", "top_k": "7"}
    answer = browser.post(url(economy, "/settings"), fields, headers=HTMX)
    assert answer.headers["HX-Redirect"] == url(economy)
    economy.refresh_from_db()
    assert economy.retrieval_model["top_k"] == 7
    assert browser.post(url(economy, "/settings"), {**fields, "top_k": "0"}, headers=HTMX).status_code == 422


def test_nothing_found_says_so(browser, economy, add):  # noqa: F811
    add(economy, LINES, "stones", process_rule=ONE_A_LINE)
    assert "Nothing was found" in test(browser, economy, query="quantum").content.decode()
    assert Document.objects.count() == 1


def test_words_are_marked_in_whatever_form():
    marked = [
        text for text, is_marked in highlight("Basalts, the volcano's rock; a RUN.", "basalt running") if is_marked
    ]
    assert marked == ["Basalts", "RUN"]
    assert [text for text, is_marked in highlight("火山岩是黑色的", "火山") if is_marked] == ["火山"]
    assert "".join(text for text, _ in highlight("a  b\n", "x")) == "a  b\n"
    assert highlight("", "x") == []
