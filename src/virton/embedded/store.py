"""Keep the cluster's files in SQLite, so that they survive the process being killed."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS file (path TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID"
)


class FileStore:
    """A SQLite database that holds every file's last committed text.

    Write-ahead logging makes a transaction safe against the death of the process.
    """

    def __init__(self, path: Path) -> None:
        """Open the database at `path`, and make it if it is not there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # Secrets (password hashes, the ticket key) will lie in it: only its owner may read it.
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(_SCHEMA)

    def load(self) -> dict[str, str]:
        """Return every file's text by its path."""
        return dict(self._database.execute("SELECT path, text FROM file"))

    def save(self, changes: Mapping[str, str | None]) -> None:
        """Write the changed files in one transaction; None removes a file."""
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            for path, text in sorted(changes.items()):
                self._save_one(path, text)

    def _save_one(self, path: str, text: str | None) -> None:
        if text is None:
            self._database.execute("DELETE FROM file WHERE path = ?", (path,))
            return
        self._database.execute(
            "INSERT INTO file (path, text) VALUES (?, ?)"
            " ON CONFLICT (path) DO UPDATE SET text = excluded.text",
            (path, text),
        )

    def close(self) -> None:
        """Close the database."""
        self._database.close()
