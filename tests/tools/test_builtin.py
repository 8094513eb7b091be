"""The tools that come with the product."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from apps.tools.contracts import Page, ToolFailed, tool_of, tools, use_tool


class Ports:
    """The web is one page; code is a Python function."""

    def __init__(self, text="", status=200, code=None):
        self.page, self.code, self.asked = Page(status, text), code, []

    async def read(self, url, headers, *, as_page):
        self.asked.append((url, dict(headers), as_page))
        return self.page

    async def run_code(self, language, code, inputs):
        self.asked.append((language, code, dict(inputs)))
        return self.code(**inputs)


def use(key, ports=None, **given):
    return asyncio.run(use_tool(tools.get(key), given, ports or Ports()))


def test_every_tool_says_what_it_is_and_what_its_arguments_are():
    assert tools.failures == {}
    for kind in tools.all().values():
        assert kind.key.count("/") == 1
        assert kind.description.endswith(".")
        assert all(field.description for field in kind.Args.model_fields.values())


@pytest.mark.parametrize("provider", ["time", "langgenius/time/time"])
def test_a_provider_is_found_by_either_name(provider):
    assert tool_of(provider, "current_time") is tools.get("time/current_time")
    assert tool_of(provider, "no_such_tool") is None


def test_the_time_now_is_written_as_asked():
    said = use("time/current_time", format="%Y-%m-%dT%H:%M:%S%z", timezone="Asia/Tokyo").text
    assert said.endswith("+0900")
    assert abs((datetime.fromisoformat(said) - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize(
    ("key", "given", "said"),
    [
        ("time/weekday", {"year": 2024, "month": 2, "day": "29"}, "February 29, 2024 is a Thursday."),
        ("time/localtime_to_timestamp", {"localtime": "1970-01-01 01:00:00", "timezone": "Europe/Berlin"}, "0"),
        ("time/timestamp_to_localtime", {"timestamp": "0", "timezone": "Asia/Tokyo"}, "1970-01-01 09:00:00"),
        (
            "time/timezone_conversion",
            {"current_time": "2024-07-01 12:00:00", "current_timezone": "UTC", "target_timezone": "America/New_York"},
            "2024-07-01 08:00:00",
        ),
        ("maths/eval_expression", {"expression": "(3 + 4) * sqrt(4) - -1"}, "15.0"),
        ("maths/eval_expression", {"expression": "2 ** 10 % 1000"}, "24"),
    ],
)
def test_what_tools_say(key, given, said):
    assert use(key, **given).text == said


@pytest.mark.parametrize(
    ("key", "given", "sentence"),
    [
        ("time/current_time", {"timezone": "Nowhere/Land"}, "no time zone"),
        ("time/current_time", {"timezone": "../../etc/passwd"}, "no time zone"),
        ("time/weekday", {"year": 2023, "month": 2, "day": 29}, "no day 2023-2-29"),
        ("time/weekday", {"year": "soon", "month": 2, "day": 1}, "year does not fit"),
        ("time/localtime_to_timestamp", {"localtime": "yesterday"}, "is no time"),
        ("time/timestamp_to_localtime", {"timestamp": 1e300}, "out of range"),
        ("maths/eval_expression", {"expression": "9 ** 9 ** 9"}, "cannot be worked out"),
        ("maths/eval_expression", {"expression": "__import__('os').system('id')"}, "cannot be worked out"),
        ("maths/eval_expression", {"expression": "1 / 0"}, "cannot be worked out"),
        ("maths/eval_expression", {"expression": "(" * 900}, "cannot be worked out"),
        ("json_process/parse", {"content": "{", "json_filter": "$.a"}, "no JSON"),
        ("json_process/parse", {"content": "{}", "json_filter": "$.a"}, "Nothing stands at"),
        ("json_process/parse", {"content": "{}", "json_filter": "$..["}, "cannot be read"),
        ("json_process/parse", {"content": "{}"}, "json_filter does not fit"),
        ("jina/jina_reader", {"url": "file:///etc/passwd"}, "must begin with http"),
        ("wikipedia/wikipedia_search", {"query": "x", "language": "en.evil.example/"}, "no edition"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(key, given, sentence):
    with pytest.raises(ToolFailed, match=sentence):
        use(key, **given)


STOCK = {"items": [{"name": "tea", "n": 1}, {"name": "salt", "n": 2}], "shop": {"name": "corner"}}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.items[0].name", "tea"),
        ("items[-1].n", "2"),
        ("$['shop'][\"name\"]", "corner"),
        ("$.items[*].n", "[1, 2]"),
        ("$..name", '["tea", "salt", "corner"]'),
        ("$.shop", '{"name": "corner"}'),
    ],
)
def test_json_is_read_by_paths(path, found):
    result = use("json_process/parse", content=json.dumps(STOCK), json_filter=path)
    if path == "$..name":
        assert sorted(json.loads(result.text)) == sorted(json.loads(found))
    else:
        assert result.text == found


@pytest.mark.parametrize(
    ("key", "given", "after"),
    [
        ("json_delete", {"query": "$.items[*]"}, {**STOCK, "items": []}),
        ("json_insert", {"query": "$.shop.name", "new_value": "1"}, {**STOCK, "shop": {"name": 1}}),
        ("json_insert", {"query": "$.items", "new_value": "x"}, {**STOCK, "items": [*STOCK["items"], "x"]}),
        (
            "json_insert",
            {"query": "$.a.b", "new_value": "x", "create_path": "true"},
            {**STOCK, "a": {"b": "x"}},
        ),
        ("json_insert", {"query": "$.a.b", "new_value": "x"}, STOCK),
        (
            "json_replace",
            {"query": "$.shop.name", "replace_pattern": "corn", "replace_value": "bett"},
            {**STOCK, "shop": {"name": "better"}},
        ),
        (
            "json_replace",
            {"query": "$.shop.name", "replace_model": "key", "replace_value": "title"},
            {**STOCK, "shop": {"title": "corner"}},
        ),
        (
            "json_replace",
            {"query": "$.shop", "replace_model": "value", "replace_value": "[1]", "value_decode": True},
            {**STOCK, "shop": [1]},
        ),
    ],
)
def test_json_is_changed_at_paths(key, given, after):
    result = use(f"json_process/{key}", content=json.dumps(STOCK), **given)
    assert json.loads(result.text) == after
    assert result.json == [after]


def test_letters_beyond_ascii_stay_where_that_is_wanted():
    given = {"content": '{"a": "茶"}', "query": "$.b", "new_value": "1"}
    assert "\\u8336" in use("json_process/json_insert", **given).text
    assert "茶" in use("json_process/json_insert", ensure_ascii="false", **given).text


def test_a_page_is_read_and_a_failed_one_told():
    ports = Ports("Tea is hot.")
    assert use("webscraper/webscraper", ports, url="https://a.example", user_agent="Me").text == "Tea is hot."
    assert ports.asked == [("https://a.example", {"User-Agent": "Me"}, True)]
    with pytest.raises(ToolFailed, match="status 404"):
        use("webscraper/webscraper", Ports(status=404), url="https://a.example")


def test_articles_are_found_in_their_order():
    pages = [{"index": 2, "title": "B", "extract": "b"}, {"index": 1, "title": "A", "extract": "a"}]
    ports = Ports(json.dumps({"query": {"pages": pages}}))
    assert use("wikipedia/wikipedia_search", ports, query="tea", language="ja").text == "A\na\n\nB\nb"
    assert ports.asked[0][0].startswith("https://ja.wikipedia.org/w/api.php?")
    assert use("wikipedia/wikipedia_search", Ports("{}"), query="tea").text == "Nothing was found."
    with pytest.raises(ToolFailed, match="cannot be read"):
        use("wikipedia/wikipedia_search", Ports("<html>"), query="tea")


def test_code_runs_in_the_sandbox_alone():
    ports = Ports(code=lambda: {"n": 1})
    result = use("code/simple_code", ports, language="javascript", code="function main() {}")
    assert (result.text, result.json) == ('{"n": 1}', [{"n": 1}])
    assert ports.asked == [("javascript", "function main() {}", {})]
