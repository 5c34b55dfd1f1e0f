"""Who may do what: users, roles and their privileges, passwords, tickets and API tokens."""
