"""What the `unstructured` package reads, where an operator has installed it and set ETL_TYPE=Unstructured."""

import io
from typing import ClassVar

from apps.knowledge.contracts import Extracted, Extractor, extractors
from apps.knowledge.errors import UnreadableFile

_MISSING = (
    "ETL_TYPE=Unstructured needs UNSTRUCTURED_API_URL, the address of an Unstructured server, "
    "or the Python package unstructured beside the product."
)
_INCOMPLETE = (
    "The package unstructured lacks what it needs for this type of file. Install unstructured[all-docs] and the "
    "data of NLTK (punkt_tab, averaged_perceptron_tagger_eng) beside the product, or set UNSTRUCTURED_API_URL."
)


@extractors.register
class Unstructured(Extractor):
    """Formats beyond the built-in ones. With UNSTRUCTURED_API_URL its server does this instead (`etl_service`)."""

    key: ClassVar[str] = "unstructured"
    label: ClassVar[str] = "Unstructured"
    extensions: ClassVar[frozenset[str]] = frozenset({"doc", "msg", "org", "ppt", "rst", "xml"})
    priority: ClassVar[int] = 10
    etl_type: ClassVar[str] = "Unstructured"

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        try:
            from unstructured.partition.auto import partition
        except ImportError as error:
            raise UnreadableFile(_MISSING) from error
        try:
            elements = partition(file=io.BytesIO(data))
        except (ImportError, LookupError) as error:  # LookupError: NLTK's data
            raise UnreadableFile(_INCOMPLETE) from error
        return Extracted("\n".join(str(element) for element in elements))
