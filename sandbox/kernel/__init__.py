"""The kernel's walls, by system calls: filters, Landlock, namespaces, privileges."""
