"""The history of what happened: kept once whoever saw it, and found again in pages."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Subquery,
    and_,
    delete,
    func,
    or_,
    select,
    union_all,
)

from virton.keeping.database import troubles, writing
from virton.keeping.names import Names, in_parts, of_cluster
from virton.keeping.once import Adding, Kept
from virton.keeping.tables import clusters, details, happenings, kinds, subjects
from virton.story.happenings import Happening

_REMEMBERED = 5000
AT_ONCE = 10_000
"""So many happenings are deleted in one go."""

FEW = 200
"""Up to so many subjects, kinds or pairs of them are each looked up by themselves in an index."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which happenings are wanted; an empty choice is no choice. Times are milliseconds.

    `text` is looked for in the names of those to whom they happened.
    """

    kinds: frozenset[str] = frozenset()
    whom: frozenset[str] = frozenset()
    text: str = ""
    since_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some happenings, newest first, and where the next page begins (None: nowhere)."""

    rows: Sequence[Kept]
    after: tuple[int, int] | None


class History:
    """What happened to one cluster."""

    def __init__(self, engine: Engine, cluster: str) -> None:
        """Stand on an open database; `cluster` is the cluster's identity."""
        self.engine = engine
        self._cluster = cluster
        self._own: dict[tuple[int, bool], None] = {}

    def add(self, found: Sequence[Happening]) -> list[Kept]:
        """Keep happenings, and return those that nobody had kept before; raises HistoryError.

        Two consoles that watch one cluster see the same with other bounds of time: where the times
        meet, it is kept once, with the narrower bounds, and as told if either was told it. What one
        console observes twice is not the same, but what it observes may be what it is told as well.
        """
        if not found:
            return []
        with writing(self.engine) as connection:
            adding = Adding(connection, self._cluster, self._own)
            added = adding.add(found)
        self._own = dict(list((self._own | adding.own).items())[-_REMEMBERED:])
        return added

    def find(
        self, wanted: Filter = Filter(), *, after: tuple[int, int] | None = None, limit: int = 50
    ) -> Page:
        """Return a page of happenings, newest first; raises HistoryError."""
        with troubles(), self.engine.connect() as connection:
            rows = [
                _kept(row) for row in _Finding(connection, self._cluster).find(wanted, after, limit)
            ]
        last = rows[-1] if len(rows) == limit else None
        return Page(rows, None if last is None else (last.to_ms, last.number))

    def latest(self) -> list[Kept]:
        """Return the newest happening of each node, resource and rule; raises HistoryError."""
        newest = (
            select(happenings.c.id)
            .where(happenings.c.subject_id == subjects.c.id)
            .order_by(happenings.c.to_ms.desc(), happenings.c.id.desc())
            .limit(1)
            .correlate(subjects)
            .scalar_subquery()
        )
        query = of_cluster(self._cluster, subjects, newest)
        with troubles(), self.engine.connect() as connection:
            numbers = [n for (n,) in connection.execute(query) if n is not None]
            return [
                _kept(row)
                for some in in_parts(numbers)
                for row in connection.execute(
                    _whole(select(happenings.c.id).where(happenings.c.id.in_(some)).subquery())
                )
            ]

    def since(self, number: int, limit: int = 500) -> list[Kept]:
        """Return what was kept after a number, in that order; raises HistoryError."""
        with troubles(), self.engine.connect() as connection:
            query = select(clusters.c.id).where(clusters.c.identity == self._cluster)
            cluster_id = connection.execute(query).scalar_one_or_none()
            columns = happenings.c
            later = select(columns.id).where(columns.cluster_id == cluster_id, columns.id > number)
            ids = later.order_by(columns.id).limit(limit).subquery()
            found = connection.execute(_whole(ids, limit))
            return sorted((_kept(row) for row in found), key=lambda one: one.number)

    def numbered(self, numbers: Iterable[int]) -> dict[int, Kept]:
        """Return what is kept under these numbers; raises HistoryError."""
        found: dict[int, Kept] = {}
        with troubles(), self.engine.connect() as connection:
            for some in in_parts(sorted(set(numbers))):
                ids = select(happenings.c.id).where(happenings.c.id.in_(some)).subquery()
                found |= {kept.number: kept for kept in map(_kept, connection.execute(_whole(ids)))}
        return found

    def count(self) -> int:
        """Return how many happenings are kept; raises HistoryError."""
        with troubles(), self.engine.connect() as connection:
            query = of_cluster(self._cluster, happenings, func.count())
            return int(connection.execute(query).scalar_one())

    def forget(self, before_ms: int) -> int:
        """Delete what happened before a moment; return how much that was; raises HistoryError."""
        return _all_of(lambda: self._forget_some(before_ms))

    def _forget_some(self, before_ms: int) -> int:
        """Delete a part of it: what is new need not wait until all of it is gone."""
        with writing(self.engine) as connection:
            cluster_id = Names(connection, self._cluster).cluster_id
            old = and_(happenings.c.cluster_id == cluster_id, happenings.c.to_ms < before_ms)
            some = select(happenings.c.id).where(old).order_by(happenings.c.to_ms).limit(AT_ONCE)
            gone = delete(happenings).where(happenings.c.id.in_(some))
            return connection.execute(gone).rowcount

    def oldest_ms(self) -> int | None:
        """Return when the oldest happening was; None without any; raises HistoryError."""
        query = of_cluster(self._cluster, happenings, happenings.c.to_ms)
        with troubles(), self.engine.connect() as connection:
            first = connection.execute(query.order_by(happenings.c.to_ms).limit(1))
            return first.scalar_one_or_none()


def _all_of(forget_some: Callable[[], int]) -> int:
    total = 0
    while gone := forget_some():
        total += gone
    return total


def clusters_in(engine: Engine) -> list[str]:
    """Return the identities of the clusters that a history tells of; raises HistoryError."""
    with troubles(), engine.connect() as connection:
        query = select(clusters.c.identity).order_by(clusters.c.identity)
        return list(connection.execute(query).scalars())


class _Finding:
    """Finds happenings on one connection."""

    def __init__(self, connection: Connection, cluster: str) -> None:
        self._connection = connection
        query = select(clusters.c.id).where(clusters.c.identity == cluster)
        self._cluster_id = connection.execute(query).scalar_one_or_none()

    def find(self, wanted: Filter, after: tuple[int, int] | None, limit: int) -> Iterable[Row[Any]]:
        whom = self._subject_ids(wanted)
        kind = self._kind_ids(wanted)
        if self._cluster_id is None or whom == [] or kind == []:
            return []
        bounds = _bounds(wanted, after)
        keys = self._keys(whom, kind)
        parts = [
            _newest(select(happenings.c.id, happenings.c.to_ms).where(key, *bounds), limit)
            for key in keys
        ]
        ids = union_all(*(select(part.subquery()) for part in parts)).subquery()
        return self._connection.execute(_whole(ids, limit))

    def _keys(self, whom: list[int] | None, kind: list[int] | None) -> list[ColumnElement[bool]]:
        """Return conditions of which each is answered by one index, together all that is wanted."""
        columns, mine = happenings.c, happenings.c.cluster_id == self._cluster_id
        if whom is not None and kind is not None and len(whom) * len(kind) <= FEW:
            return [
                and_(columns.subject_id == one, columns.kind_id == other)
                for one in whom
                for other in kind
            ]
        of_kind = [] if kind is None else [columns.kind_id.in_(kind)]
        if whom is not None and len(whom) <= FEW:
            return [and_(columns.subject_id == one, *of_kind) for one in whom]
        of_whom = [] if whom is None else [columns.subject_id.in_(whom)]
        if kind is not None and len(kind) <= FEW:
            return [and_(mine, columns.kind_id == one, *of_whom) for one in kind]
        return [and_(mine, *of_whom, *of_kind)]

    def _subject_ids(self, wanted: Filter) -> list[int] | None:
        if not wanted.whom and not wanted.text:
            return None
        query = select(subjects.c.id).where(subjects.c.cluster_id == self._cluster_id)
        if wanted.whom:
            query = query.where(subjects.c.name.in_(wanted.whom))
        if wanted.text:
            query = query.where(subjects.c.name.icontains(wanted.text, autoescape=True))
        return [int(row.id) for row in self._connection.execute(query.order_by(subjects.c.id))]

    def _kind_ids(self, wanted: Filter) -> list[int] | None:
        if not wanted.kinds:
            return None
        query = select(kinds.c.id).where(kinds.c.name.in_(wanted.kinds)).order_by(kinds.c.id)
        return [int(row.id) for row in self._connection.execute(query)]


def _bounds(wanted: Filter, after: tuple[int, int] | None) -> list[ColumnElement[bool]]:
    columns, found = happenings.c, []
    if wanted.since_ms is not None:
        found.append(columns.to_ms >= wanted.since_ms)
    if wanted.until_ms is not None:
        found.append(columns.to_ms <= wanted.until_ms)
    if after is not None:
        to_ms, number = after
        found.append(columns.to_ms <= to_ms)
        found.append(or_(columns.to_ms < to_ms, columns.id < number))
    return found


def _newest(query: Select[Any], limit: int) -> Select[Any]:
    return query.order_by(happenings.c.to_ms.desc(), happenings.c.id.desc()).limit(limit)


def _whole(ids: Subquery, limit: int | None = None) -> Select[Any]:
    joined = (
        happenings.join(ids, ids.c.id == happenings.c.id)
        .join(kinds, kinds.c.id == happenings.c.kind_id)
        .join(subjects, subjects.c.id == happenings.c.subject_id)
        .join(details, details.c.id == happenings.c.detail_id)
    )
    columns = happenings.c
    query = select(
        columns.id,
        columns.from_ms,
        columns.to_ms,
        columns.told,
        kinds.c.name.label("kind"),
        subjects.c.name.label("whom"),
        details.c.body,
    )
    found = query.select_from(joined)
    return found if limit is None else _newest(found, limit)


def _kept(row: Row[Any]) -> Kept:
    body = json.loads(row.body)
    return Kept(
        int(row.id),
        row.kind,
        row.whom,
        int(row.from_ms),
        int(row.to_ms),
        bool(row.told),
        body.get("facts", {}),
        body.get("because"),
    )
