import pytest

from apps.files.names import clean_name, extension_of


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("report.txt", "report.txt"),
        ("../../etc/cron.d/x", "x"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("/absolute/path.md", "path.md"),
        ("nul\0byte.txt", "nulbyte.txt"),
        ("line\nbreak.txt", "linebreak.txt"),
        ("right\u202eto-left.txt", "rightto-left.txt"),
        ("...", "unnamed"),
        ("", "unnamed"),
        ("a/", "unnamed"),
        ("CON", "CON"),
        ("\U0001f600.md", "\U0001f600.md"),
        (" spaced .txt ", "spaced .txt"),
    ],
)
def test_names_are_only_shown(given, kept):
    assert clean_name(given) == kept


def test_a_long_name_keeps_its_extension():
    name = clean_name("x" * 5000 + ".txt")
    assert len(name) == 255
    assert name.endswith("x.txt")


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.TXT", "txt"), ("a.tar.gz", "gz"), ("a", ""), ("a.", ""), ("a.b c", ""), (".md", "md"), ("a." + "x" * 30, "")],
)
def test_extensions(name, extension):
    assert extension_of(name) == extension
