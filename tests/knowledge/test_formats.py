"""Files of every format, as text and records."""

import pytest

from apps.knowledge import reading
from apps.knowledge.contracts import Processing, SplitRule
from apps.knowledge.errors import UnreadableFile
from tests.knowledge import samples
from tests.knowledge.samples import word_paragraph

TABLE = (
    "<w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>"
).format(*map(word_paragraph, ["Port", "Use", "5001", "web & API"]))
HTML = """<!DOCTYPE html><html><head><title>Hidden</title><style>p {}</style></head><body><nav>Menu</nav>
<h1>Manual</h1><p>One <b>bold</b>
word.</p><script>alert(1)</script><ul><li>first<li>second</ul><table><tr><th>Port<th>Use</tr><tr><td>5001<td>web</tr>
</table><pre>def f():
    return 1</pre>Tail</body></html>"""
HTML_TEXT = (
    "# Manual\n\nOne bold word.\n\n- first\n- second\nPort | Use\n5001 | web\ndef f():\n    return 1\nTail"
)  # fmt: skip
MAIL = b"""From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>
To: team@example.org
Subject: Hello
Date: Thu, 26 Nov 2026 02:19:00 +0000
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/html; charset=utf-8

<p>Ignored</p>
--x
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe
--x--
"""
MAIL_TEXT = (
    "Subject: Hello\nFrom: Jürgen <j@example.org>\nTo: team@example.org\nDate: Thu, 26 Nov 2026 02:19:00 +0000\n\nGrüße"
)
ODT_BODY = """<text:h text:outline-level="2">Manual</text:h><text:p>One<text:s text:c="2"/>two<text:tab/>
<text:span>three</text:span></text:p><table:table><table:table-row><table:table-cell><text:p>a</text:p><text:p>b</text:p>
</table:table-cell><table:table-cell><text:p>c</text:p></table:table-cell></table:table-row></table:table>"""
CASES = {
    "txt": (b"As it stands.", "As it stands."),
    "mdx": (b"# As\n\nit stands.", "# As\n\nit stands."),
    "html": (HTML.encode(), HTML_TEXT),
    "htm": (HTML.encode("utf-16"), HTML_TEXT),
    "pdf": (samples.pdf(["First line.", "Second line."], ["Page two."]), "First line.\nSecond line.\nPage two."),
    "docx": (
        samples.docx(word_paragraph("Manual", "Heading1") + word_paragraph("Body.", "Normal") + TABLE),
        "# Manual\nBody.\nPort | Use\n5001 | web & API",
    ),
    "docm": (samples.docx(word_paragraph("Body."), word__vbaProject_bin=b"Sub AutoOpen()"), "Body."),
    "doc": (
        samples.doc(
            "One \x13 HYPERLINK \x13 x \x14y\x15 \x14link\x15.\rPort\x07Use\x07\x07é\r", wide="中文\x0bnext"
        ),
        "One link.\nPort | Use\né\n中文\nnext",
    ),
    "pptx": (samples.pptx(["Title", "Point"], ["Second"]), "Title\nPoint\n\nSecond"),
    "odt": (samples.odt(ODT_BODY), "## Manual\nOne  two\t\nthree\na b | c"),
    "epub": (samples.epub("<!DOCTYPE html><h1>One</h1>&eacute;", "<p>Two"), "# One\n\né\n\nTwo"),
    "eml": (MAIL, MAIL_TEXT),
    "rtf": (rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\b Gr\'fc\b0\par \u20013?\par}", "Grü\n中"),
}  # fmt: skip


@pytest.mark.parametrize("extension", CASES)
def test_kb_01_a_files_text(extension):
    data, text = CASES[extension]
    assert reading.parse(data, extension).text.replace("\r\n", "\n").strip() == text


def contents(data: bytes, extension: str) -> list[str]:
    return [record.content for record in reading.parse(data, extension).records]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_kb_02_each_row_of_a_csv_is_a_record(separator):
    text = '\n\nName,Price,\nPen,2,new\n,,\n\n"Two\nlines",3\n,,,extra\n'.replace(",", separator)
    for data in (text.encode(), text.encode("utf-16")):
        assert contents(data, "csv") == ["Name: Pen\nPrice: 2\nnew", "Name: Two\nlines\nPrice: 3", "extra"]


def test_kb_02_each_row_of_every_sheet_is_a_record():
    book = samples.xlsx(
        {
            "One": [["Name", "Price"], ["Pen", 2.0], [None, None], ["Ink", 2.5]],
            "Empty": [],
            "Two": [[None, None], [None, "City"], ["x", "Köln"]],
        }
    )
    assert contents(book, "xlsx") == ["Name: Pen\nPrice: 2", "Name: Ink\nPrice: 2.5", "x\nCity: Köln"]


def test_kb_02_a_workbook_of_the_old_format():
    assert contents(samples.xls([["Name", "Stadt"], ["Pen", "Köln 京都"]]), "xls") == ["Name: Pen\nStadt: Köln 京都"]


def test_kb_02_records_become_segments_as_they_are():
    rule = Processing(frozenset(), SplitRule("\n", 50))
    data = b"question,answer\n" + b"a b," + b"word " * 900 + b"\nc,d\n"
    drafts = reading.cut(reading.tidy(reading.parse(data, "csv"), rule), rule)
    assert [draft.position for draft in drafts] == [1, 2]
    assert drafts[1].content == "question: c\nanswer: d"


def test_kb_03_the_lists_of_the_manual_are_accepted_together():
    manual = "txt markdown md mdx pdf html htm xlsx xls docx doc csv eml pptx epub jsonl vtt properties"
    assert set(manual.split()) <= reading.readable_extensions()
    assert "xml" not in reading.readable_extensions()
    assert {"xml", "msg", "ppt"} <= reading.readable_extensions("Unstructured")


def test_changed_text_of_word_counts_as_it_now_stands():
    body = "<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>"
    assert reading.parse(samples.docx(body), "docx").text == "new"


def test_a_page_says_its_encoding():
    page = '<meta charset="windows-1251"><p>Привет'.encode("cp1251")
    assert reading.parse(page, "html").text == "Привет"
    assert "Привет" not in reading.parse(page.replace(b"windows-1251", b"no-such-set!"), "html").text


@pytest.mark.parametrize("extension", ["docx", "pptx", "xlsx", "xls", "epub", "odt", "pdf", "doc", "rtf", "eml"])
@pytest.mark.parametrize("data", [b"MZ\x90\0" * 64, b"plain text", b"PK\x03\x04 cut off", samples.archive({"a": b"b"})])
def test_u_01_a_wrong_extension_is_said(extension, data):
    with pytest.raises(UnreadableFile, match=r"(?i)this is no|damaged"):
        reading.parse(data, extension)


@pytest.mark.parametrize("extension", [name for name in CASES if name not in {"txt", "mdx", "html", "htm", "eml"}])
def test_a_truncated_file_is_an_error_or_text(extension):
    data = CASES[extension][0]
    for share in (0.3, 0.6, 0.9):
        try:
            found = reading.parse(data[: int(len(data) * share)], extension).text
        except UnreadableFile:
            continue
        assert isinstance(found, str)


def test_the_header_alone_and_a_csv_of_a_hundred_thousand_columns():
    with pytest.raises(UnreadableFile, match="names the columns"):
        reading.parse(b"a,b\n", "csv")
    with pytest.raises(UnreadableFile, match=r"Row 2 has 100,000 filled cells; a row may have 1,000"):
        reading.parse(b"a,b\n" + b",".join([b"1"] * 100_000), "csv")
    with pytest.raises(UnreadableFile, match="quotation mark"):
        reading.parse(b'a,b\n"' + b"1,2\n" * 50_000, "csv")


def test_protected_files_say_so():
    locked = samples.pdf(
        ["Secret"],
        trailer="/Encrypt 6 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]",
        objects=[b"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <%b> /U <%b> >>" % (b"ab" * 32, b"cd" * 32)],
    )
    for data, extension in (
        (locked, "pdf"),
        (samples.compound({"EncryptedPackage": bytes(4096)}), "docx"),
        (samples.doc("x", flags=0x300), "doc"),
    ):
        with pytest.raises(UnreadableFile, match="password"):
            reading.parse(data, extension)


def test_files_that_are_not_read_name_the_way_out():
    with pytest.raises(UnreadableFile, match=r"Word 95.*\.docx"):
        reading.parse(samples.doc("x", version=0x65), "doc")
    with pytest.raises(UnreadableFile, match="OCR"):
        reading.parse(samples.pdf([]), "pdf")
    with pytest.raises(UnreadableFile, match="UNSTRUCTURED_API_URL"):
        reading.parse(b"<a/>", "xml", "Unstructured")
