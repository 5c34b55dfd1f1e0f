"""How the history's database came to be what it is, step by step (alembic)."""
