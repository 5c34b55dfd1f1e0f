"""Who has changed an entry last, as far as the console's audit tells: others leave no name."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from virton.plans.entries import Kind

AUDIT, TAIL = "audit.log", 1 << 18
"""So many bytes of the audit are read, from its end."""

_PATHS = {Kind.RESOURCE: "/api/resources", Kind.RULE: "/api/rules"}
_WHOLE = {Kind.SETTING: "/api/ha/settings", Kind.DOMAIN: "/api/forecast/domains"}
_NAMES = {Kind.RESOURCE: "sid", Kind.RULE: "rule"}


class Changers:
    """Reads the audit of a data folder."""

    def __init__(self, data: Path) -> None:
        self._path = data / AUDIT

    def of(self, kind: Kind, name: str, since_s: float) -> str:
        """Return who changed an entry last since then; empty where nobody is known."""
        told = [row for row in self._rows() if _is_of(row, kind, name, since_s)]
        return str(told[-1].get("who") or "") if told else ""

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - TAIL))
                lines = file.read().splitlines()
        except OSError:
            return
        for line in lines:
            try:
                row = json.loads(line.partition(b"\t")[0])
            except ValueError:
                continue  # the first line may be half a line
            if isinstance(row, dict):
                yield row


def _is_of(row: Mapping[str, Any], kind: Kind, name: str, since_s: float) -> bool:
    at, params = row.get("at"), row.get("params")
    method, _, path = str(row.get("what")).partition(" ")
    if row.get("result") != "done" or not isinstance(at, int | float) or at < since_s:
        return False
    if kind in _WHOLE:
        return method == "PUT" and path == _WHOLE[kind]
    if path == _PATHS[kind]:
        return isinstance(params, dict) and params.get(_NAMES[kind]) == name
    return method in ("PUT", "DELETE") and unquote(path) == f"{_PATHS[kind]}/{name}"
