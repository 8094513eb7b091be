"""Whether what is stored of triggers fits together."""
