import os

import pytest

from apps.knowledge import reading
from apps.knowledge.contracts import Extracted, Processing, SplitRule, extractors
from apps.knowledge.errors import UnreadableFile

CHINESE = "知识库可以让应用根据团队自己的文档来回答问题，而不必重新训练模型。版本 1.0"
TRADITIONAL = "這個平台的知識庫可以讓應用程式根據團隊自己的文件來回答問題，不需要重新訓練模型。"
JAPANESE = "このプラットフォームのナレッジベースは、チームの文書に基づいて質問に答えることができます。"
KOREAN = "이 플랫폼의 지식 기반은 팀의 문서를 바탕으로 질문에 답할 수 있습니다."
FRENCH = "L’été dernier, nous avons déjà mangé une crème brûlée à l’hôtel — très bon, garçon."
PROCESSING = Processing(frozenset(), SplitRule("\n", 500, 50))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"),
        (CHINESE, "utf-8-sig"),
        (CHINESE, "utf-16"),
        (CHINESE, "utf-32"),
        (FRENCH, "utf-16-le"),
        (FRENCH, "utf-16-be"),
        (CHINESE, "gbk"),
        (CHINESE, "gb18030"),
        (TRADITIONAL, "big5"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (KOREAN, "euc_kr"),
        (FRENCH, "cp1252"),
        ("Mostly English. " * 60 + "├─ 用户：“说明” ⚠ ✔ ─", "gb18030"),
        ("Mostly English. " * 60 + "It’s “quoted”.", "cp1252"),
    ],
)
def test_encodings_are_recognised(text, encoding):
    data = (text * 3).encode(encoding)
    assert reading.parse(data, "txt").text.removeprefix("\ufeff") == text * 3


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (bytes(range(256)) * 40, "not recognised"),
        (os.urandom(20_000), "not recognised"),
        (b"\x00\x01\x02\x03" * 500, "binary data"),
    ],
)
def test_what_is_no_text_is_refused_with_a_sentence(data, sentence):
    with pytest.raises(UnreadableFile, match=sentence):
        reading.parse(data, "txt")


def test_a_type_nobody_reads_is_refused():
    with pytest.raises(UnreadableFile, match=r"\.exe"):
        reading.parse(b"MZ", "exe")


def test_nul_bytes_are_dropped():
    extracted = reading.tidy(reading.parse(b"one\0 two\0", "txt"), PROCESSING)
    assert [draft.content for draft in reading.cut(extracted, PROCESSING)] == ["one two"]


@pytest.mark.parametrize("text", ["", "  \n\t\n", "\0\0"])
def test_a_file_without_text_says_so(text):
    with pytest.raises(UnreadableFile, match="no text"):
        reading.cut(reading.tidy(Extracted(text), PROCESSING), PROCESSING)


def test_json_lines_are_segments_as_they_stand():
    data = b'{"content": "one\\u0000", "keywords": ["k"]}\n\n{"text": "two", "answer": "2"}\r\n"three"\n'
    extracted = reading.tidy(reading.parse(data, "jsonl"), PROCESSING)
    drafts = reading.cut(extracted, PROCESSING)
    assert [(draft.position, draft.content, draft.answer, draft.keywords) for draft in drafts] == [
        (1, "one", None, ["k"]),
        (2, "two", "2", None),
        (3, "three", None, None),
    ]


@pytest.mark.parametrize("line", ['{"content": 1}', "[1]", "{", "1", "[" * 100_000])
def test_a_wrong_json_line_is_named(line):
    with pytest.raises(UnreadableFile, match="Line 2"):
        reading.parse(f'"fine"\n{line}'.encode(), "jsonl")


def test_every_extractor_loads_and_says_what_it_reads():
    assert extractors.failures == {}
    assert {"txt", "md", "markdown", "jsonl"} <= reading.readable_extensions()
