"""Slides (Office Open XML)."""

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from apps.knowledge.contracts import Extracted, Extractor, extractors

from ._package import Package, resolve
from ._pages import joined
from ._xml import Lines, Markup, elements, feed

_MARKUP: Final = Markup(
    paragraphs=frozenset({"p"}),
    texts=frozenset({"t"}),
    tabs=frozenset({"tab"}),
    breaks=frozenset({"br"}),
    row="tr",
    cell="tc",
    skipped=frozenset({"Fallback", "tabLst", "fld"}),  # fields: page numbers and dates
)
_SLIDE: Final = re.compile(r"ppt/slides/slide(\d{1,6})\.xml")


@extractors.register
class Pptx(Extractor):
    """Each slide's text, in order, with an empty line between slides; a slide counts as a page."""

    key: ClassVar[str] = "pptx"
    label: ClassVar[str] = "PowerPoint"
    extensions: ClassVar[frozenset[str]] = frozenset({"pptx"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        package = Package(data, ".pptx")
        slides = _slides(package)
        if not slides:
            raise package.damaged()
        return joined((_text(package.read(name)) for name in slides), "\n\n")


def _text(data: bytes) -> str:
    lines = Lines(_MARKUP)
    feed(data, lines)
    return lines.result()


def _slides(package: Package) -> Sequence[str]:
    """Parts of slides in the order of the presentation's list, of their numbers where that is missing."""
    order = _listed(package) or sorted(
        (name for name in package.names if _SLIDE.fullmatch(name)), key=lambda name: (len(name), name)
    )
    return [name for name in order if name in package.names]


def _listed(package: Package) -> Sequence[str]:
    main, links = "ppt/presentation.xml", "ppt/_rels/presentation.xml.rels"
    if not {main, links} <= package.names:
        return ()
    targets = {link.get("Id"): resolve(main, link.get("Target", "")) for _, link in elements(package.read(links))}
    # A slide has an `id` and an `r:id`, in this order; the second counts.
    ids = [slide.get("id") for tag, slide in elements(package.read(main)) if tag == "sldId"]
    return [targets[id] for id in ids if id in targets]
