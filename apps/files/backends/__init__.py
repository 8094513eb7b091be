"""Where bytes can lie: one file for each STORAGE_TYPE, imported when it is the one chosen."""
