"""Brings the catalogues in `locale/` up to date: `python -m apps.webapp.catalogues` (wants gettext's msgfmt).

Sentences that are new stand there with an empty translation afterwards, those no page says any more are gone.
"""

import gettext
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from apps.common.languages import LANGUAGES

FOLDER: Final = Path(__file__).parent / "locale"
_ENTRY: Final = re.compile(r'^msgid "(.*)"\nmsgstr "(.*)"$', re.MULTILINE)
_HEADER: Final = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: {language}\\n"
"""


def source_of(language: str) -> Path:
    """The catalogue that is edited."""
    return FOLDER / language.replace("-", "_") / "LC_MESSAGES" / "django.po"


def read_source(language: str) -> dict[str, str]:
    """Sentences and translations as they are edited."""
    path = source_of(language)
    pairs = _ENTRY.findall(path.read_text()) if path.exists() else []
    return {_unquoted(sentence): _unquoted(translation) for sentence, translation in pairs if sentence}


def read_compiled(language: str) -> dict[str, str]:
    """Sentences and translations as pages use them."""
    with source_of(language).with_suffix(".mo").open("rb") as file:
        catalogue: Mapping[str, str] = vars(gettext.GNUTranslations(file))["_catalog"]
    return {sentence: translation for sentence, translation in catalogue.items() if sentence}


def write(language: str, translations: Mapping[str, str]) -> None:
    """Writes the catalogue and compiles it."""
    path = source_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = [f'\nmsgid "{_quoted(one)}"\nmsgstr "{_quoted(other)}"\n' for one, other in translations.items()]
    path.write_text(_HEADER.format(language=language.replace("-", "_")) + "".join(entries))
    subprocess.run(["msgfmt", "-o", path.with_suffix(".mo"), path], check=True)  # noqa: S603, S607 - our own file


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _unquoted(text: str) -> str:
    return text.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")


def main() -> None:
    """Updates all catalogues."""
    import django

    django.setup()
    from apps.common.words import sentences_of_scripts, sentences_of_templates

    sentences = sorted({*sentences_of_templates(), *sentences_of_scripts()})
    for language in LANGUAGES:
        known = read_source(language)
        fallback = language == "en"
        write(language, {one: known.get(one) or (one if fallback else "") for one in sentences})
        missing = [one for one in sentences if not (known.get(one) or fallback)]
        print(f"{language}: {len(sentences)} sentences, {len(missing)} without translation", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
