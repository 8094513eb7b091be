"""What the scripts of public pages say. Their sentences are catalogued beside the templates' and sent with the page.

A sentence in a script is written `t("…")`; it stands here so that `makemessages` finds it. A test compares the two.
"""

from django.utils.translation import gettext, gettext_noop

WORDS = (
    # --- the browser API ---
    gettext_noop("The server cannot be reached. Check your connection and try again."),
    gettext_noop("Something went wrong. Please try again."),
    gettext_noop("The connection was lost before the answer began. Please send it again."),
    gettext_noop("The connection was lost. Reload the page to see the whole answer."),
    gettext_noop("This page does not exist any more. Ask whoever sent you the link for a new one."),
)


def words_in(language: str) -> dict[str, str]:
    """Each sentence with its translation into the language that is switched on; nothing for English."""
    return {} if language == "en" else {text: gettext(text) for text in WORDS}
