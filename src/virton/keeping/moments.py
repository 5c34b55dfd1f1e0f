"""The page as it stood at any moment: what each of its rows showed, from when on."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, func, insert, select

from virton.keeping.database import troubles, writing
from virton.keeping.names import Names, text_of
from virton.keeping.tables import clusters, details, states, subjects

GONE = "{}"
Rows = Mapping[str, Mapping[str, Any]]


class Moments:
    """Keeps rows by name (`resources/vm:100`, `nodes/pve1`) whenever one shows something else."""

    def __init__(self, engine: Engine, cluster: str) -> None:
        """Stand on an open database; `cluster` is the cluster's identity."""
        self._engine = engine
        self._cluster = cluster
        self._last: dict[str, str] | None = None
        self._rows: Rows = {}

    def keep(self, rows: Rows, at_ms: int) -> int:
        """Keep what the rows show now; return how many changed; raises HistoryError."""
        known, before = self._last or {}, self._rows
        texts = {
            name: known[name] if name in known and before.get(name) is row else text_of(row)
            for name, row in rows.items()
        }
        if self._last is None:
            self._last = {name: text_of(row) for name, row in self.at(at_ms).items()}
        last = self._last
        changed = {name: text for name, text in texts.items() if last.get(name) != text}
        changed |= dict.fromkeys(last.keys() - texts.keys(), GONE)
        if changed:
            with writing(self._engine) as connection:
                self._write(connection, changed, at_ms)
        self._last, self._rows = texts, rows
        return len(changed)

    def _write(self, connection: Connection, changed: Mapping[str, str], at_ms: int) -> None:
        names = Names(connection, self._cluster)
        whom, bodies = names.subjects(changed), names.details(changed.values())
        same = and_(states.c.subject_id.in_(whom.values()), states.c.at_ms == at_ms)
        connection.execute(delete(states).where(same))
        rows = [
            {"subject_id": whom[name], "at_ms": at_ms, "detail_id": bodies[text]}
            for name, text in sorted(changed.items())
        ]
        connection.execute(insert(states), rows)

    def at(self, at_ms: int) -> dict[str, dict[str, Any]]:
        """Return what each row showed at a moment; raises HistoryError."""
        until = states.alias()
        newest = (
            select(func.max(until.c.at_ms))
            .where(until.c.subject_id == subjects.c.id, until.c.at_ms <= at_ms)
            .correlate(subjects)
            .scalar_subquery()
        )
        query = (
            select(subjects.c.name, details.c.body)
            .select_from(
                subjects.join(clusters, clusters.c.id == subjects.c.cluster_id)
                .join(states, and_(states.c.subject_id == subjects.c.id, states.c.at_ms == newest))
                .join(details, details.c.id == states.c.detail_id)
            )
            .where(clusters.c.identity == self._cluster, details.c.body != GONE)
            .order_by(subjects.c.name)
        )
        with troubles(), self._engine.connect() as connection:
            return {row.name: json.loads(row.body) for row in connection.execute(query)}

    def forget(self, before_ms: int) -> int:
        """Delete what no moment since then needs; return how much; raises HistoryError."""
        later = states.alias()
        needed = (
            select(func.max(later.c.at_ms))
            .where(later.c.subject_id == states.c.subject_id, later.c.at_ms <= before_ms)
            .correlate(states)
            .scalar_subquery()
        )
        with writing(self._engine) as connection:
            cluster_id = Names(connection, self._cluster).cluster_id
            mine = select(subjects.c.id).where(subjects.c.cluster_id == cluster_id)
            old = and_(states.c.subject_id.in_(mine), states.c.at_ms < needed)
            return connection.execute(delete(states).where(old)).rowcount
