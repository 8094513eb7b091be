"""Every write of users, workspaces, memberships, audit and sign-in."""
