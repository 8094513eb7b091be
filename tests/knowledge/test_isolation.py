"""Files that mean harm, read by a real child process under its limits."""

import signal
import struct
import subprocess
import zlib
from collections.abc import Callable

import psutil
import pytest

from apps.common.errors import AppError
from apps.common.perloop import run
from apps.knowledge import extraction, isolation, parser
from apps.knowledge.contracts import Extracted
from apps.knowledge.errors import ReadingInterrupted, UnreadableFile
from apps.knowledge.isolation import parse_apart
from apps.knowledge.models import Segment
from apps.knowledge.services.documents import create_document_from_file
from apps.knowledge.services.indexing import index_pending
from tests.knowledge import samples

LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'ha'>{}]>".format(
    "".join(f"<!ENTITY a{n + 1} '{f'&a{n};' * 10}'>" for n in range(12))
)


@pytest.fixture(autouse=True)
def no_child_is_left():
    before = psutil.Process().children()
    yield
    after = [child for child in psutil.Process().children() if child not in before]
    assert [child for child in after if child.name() != "postgres"] == []


@pytest.fixture
def replaced(monkeypatch, tmp_path) -> Callable[[str], None]:
    """Another program in the parser's place, given as its source."""

    def replace(source: str) -> None:
        (tmp_path / "stand_in.py").write_text(source)
        monkeypatch.setattr(isolation, "_ROOT", tmp_path)
        monkeypatch.setattr(parser, "__name__", "stand_in")

    return replace


def reason(data: bytes, extension: str) -> str:
    with pytest.raises(UnreadableFile) as caught:
        parse_apart(data, extension)
    return caught.value.message


def test_text_and_records_come_back_whole():
    assert parse_apart(samples.pdf(["One."], ["Two."]), "pdf") == Extracted("One.\nTwo.", page_starts=(0, 5))
    found = parse_apart("Stadt\nKöln\n京都\n".encode(), "csv")
    assert [record.content for record in found.records] == ["Stadt: Köln", "Stadt: 京都"]


def test_the_child_knows_no_secret_and_no_file_is_left(monkeypatch, replaced, settings, tmp_path):
    folder = tmp_path / "tmp"
    folder.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(folder)
    monkeypatch.setenv("SECRET_KEY", "canary-0123456789")
    replaced("import os, json, sys\njson.dump({'text': json.dumps(dict(os.environ)) + str(sys.argv)}, sys.stdout)")
    told = parse_apart(b"what is in the file", "pdf").text
    assert "canary" not in told
    assert "DATABASE_URL" not in told
    assert "what is in" not in told
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "head",
    [LAUGHS, '<!DOCTYPE x SYSTEM "file:///etc/passwd">', "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"],
)
def test_u_05_entities_are_refused(head):
    body = "<w:p><w:r><w:t>&a12;&e;</w:t></w:r></w:p>"
    assert "document type" in reason(samples.docx(body, head), "docx")
    assert "document type" in reason(samples.odt("<text:p>&e;</text:p>", head), "odt")
    book = samples.epub(f"{head}<p>kept &e;</p>")
    assert "root:" not in parse_apart(book, "epub").text


def test_u_05_includes_are_not_followed():
    body = '<w:p><w:r><w:t><xi:include xmlns:xi="{}" href="/etc/passwd"/>kept</w:t></w:r></w:p>'
    assert parse_apart(samples.docx(body.format("http://www.w3.org/2001/XInclude")), "docx").text == "kept"


def test_zip_bombs_end_in_a_sentence(settings):
    bomb = samples.docx(f"<w:p><w:r><w:t>{' ' * 2**20}</w:t></w:r></w:p>" * 60)
    assert len(bomb) < 2**18
    settings.PARSING_MEMORY_MB = 128
    assert reason(bomb, "docx") == parser.MEMORY.format(128)
    directory = bomb.rindex(b"PK\x01\x02")
    claimed = bomb[: directory + 24] + struct.pack("<I", 2**30) + bomb[directory + 28 :]
    assert "unpacks to more than 300 MB" in reason(claimed, "docx")


def test_two_cells_at_a_sheets_corners_end_in_a_sentence():
    corners = [['<c r="A1"><v>1</v></c>'], ['<c r="XFD1048576"><v>2</v></c>']]
    assert "PARSING_MEMORY_MB" in reason(samples.xlsx({"One": corners}), "xlsx")


def test_a_text_too_long_to_keep_ends_in_a_sentence(settings):
    settings.PARSING_OUTPUT_MB = 1
    rows = b"name of a column that is long\n" + b"x\n" * 40_000
    assert "more than the 1 MB of text" in reason(rows, "csv")


def test_u_08_deep_nesting_is_survived(settings):
    assert "nested" in reason(samples.docx("<w:p>" * 100_000 + "</w:p>" * 100_000), "docx")
    assert parse_apart(b"<div>" * 10_000 + b"deep", "html").text == "deep"
    settings.PARSING_TIMEOUT_S = 2
    assert parse_outcome(b"<div>" * 100_000 + b"deep", "html") in {"deep", parser.TIME.format(2)}
    assert parse_outcome(b"{\\rtf1 " + b"{" * 100_000 + b"deep", "rtf")
    assert parse_outcome(b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 50_000, "eml")


def parse_outcome(data: bytes, extension: str) -> str:
    """The text, or the sentence instead of it."""
    try:
        return parse_apart(data, extension).text
    except UnreadableFile as error:
        return error.message


def hostile_pdfs() -> dict[str, bytes]:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>"
    small = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << %b >> >>"
    catalog, pages = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    bomb = zlib.compress(b"(x) Tj " * 2**22)
    return {
        "a million pages that are not there": samples.assemble_pdf(
            [catalog, b"<< /Type /Pages /Kids [3 0 R] /Count 1000000 >>", page, b"<< /Length 0 >>\nstream\n\nendstream"]
        ),
        "pages within themselves": samples.assemble_pdf([catalog, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"]),
        "a table of objects that leads back to itself": samples.pdf(["x"], trailer="/Prev 9"),
        "a stream of 28 MB in 30 KB": samples.assemble_pdf(
            [catalog, pages, page, b"<< /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (len(bomb), bomb)]
        ),
        "a picture of 20,000 by 20,000": samples.assemble_pdf(
            [
                catalog,
                pages,
                small % b"/XObject << /I 5 0 R >>",
                b"<< /Length 5 >>\nstream\n/I Do\nendstream",
                b"<< /Type /XObject /Subtype /Image /Width 20000 /Height 20000 /ColorSpace /DeviceRGB "
                b"/BitsPerComponent 8 /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (len(bomb), bomb),
            ]
        ),
        **{
            f"a broken stream of {name}": samples.assemble_pdf(
                [
                    catalog,
                    pages,
                    page,
                    b"<< /Filter /%b /Length 4 >>\nstream\n\xff\xff\xff\xff\nendstream" % name.encode(),
                ]
            )
            for name in ("LZWDecode", "JBIG2Decode", "RunLengthDecode", "ASCII85Decode")
        },
        "a stream of objects that holds itself": samples.assemble_pdf(
            [
                catalog,
                pages,
                page,
                b"<< /Type /ObjStm /N 1 /First 4 /Extends 4 0 R /Length 8 >>\nstream\n4 0 null\nendstream",
            ]
        ),
        "a font whose map is within itself": samples.assemble_pdf(
            [
                catalog,
                pages,
                small % b"/Font << /F 5 0 R >>",
                b"<< /Length 24 >>\nstream\nBT /F 9 Tf (abc) Tj ET   \nendstream",
                b"<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding 6 0 R "
                b"/DescendantFonts [5 0 R] /ToUnicode 6 0 R >>",
                b"<< /Type /CMap /CMapName /A /UseCMap 6 0 R /Length 40 >>\nstream\n%b\nendstream"
                % (b"begincmap " + b"1 begincodespacerange <00> <ff> endcodespacerange " * 20_000),
            ]
        ),
        "nothing": b"%PDF-1.7\n",
    }


@pytest.mark.parametrize("name", hostile_pdfs())
def test_u_06_hostile_pdfs_end_in_text_or_a_sentence(name, settings):
    settings.PARSING_TIMEOUT_S = 10
    assert parse_outcome(hostile_pdfs()[name], "pdf")


def test_an_endless_file_is_stopped(replaced, settings):
    replaced("while True: pass")
    settings.PARSING_TIMEOUT_S = 1
    assert reason(b"x", "pdf") == parser.TIME.format(1)


def test_the_clock_ends_a_child_whose_starter_is_gone():
    limits = parser.Limits(512, 1, 1)
    source = f"from apps.knowledge import parser\nparser._GRACE_S = 0\nparser.{limits!r}.impose()"
    source += "\nimport time\ntime.sleep(60)"
    done = subprocess.run([isolation.sys.executable, "-c", source], cwd=isolation._ROOT, check=False, timeout=30)
    assert done.returncode == -signal.SIGALRM


@pytest.mark.parametrize(
    ("source", "error", "sentence"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", UnreadableFile, r"crash \(SIGSEGV\)"),
        ("import os; os.abort()", UnreadableFile, r"crash \(SIGABRT\)"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", ReadingInterrupted, "killed from outside"),
        ("raise MemoryError", UnreadableFile, "PARSING_MEMORY_MB"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", UnreadableFile, "PARSING_TIMEOUT_S"),
    ],
)
def test_a_child_that_dies_is_explained(replaced, source, error, sentence):
    replaced(source)
    with pytest.raises(error, match=sentence) as caught:
        parse_apart(b"x", "pdf")
    assert isinstance(caught.value, AppError)
    assert caught.value.retryable == (error is ReadingInterrupted)


@pytest.mark.parametrize(
    ("signal_name", "status", "sentence"),
    [("SIGSEGV", "error", "crash (SIGSEGV)"), ("SIGKILL", "parsing", "killed from outside")],
)
def test_the_worker_goes_on_with_the_next_document(economy, replaced, signal_name, status, sentence):
    replaced(f"import os, signal; os.kill(os.getpid(), signal.{signal_name})")
    hostile = create_document_from_file(dataset=economy, name="hostile.pdf", data=b"%PDF-1.7")
    create_document_from_file(dataset=economy, name="next.txt", data=b"Still read.")
    run(index_pending())
    hostile.refresh_from_db()
    assert hostile.indexing_status == status
    assert sentence in (hostile.error or hostile.waiting_reason)
    assert Segment.objects.get().content == "Still read."


def test_what_a_library_raises_is_logged_and_said_plainly(caplog):
    assert reason(b"{\\rtf1 \\u99999999999 }", "rtf") == parser.DAMAGED.format("rtf")
    assert "OverflowError" in caplog.text


def test_text_is_read_without_a_child(monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", None)
    for extension in ("txt", "md", "jsonl"):
        assert run(extraction.extract(b'"one"', extension))
