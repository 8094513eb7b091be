"""What public pages say: the sentences of their templates and scripts, in one catalogue for each language.

A template writes `{% translate "…" %}`, a script `t("…")`. `python -m apps.webapp.catalogues` brings the catalogues up
to date with both.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import gettext, override

_IN_SCRIPT: Final = re.compile(r'\bt\(("(?:[^"\\\n]|\\.)*")')
_IN_TEMPLATE: Final = re.compile(r"""{% translate (["'])(.*?)\1""")
# Templates that public pages include besides their own folder.
_SHARED: Final = ("components/theme_button.html",)


@cache
def sentences_of_scripts() -> tuple[str, ...]:
    """Every sentence that our scripts may show."""
    files = sorted((Path(settings.BASE_DIR) / "static" / "js").rglob("*.js"))
    found = [json.loads(literal) for file in files for literal in _IN_SCRIPT.findall(file.read_text())]
    return tuple(dict.fromkeys(found))


def sentences_of_templates() -> tuple[str, ...]:
    """Every sentence that the templates of public pages show."""
    folder = Path(settings.BASE_DIR) / "templates"
    files = [*sorted((folder / "webapp").rglob("*.html")), *(folder / name for name in _SHARED)]
    found = [sentence for file in files for _, sentence in _IN_TEMPLATE.findall(file.read_text())]
    return tuple(dict.fromkeys(found))


@cache
def words_in(language: str) -> dict[str, str]:
    """The scripts' sentences with their translations; none for English, which they are written in."""
    if language == "en":
        return {}
    with override(language):
        return {sentence: gettext(sentence) for sentence in sentences_of_scripts()}
