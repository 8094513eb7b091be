"""Pages to one text that knows where each of them begins."""

from collections.abc import Iterable

from apps.knowledge.contracts import Extracted


def joined(pages: Iterable[str], gap: str) -> Extracted:
    """The pages' texts with a gap between them; pages without text keep their number."""
    parts: list[str] = []
    starts, length = [], 0
    for page in pages:
        starts.append(length)
        if page:
            parts.append(page + gap)
            length += len(parts[-1])
    return Extracted("".join(parts).removesuffix(gap), page_starts=tuple(starts))
