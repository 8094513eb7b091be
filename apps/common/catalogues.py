"""Brings the catalogues in `locale/` up to date: `python -m apps.common.catalogues` (wants gettext's msgfmt).

Sentences that are new stand there with an empty translation afterwards, those no page says any more are gone.
"""

import gettext
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from .languages import LANGUAGES
from .words import Sentence

FOLDER: Final = Path(__file__).parent / "locale"
# How many forms a sentence with a number has, and which one a number takes.
PLURALS: Final = {"en": (2, "n != 1"), "zh-Hans": (1, "0"), "ja": (1, "0")}
_ENTRY: Final = re.compile(
    r'^msgid "(?P<text>.*)"\n(?:msgid_plural "(?P<plural>.*)"\n)?(?P<forms>(?:msgstr(?:\[\d\])? ".*"\n?)+)',
    re.MULTILINE,
)
_FORM: Final = re.compile(r'^msgstr(?:\[\d\])? "(.*)"$', re.MULTILINE)
_HEADER: Final = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: {language}\\n"
"Plural-Forms: nplurals={count}; plural=({rule});\\n"
"""

Translations = Mapping[Sentence, Sequence[str]]


def source_of(language: str) -> Path:
    """The catalogue that is edited."""
    return FOLDER / language.replace("-", "_") / "LC_MESSAGES" / "django.po"


def read_source(language: str) -> dict[Sentence, list[str]]:
    """Sentences and their translations, one for each form, as they are edited."""
    path = source_of(language)
    found = _ENTRY.finditer(path.read_text()) if path.exists() else iter(())
    return {
        Sentence(_unquoted(entry["text"]), _unquoted(entry["plural"] or "")): [
            _unquoted(form) for form in _FORM.findall(entry["forms"])
        ]
        for entry in found
        if entry["text"]
    }


def read_compiled(language: str) -> dict[object, str]:
    """Translations as pages use them: by sentence, or by sentence and number of the form."""
    with source_of(language).with_suffix(".mo").open("rb") as file:
        catalogue: Mapping[object, str] = vars(gettext.GNUTranslations(file))["_catalog"]
    return {sentence: translation for sentence, translation in catalogue.items() if sentence}


def compiled(translations: Translations) -> dict[object, str]:
    """What `read_compiled` gives of these."""
    found: dict[object, str] = {}
    for sentence, forms in translations.items():
        if sentence.plural:
            found |= {(sentence.text, number): form for number, form in enumerate(forms)}
        else:
            found[sentence.text] = forms[0]
    return found


def write(language: str, translations: Translations) -> None:
    """Writes the catalogue and compiles it."""
    path = source_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    count, rule = PLURALS[language]
    header = _HEADER.format(language=language.replace("-", "_"), count=count, rule=rule)
    path.write_text(header + "".join(_entry(sentence, forms) for sentence, forms in translations.items()))
    subprocess.run(["msgfmt", "-o", path.with_suffix(".mo"), path], check=True)  # noqa: S603, S607 - our own file


def _entry(sentence: Sentence, forms: Sequence[str]) -> str:
    lines = [f'\nmsgid "{_quoted(sentence.text)}"\n']
    if sentence.plural:
        lines.append(f'msgid_plural "{_quoted(sentence.plural)}"\n')
        lines += [f'msgstr[{number}] "{_quoted(form)}"\n' for number, form in enumerate(forms)]
    else:
        lines.append(f'msgstr "{_quoted(forms[0])}"\n')
    return "".join(lines)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text)


def main() -> None:
    """Updates all catalogues."""
    import django

    django.setup()
    from .words import all_sentences

    sentences = sorted(all_sentences())
    for language in LANGUAGES:
        known = read_source(language)
        count = PLURALS[language][0]
        wanted: dict[Sentence, Sequence[str]] = {}
        for sentence in sentences:
            own = [form for form in sentence if form] if language == "en" else [""] * (count if sentence.plural else 1)
            wanted[sentence] = known.get(sentence) or own
        write(language, wanted)
        missing = [sentence for sentence, forms in wanted.items() if not all(forms)]
        print(f"{language}: {len(sentences)} sentences, {len(missing)} without translation", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
