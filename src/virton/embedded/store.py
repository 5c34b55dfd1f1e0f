"""Keep the cluster's files in SQLite, so that they survive the process or the machine dying."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from virton.damage import DamagedError

DATABASE = "cluster.sqlite"
_MARK = "cluster.begun"
_MARK_TEXT = (
    "A cluster was begun in this folder and is kept in cluster.sqlite.\n"
    "Where that is missing or empty, virton looks for this file and begins no other by itself.\n"
)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS file (path TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID"
)
RESTORE = (
    "Restore cluster.sqlite from a backup. To begin a new cluster with nothing of the old one, "
    "move cluster.sqlite, cluster.begun and console.key out of the folder, "
    "or name another folder: --data DIR"
)


class StorageError(Exception):
    """Says that the disk does not take what was to be kept."""


class FileStore:
    """A SQLite database that holds every file's last committed text.

    What `save` has returned from survives the process being killed and the power being cut.
    """

    def __init__(self, path: Path) -> None:
        """Open the database at `path`, and make it if it is not there."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Secrets (password hashes, the ticket key) will lie in it: only its owner may read it.
            path.touch(mode=0o600)
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute(_SCHEMA)
        except (OSError, sqlite3.Error) as failure:
            raise _told(path, failure) from failure

    def load(self) -> dict[str, str]:
        """Return every file's text by its path."""
        try:
            return dict(self._database.execute("SELECT path, text FROM file"))
        except sqlite3.Error as failure:
            raise _told(Path(DATABASE), failure) from failure

    def check(self) -> None:
        """Raise DamagedError unless every page of the database is as it should be."""
        try:
            [(found,)] = self._database.execute("PRAGMA quick_check(1)")
        except sqlite3.Error as failure:
            raise _told(Path(DATABASE), failure) from failure
        if found != "ok":
            raise DamagedError(DATABASE, str(found), RESTORE)

    def save(self, changes: Mapping[str, str | None]) -> None:
        """Write the changed files in one transaction; None removes a file.

        Raise StorageError if the disk does not take them: then none is written.
        """
        try:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                for path, text in sorted(changes.items()):
                    self._save_one(path, text)
        except sqlite3.Error as failure:
            raise StorageError(_reason(failure)) from failure

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


def open_store(folder: Path) -> FileStore:
    """Open a folder's database; refuse to begin a cluster anew where there was one."""
    path, mark = folder / DATABASE, folder / _MARK
    lived = mark.exists() or _has_lived(folder)
    had_more = lived or _has_rest(folder)
    if had_more and not path.exists():
        raise DamagedError(str(path), "it is gone", RESTORE)
    if had_more and path.stat().st_size == 0:
        raise DamagedError(str(path), "it is empty", RESTORE)
    store = FileStore(path)
    store.check()
    if lived and not store.load():
        raise DamagedError(str(path), "it holds no cluster", RESTORE)
    return store


def note_begun(folder: Path) -> None:
    """Note that a cluster lives in a folder now."""
    mark = folder / _MARK
    if not mark.exists():
        mark.write_text(_MARK_TEXT)


def _has_lived(folder: Path) -> bool:
    """Tell whether a folder looks lived in: folders of former versions have no mark."""
    return (folder / "lock").exists() and (folder / "console.key").exists()


def _has_rest(folder: Path) -> bool:
    """Tell whether a database's log is there, which never is without the database."""
    wal = folder / f"{DATABASE}-wal"
    return wal.exists() and wal.stat().st_size > 0


def _told(path: Path, failure: Exception) -> Exception:
    """Return what a failure to open or read the database means."""
    code = getattr(failure, "sqlite_errorcode", sqlite3.SQLITE_IOERR) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
        return DamagedError(str(path), str(failure), RESTORE)
    return StorageError(_reason(failure))


def _reason(failure: Exception) -> str:
    code = getattr(failure, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_FULL:
        return "the disk is full"
    if code is not None and code & 0xFF == sqlite3.SQLITE_READONLY:
        return "the disk can only be read"
    return f"the disk does not take it ({failure})"
