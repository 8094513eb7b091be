"""Vector stores that knowledge may have lain in before: one file each, read by `vdb_migrate`."""
