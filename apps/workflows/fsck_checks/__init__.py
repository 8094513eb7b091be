"""Whether what is stored of triggers and drafts fits together."""
