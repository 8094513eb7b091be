"""A worker process that tends indexes of bases of a thousand segments: `python -m tests.knowledge.index_worker`."""

import django

django.setup()

from apps.common.perloop import run  # noqa: E402
from apps.knowledge.choices import IndexKind  # noqa: E402
from apps.knowledge.services import search_indexes  # noqa: E402

if __name__ == "__main__":
    search_indexes.FROM_CHUNKS.update(dict.fromkeys(IndexKind, 1_000))
    run(search_indexes.tend_indexes())
