"""Secrets that are kept in a database: sealed with a key that stands beside it, and in no backup."""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FILE = "secrets.key"
_MARK = "sealed:1:"


class LostKeyError(Exception):
    """Something was sealed with another key."""


class Sealer:
    """Seals values with the key of a data folder; the key is made when it is needed first."""

    def __init__(self, folder: Path) -> None:
        """Stand on a data folder, in which `secrets.key` is."""
        self._file = folder / FILE

    def seal(self, row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """Return a row in which these values are sealed, if they are there; raises OSError."""
        return {**row, **{name: self._sealed(row[name]) for name in names if row.get(name)}}

    def open(self, row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """Return a row as it was; raises LostKeyError where it was sealed with another key.

        What an older version kept in plain text is returned as it is.
        """
        return {**row, **{name: self._opened(row[name]) for name in names if row.get(name)}}

    def check(self) -> dict[str, Any]:
        """Return by what the key with which something was sealed is known again; raises OSError."""
        return {"check": self._sealed(FILE)}

    def fits(self, check: Mapping[str, Any]) -> bool:
        """Tell whether this folder's key is the one by which a check was made."""
        try:
            return bool(self._opened(check.get("check")) == FILE)
        except LostKeyError:
            return False

    def _sealed(self, value: Any) -> str:
        if is_sealed(value):
            return str(value)
        from cryptography.fernet import Fernet

        with contextlib.suppress(FileExistsError):
            self._make_key()
        return _MARK + Fernet(self._file.read_bytes()).encrypt(json.dumps(value).encode()).decode()

    def _opened(self, value: Any) -> Any:
        if not is_sealed(value):
            return value
        from cryptography.fernet import Fernet, InvalidToken

        try:
            key = Fernet(self._file.read_bytes())
            return json.loads(key.decrypt(value.removeprefix(_MARK).encode()))
        except (InvalidToken, OSError, ValueError):
            raise LostKeyError(FILE) from None

    def _make_key(self) -> None:
        """Write a key that nobody ever sees in part; of two who write at once, the first wins."""
        if self._file.exists():
            return
        from cryptography.fernet import Fernet

        draft = self._file.with_suffix(f".{os.getpid()}.new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, self._file)
        finally:
            draft.unlink()


def is_sealed(value: Any) -> bool:
    """Tell whether a value is sealed."""
    return isinstance(value, str) and value.startswith(_MARK)
