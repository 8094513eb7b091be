"""Small files of every format, made from text as their programs write them."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
ODF = "urn:oasis:names:tc:opendocument:xmlns"


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return file.getvalue()


def links(*targets: tuple[str, str, str]) -> str:
    rows = "".join(f'<Relationship Id="{id}" Type="{OFFICE}/{kind}" Target="{to}"/>' for id, kind, to in targets)
    return f'<Relationships xmlns="{PACKAGE}">{rows}</Relationships>'


def word_paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def docx(body: str, head: str = "", **parts: str | bytes) -> bytes:
    document = f'<?xml version="1.0"?>{head}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    return archive(
        {
            "_rels/.rels": links(("rId1", "officeDocument", "word/document.xml")),
            "word/document.xml": document,
            **{name.replace("__", "/"): content for name, content in parts.items()},
        }
    )


def pptx(*slides: Sequence[str]) -> bytes:
    """Slides shown in this order, numbered in the opposite one."""
    count = len(slides)
    body = {
        f"ppt/slides/slide{count - position}.xml": f'<p:sld xmlns:p="{SLIDES}" xmlns:a="{DRAWING}">'
        + "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in lines)
        + "</p:sld>"
        for position, lines in enumerate(slides)
    }
    ids = "".join(f'<p:sldId id="{256 + n}" r:id="rId{n}"/>' for n in range(count))
    return archive(
        {
            "ppt/presentation.xml": f'<p:presentation xmlns:p="{SLIDES}" xmlns:r="{OFFICE}"><p:sldIdLst>{ids}'
            "</p:sldIdLst></p:presentation>",
            "ppt/_rels/presentation.xml.rels": links(
                *[(f"rId{n}", "slide", f"slides/slide{count - n}.xml") for n in range(count)]
            ),
            **body,
        }
    )


def xlsx(sheets: Mapping[str, Sequence[Sequence[str | float | None]]]) -> bytes:
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1))
    parts: dict[str, str] = {
        "_rels/.rels": links(("rId1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": links(
            *[(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
        ),
    }
    for number, rows in enumerate(sheets.values(), 1):
        lines = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{SHEET}"><sheetData>{lines}</sheetData></worksheet>'
        )
    return archive(parts)


def _cell(value: str | float | None) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str) and value.startswith("<c "):
        return value
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def odt(body: str, head: str = "") -> bytes:
    spaces = " ".join(f'xmlns:{name}="{ODF}:{name}:1.0"' for name in ("office", "text", "table"))
    content = f"{head}<office:document-content {spaces}><office:body>{body}</office:body></office:document-content>"
    return archive({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def epub(*chapters: str) -> bytes:
    items = "".join(f'<item id="c{n}" href="text/chapter%20{n}.xhtml"/>' for n in reversed(range(len(chapters))))
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    return archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles>'
            "</container>",
            "OPS/book.opf": f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>",
            **{f"OPS/text/chapter {n}.xhtml": text for n, text in enumerate(chapters)},
        }
    )


def pdf(*pages: Sequence[str], trailer: str = "", objects: Sequence[bytes] = ()) -> bytes:
    """Pages of lines in Helvetica; `objects` are added as they are, `trailer` to the trailer."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, lines in enumerate(pages):
        shown = " ".join(f"({line}) Tj 0 -14 Td" for line in lines)
        content = f"BT /F1 12 Tf 72 720 Td {shown} ET".encode() if lines else b""
        page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
        bodies.append(f"{page} /Contents {5 + 2 * number} 0 R >>".encode())
        bodies.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
    return assemble_pdf([*bodies, *objects], trailer)


def assemble_pdf(bodies: Sequence[bytes], trailer: str = "") -> bytes:
    file, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{len(file)}\n%%EOF\n"
    return file + b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(bodies) + 1, table) + end.encode()


def doc(text: str, *, flags: int = 0x200, version: int = 0xC1, wide: str = "") -> bytes:
    """A Word 97 file of two pieces: `text` in eight bits, `wide` in sixteen."""
    start = 0x200
    main = bytearray(4096)
    narrow, broad = text.encode("cp1252"), wide.encode("utf-16-le")
    struct.pack_into("<HH", main, 0, 0xA5EC, version)
    struct.pack_into("<H", main, 0x0A, flags)
    struct.pack_into("<I", main, 0x4C, len(text) + len(wide))
    ends = struct.pack("<3I", 0, len(text), len(text) + len(wide))
    pieces = struct.pack("<HIH", 0, start * 2 | 0x4000_0000, 0) + struct.pack("<HIH", 0, start + 1024, 0)
    clx = b"\x01" + struct.pack("<H", 4) + b"prop" + b"\x02" + struct.pack("<I", len(ends + pieces)) + ends + pieces
    struct.pack_into("<II", main, 0x1A2, 16, len(clx))
    main[start : start + len(narrow)] = narrow
    main[start + 1024 : start + 1024 + len(broad)] = broad
    return compound({"WordDocument": bytes(main), "1Table": (b"\0" * 16 + clx).ljust(4096, b"\0")})


def compound(streams: Mapping[str, bytes]) -> bytes:
    """An OLE compound file ([MS-CFB], version 3) of streams of whole sectors, at least 4,096 bytes each."""
    free, end, table = 0xFFFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFD
    chain, data, entries = [table, end], b"", [_entry("Root Entry", 5, end, 0, child=1)]
    for position, (name, content) in enumerate(streams.items(), 1):
        first, count = len(chain), len(content) // 512
        chain += [*range(first + 1, first + count), end]
        data += content
        after = position + 1 if position < len(streams) else free
        entries.append(_entry(name, 2, first, len(content), right=after))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, 1, 0, 4096, end, 0, end, 0, 0,
    )  # fmt: skip
    header = header.ljust(512, b"\xff")
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    return header + fat + b"".join(entries).ljust(512, b"\0") + data


def _entry(name: str, kind: int, first: int, size: int, *, child: int = 0xFFFF_FFFF, right: int = 0xFFFF_FFFF) -> bytes:
    written = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16xI8x8xIQ", written, len(written) + 2, kind, 1, 0xFFFF_FFFF, right, child, 0, first, size
    )


def xls(rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook of Excel 97 ([MS-XLS]) with one sheet of labels."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def label(row: int, column: int, text: str) -> bytes:
        return record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))

    end = record(0x0A, b"")
    start = record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0))
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0))
    sheet += b"".join(label(y, x, text) for y, row in enumerate(rows) for x, text in enumerate(row)) + end
    place = len(start) + 4 + 8 + len("One") + len(end)
    listed = record(0x85, struct.pack("<IBBBB", place, 0, 0, 3, 0) + b"One")
    stream = start + listed + end + sheet
    return compound({"Workbook": stream.ljust(-(-max(len(stream), 4096) // 512) * 512, b"\0")})
