"""The file a knowledge base travels in; docs/guides/knowledge-archive.md describes it."""
