"""The latest page model, what changed in which version, and the waking of all who watch."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.console.page.changes import FIELDS, KEYS, Change, Fields, Gone, Rows
from virton.console.page.model import Cluster, PageModel, Told

MOST_GONE = 5000
"""So many rows that went are remembered of a list; whoever missed more is told the whole."""


@dataclass(slots=True)
class _List:
    """A list of rows by key: in which version each changed last, and which went in which."""

    rows: Mapping[str, Told] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    floor: int = 0

    def take(self, rows: Mapping[str, Told], version: int) -> bool:
        """Put the rows of a version in the place of the last ones; tell whether any changed."""
        before = self.rows
        news = [key for key, row in rows.items() if _differs(before.get(key), row)]
        gone = [key for key in before if key not in rows]
        self.rows = rows
        for key in news:
            self.changed[key] = version
            self.gone.pop(key, None)
        for key in gone:
            del self.changed[key]
            self.gone[key] = version
        while len(self.gone) > MOST_GONE:
            self.floor = self.gone.pop(next(iter(self.gone)))
        return bool(news or gone)

    def since(self, version: int) -> tuple[Told, ...]:
        """Return the rows that changed after a version."""
        return tuple(self.rows[key] for key, at in self.changed.items() if at > version)

    def gone_since(self, version: int) -> tuple[str, ...]:
        """Return the keys that went after a version."""
        return tuple(key for key, at in self.gone.items() if at > version)


def _differs(before: Told | None, row: Told) -> bool:
    return before is not row and before != row


class Feed:
    """Keeps one page model; a slow watcher misses what was overtaken, never what is."""

    def __init__(self) -> None:
        self.page: PageModel | None = None
        self.version = 0
        self.beats = 0
        self._lists = {name: _List() for name in KEYS}
        self._fields: dict[str, int] = {}
        self._troubles: object = None
        self._stirred = asyncio.Event()

    def publish(self, page: PageModel) -> bool:
        """Replace the page model; wake the watchers if it says anything new."""
        news = self._take(page)
        self.page = page
        if news:
            self.version += 1
            self._stir()
        return news

    def change_since(self, version: int) -> Change | None:
        """Return what changed after a version; None where that is no longer known."""
        page = self.page
        if page is None or any(version < each.floor for each in self._lists.values()):
            return None
        fields = {name: getattr(page, name) for name, at in self._fields.items() if at > version}
        rows = {name: each.since(version) for name, each in self._lists.items()}
        gone = {name: each.gone_since(version) for name, each in self._lists.items()}
        return Change(
            since=version,
            version=self.version,
            now=page.now,
            fresh=page.fresh,
            clock=page.cluster.clock,
            parts=page.parts,
            fields=Fields.model_validate(fields),
            rows=Rows.model_validate({name: told for name, told in rows.items() if told}),
            gone=Gone.model_validate({name: told for name, told in gone.items() if told}),
        )

    def beat(self) -> None:
        """Wake the watchers although there is nothing new, to say how old things are."""
        self.beats += 1
        self._stir()

    def stirred(self) -> Coroutine[Any, Any, Any]:
        """Wait for the next publication or beat after this call."""
        # The event is taken now, not when the waiting begins: what stirs in between wakes, too.
        return self._stirred.wait()

    def _stir(self) -> None:
        self._stirred.set()
        self._stirred = asyncio.Event()

    def _take(self, page: PageModel) -> bool:
        """Note what is new in a page model, under the number of the version that it will be."""
        version = self.version + 1
        news = [
            each.take({getattr(row, KEYS[name]): row for row in getattr(page, name)}, version)
            for name, each in self._lists.items()
        ]
        for name in FIELDS:
            before = self.page and getattr(self.page, name)
            if self.page is None or _timeless(before) != _timeless(getattr(page, name)):
                self._fields[name] = version
                news.append(True)
        troubles = _troubles(page)
        news.append(troubles != self._troubles)
        self._troubles = troubles
        return any(news)


def _timeless(field: Any) -> Any:
    """Return a field without what changes although nothing happens."""
    if not isinstance(field, Cluster):
        return field
    skewed = bool(field.clock.skew_s)
    return field.clock.runs, skewed, field.model_copy(update={"clock": None})


def _troubles(page: PageModel) -> object:
    """Return what is the matter with the parts, without times."""
    parts = page.parts
    return [
        (part.ok, part.error, part.slow_s is not None, part.address)
        for part in (parts.status, parts.resources, parts.rules, parts.nodes)
    ]
