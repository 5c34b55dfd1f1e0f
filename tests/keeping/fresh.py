"""Histories that are up to date from the start: to take every step to it is the affair of few tests."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, text

from virton.keeping.database import open_database
from virton.keeping.tables import metadata


def fresh_history(folder: Path) -> str:
    """Lay an empty history into a folder, and return its address."""
    file = folder / "history.sqlite"
    file.write_bytes(_empty())
    return f"sqlite:///{file}"


def emptied(history: Engine) -> Engine:
    """Take everything out of a history, which stays open: each engine compiles its words anew."""
    tables = metadata.sorted_tables[::-1]
    with history.begin() as connection:
        if history.dialect.name == "postgresql":
            names = ", ".join(table.name for table in tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
        else:
            for table in tables:
                connection.execute(table.delete())
    return history


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "history.sqlite"
        open_database(f"sqlite:///{file}").dispose()
        return file.read_bytes()
