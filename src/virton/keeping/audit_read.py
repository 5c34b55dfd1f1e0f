"""The newest records of the audit, read from its end."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from virton.keeping.audit import FILE

_BLOCK = 1 << 16


def newest(folder: Path, limit: int, text: str = "", before: int | None = None) -> "Records":
    """Return the newest records that hold a text; `before` is where an earlier answer ended."""
    found: list[dict[str, Any]] = []
    wanted = text.casefold()
    for at, line in _lines_backwards(folder / FILE, before):
        body = line.partition(b"\t")[0]
        entry = _entry(body)
        if entry is not None and wanted in body.decode("ascii", "replace").casefold():
            found.append(entry)
        if len(found) == limit:
            return Records(found, at or None)
    return Records(found, None)


class Records:
    """Some records, newest first, and where the ones before them end (None: there are none)."""

    def __init__(self, rows: list[dict[str, Any]], before: int | None) -> None:
        self.rows = rows
        self.before = before


def _entry(body: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(body)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _lines_backwards(path: Path, before: int | None) -> Iterator[tuple[int, bytes]]:
    """Yield where each line begins, and the line; the last one first."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        size = file.seek(0, 2)
        end = size if before is None else min(before, size)
        rest = b""
        while end > 0:
            begin = max(0, end - _BLOCK)
            file.seek(begin)
            block = file.read(end - begin) + rest
            first, *lines = block.split(b"\n")
            at = begin + len(block)
            for line in reversed(lines):
                at -= len(line) + 1
                if line:
                    yield at + 1, line
            rest, end = first, begin
        if rest:
            yield 0, rest
