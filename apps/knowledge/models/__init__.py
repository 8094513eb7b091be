"""Tables of knowledge bases, documents, segments, what they are found by and where they come from."""

from .datasets import Dataset, DatasetMember, ExternalKnowledgeApi, MetadataField, ProcessRule
from .documents import Document, DocumentPart
from .search import IndexChange, LexicalStat, SearchIndex, SegmentEmbedding, SegmentLexical, TermStat
from .segments import Segment
from .sources import Crawl, CrawledPage, SourceConnection

__all__ = [
    "Crawl",
    "CrawledPage",
    "Dataset",
    "DatasetMember",
    "Document",
    "DocumentPart",
    "ExternalKnowledgeApi",
    "IndexChange",
    "LexicalStat",
    "MetadataField",
    "ProcessRule",
    "SearchIndex",
    "Segment",
    "SegmentEmbedding",
    "SegmentLexical",
    "SourceConnection",
    "TermStat",
]
