"""Histories that are up to date from the start: to take every step to it is the affair of few tests."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from virton.keeping.database import open_database


def fresh_history(folder: Path) -> str:
    """Lay an empty history into a folder, and return its address."""
    file = folder / "history.sqlite"
    file.write_bytes(_empty())
    return f"sqlite:///{file}"


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "history.sqlite"
        open_database(f"sqlite:///{file}").dispose()
        return file.read_bytes()
