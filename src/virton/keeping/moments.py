"""The page as it stood at any moment: what each of its rows showed, from when on."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, exists, func, insert, select

from virton.keeping.database import troubles, writing
from virton.keeping.names import Names, in_parts, of_cluster, text_of
from virton.keeping.tables import clusters, details, happenings, states, subjects

GONE = "{}"
WHOLE = "cluster"
"""The row of the cluster as a whole, which is there from the first moment on."""

Rows = Mapping[str, Mapping[str, Any]]
Course = list[tuple[int, dict[str, Any]]]
"""From when on (ms) a row showed what; an empty object where it was gone."""


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
        with troubles(), self._engine.connect() as connection:
            return _bodies(connection, self._standing(connection, at_ms))

    def _standing(self, connection: Connection, at_ms: int) -> dict[str, int]:
        """Return by row the number of the text that held at a moment.

        Each row's newest state is looked up by itself in the table's own order: a join may be
        planned as a walk through every state that ever was.
        """
        held = (
            select(states.c.detail_id)
            .where(states.c.subject_id == subjects.c.id, states.c.at_ms <= at_ms)
            .order_by(states.c.at_ms.desc())
            .limit(1)
            .correlate(subjects)
            .scalar_subquery()
        )
        query = of_cluster(self._cluster, subjects, subjects.c.name, held)
        found = connection.execute(query)
        return {str(name): int(number) for name, number in found if number is not None}

    def between(self, since_ms: int, until_ms: int, names: Sequence[str]) -> dict[str, Course]:
        """Return from when on each of these rows showed what, within a time; raises HistoryError.

        What held when the time began stands first, as of `since_ms`.
        """
        with troubles(), self._engine.connect() as connection:
            begun = self._standing(connection, since_ms)
            later = self._later(connection, since_ms, until_ms, names)
            first = {name: [(since_ms, begun[name])] for name in names if name in begun}
            found = {name: first.get(name, []) + later.get(name, []) for name in names}
            bodies = _texts(connection, {n for steps in found.values() for _, n in steps})
        return {
            name: [(at_ms, bodies[number]) for at_ms, number in steps]
            for name, steps in found.items()
            if steps
        }

    def _later(
        self, connection: Connection, since_ms: int, until_ms: int, names: Sequence[str]
    ) -> dict[str, list[tuple[int, int]]]:
        found: dict[str, list[tuple[int, int]]] = {}
        for some in in_parts(names):
            query = (
                select(subjects.c.name, states.c.at_ms, states.c.detail_id)
                .join(subjects, subjects.c.id == states.c.subject_id)
                .join(clusters, clusters.c.id == subjects.c.cluster_id)
                .where(
                    clusters.c.identity == self._cluster,
                    subjects.c.name.in_(some),
                    states.c.at_ms > since_ms,
                    states.c.at_ms < until_ms,
                )
                .order_by(subjects.c.name, states.c.at_ms)
            )
            for name, at_ms, number in connection.execute(query):
                found.setdefault(str(name), []).append((int(at_ms), int(number)))
        return found

    def changed(self, since_ms: int, until_ms: int) -> list[str]:
        """Return the rows that showed something else within a time; raises HistoryError."""
        inside = exists().where(
            states.c.subject_id == subjects.c.id,
            states.c.at_ms > since_ms,
            states.c.at_ms < until_ms,
        )
        rows = of_cluster(self._cluster, subjects, subjects.c.name).where(inside)
        with troubles(), self._engine.connect() as connection:
            return [str(name) for (name,) in connection.execute(rows)]

    def began(self) -> int | None:
        """Return from when on moments are known; raises HistoryError."""
        query = (
            select(func.min(states.c.at_ms))
            .join(subjects, subjects.c.id == states.c.subject_id)
            .join(clusters, clusters.c.id == subjects.c.cluster_id)
            .where(clusters.c.identity == self._cluster, subjects.c.name == WHOLE)
        )
        with troubles(), self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def names(self) -> list[str]:
        """Return every row that was ever kept, by name; raises HistoryError."""
        known = of_cluster(self._cluster, subjects, subjects.c.name)
        rows = known.where(subjects.c.name.contains("/"))
        with troubles(), self._engine.connect() as connection:
            return [str(name) for (name,) in connection.execute(rows)]

    def called(self, sids: Iterable[str]) -> dict[str, str]:
        """Return what resources are called now, or were last; raises HistoryError."""
        rows = {f"resources/{sid}": sid for sid in sids}
        with troubles(), self._engine.connect() as connection:
            nothing = select(details.c.id).where(details.c.body == GONE)
            gone = connection.execute(nothing).scalar_one_or_none()
            found: dict[str, int] = {}
            for some in in_parts(sorted(rows)):
                query = of_cluster(self._cluster, subjects, subjects.c.name, _last_text(gone))
                named = query.where(subjects.c.name.in_(some))
                found |= {str(n): int(text) for n, text in connection.execute(named) if text}
            texts = _texts(connection, set(found.values()))
        told = {rows[row]: texts[number].get("name") for row, number in found.items()}
        return {sid: str(name) for sid, name in told.items() if name}

    def forget(self, before_ms: int) -> int:
        """Delete what no moment since then needs; return how much; raises HistoryError."""
        later = states.alias()
        needed = (
            select(func.max(later.c.at_ms))
            .where(later.c.subject_id == states.c.subject_id, later.c.at_ms <= before_ms)
            .correlate(states)
            .scalar_subquery()
        )
        total = 0
        for some in in_parts(self._rows_of_all()):
            with writing(self._engine) as connection:
                old = and_(states.c.subject_id.in_(some), states.c.at_ms < needed)
                total += connection.execute(delete(states).where(old)).rowcount
        self._forget_texts()
        return total

    def _rows_of_all(self) -> list[int]:
        query = of_cluster(self._cluster, subjects, subjects.c.id).order_by(subjects.c.id)
        with troubles(), self._engine.connect() as connection:
            return [int(number) for (number,) in connection.execute(query)]

    def _forget_texts(self) -> None:
        """Delete texts that nothing refers to any more."""
        of_state, of_happening = states.alias(), happenings.alias()
        unused = and_(
            ~exists().where(of_state.c.detail_id == details.c.id),
            ~exists().where(of_happening.c.detail_id == details.c.id),
        )
        with writing(self._engine) as connection:
            connection.execute(delete(details).where(unused))


def _last_text(gone: int | None) -> Any:
    """Return what finds the text of a row's newest state in which it was there."""
    held = select(states.c.detail_id).where(
        states.c.subject_id == subjects.c.id, states.c.detail_id != (gone or 0)
    )
    newest = held.order_by(states.c.at_ms.desc()).limit(1)
    return newest.correlate(subjects).scalar_subquery()


def _bodies(connection: Connection, numbers: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Return by row what its text says; those that were gone are left out."""
    texts = _texts(connection, set(numbers.values()))
    return {name: texts[number] for name, number in sorted(numbers.items()) if texts[number]}


def _texts(connection: Connection, numbers: set[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for some in in_parts(sorted(numbers)):
        query = select(details.c.id, details.c.body).where(details.c.id.in_(some))
        found |= {int(number): json.loads(body) for number, body in connection.execute(query)}
    return found
