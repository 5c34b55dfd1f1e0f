"""Incidents and the messages about them, kept so that a restart loses and repeats none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    Table,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from virton.keeping.database import troubles, writing
from virton.keeping.marks import mark_of, set_mark
from virton.keeping.names import Names, of_cluster
from virton.keeping.tables import deliveries, incidents

_MARK = "incidents"


class State(StrEnum):
    """What became of a message."""

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class KeptIncident:
    """An incident as kept; `body` is its JSON."""

    number: int
    key: str
    began_ms: int
    ended_ms: int | None
    body: str
    acknowledged_by: str | None
    silenced_until_ms: int | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to a recipient, or the decision not to send one; `message` is its JSON."""

    recipient: str
    phase: str
    weight: int
    state: State
    reason: str
    message: str
    made_ms: int
    next_ms: int
    incident: int | None = None
    number: int = 0
    attempts: int = 0
    said: str = ""


@dataclass(frozen=True, slots=True)
class ChangedIncident:
    """An incident that is new, went on or ended; `body` is its JSON."""

    key: str
    began_ms: int
    ended_ms: int | None
    body: str


class Outbox:
    """The incidents of one cluster and what is told of them."""

    def __init__(self, engine: Engine, cluster: str) -> None:
        """Stand on an open database; `cluster` is the cluster's identity."""
        self._engine = engine
        self._cluster = cluster

    # incidents

    def commit(
        self,
        changed: Sequence[ChangedIncident],
        tell: Callable[[Mapping[tuple[str, int], int]], Sequence[Delivery]],
        mark: int | None = None,
    ) -> dict[tuple[str, int], int]:
        """Keep incidents, what is told of them and how far that came, all or nothing.

        `tell` makes the deliveries of the numbers of the incidents by key and beginning. Return
        these numbers; raises HistoryError.
        """
        with writing(self._engine) as connection:
            cluster_id = Names(connection, self._cluster).cluster_id
            numbers = {(c.key, c.began_ms): _keep(connection, cluster_id, c) for c in changed}
            rows = [_row(one, cluster_id) for one in tell(numbers)]
            if rows:
                connection.execute(insert(deliveries), rows)
            if mark is not None:
                set_mark(connection, cluster_id, _MARK, mark)
            return numbers

    def mark(self) -> int:
        """Return how far happenings were made incidents of; raises HistoryError."""
        return mark_of(self._engine, self._cluster, _MARK) or 0

    def open_incidents(self) -> list[KeptIncident]:
        """Return the incidents that are not over; raises HistoryError."""
        unended = self._mine(incidents, incidents.c.ended_ms.is_(None))
        return self._incidents(unended.order_by(incidents.c.began_ms, incidents.c.id))

    def recent(self, limit: int = 50) -> list[KeptIncident]:
        """Return the newest incidents, newest first; raises HistoryError."""
        newest_first = (incidents.c.began_ms.desc(), incidents.c.id.desc())
        return self._incidents(self._mine(incidents).order_by(*newest_first).limit(limit))

    def incident(self, number: int) -> KeptIncident | None:
        """Return one incident; raises HistoryError."""
        return next(iter(self._incidents(self._mine(incidents, incidents.c.id == number))), None)

    def _mine(self, table: Table, *which: Any) -> Select[Any]:
        """Return what asks for rows of this cluster."""
        return of_cluster(self._cluster, table).where(*which)

    def _incidents(self, query: Select[Any]) -> list[KeptIncident]:
        with troubles(), self._engine.connect() as connection:
            return [_incident(row) for row in connection.execute(query)]

    def acknowledge(self, number: int, who: str) -> None:
        """Note that somebody takes care of an incident; raises HistoryError."""
        self._attend(number, {"acknowledged_by": who})

    def silence(self, number: int, until_ms: int) -> None:
        """Keep an incident from being told until a moment; raises HistoryError."""
        self._attend(number, {"silenced_until_ms": until_ms})

    def _attend(self, number: int, values: dict[str, Any]) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(incidents).where(incidents.c.id == number).values(values))

    # messages

    def due(self, now_ms: int, limit: int = 20) -> list[Delivery]:
        """Return the messages that are to be tried now, oldest first; raises HistoryError."""
        waits = and_(deliveries.c.state == State.QUEUED, deliveries.c.next_ms <= now_ms)
        return self._deliveries(self._oldest_first(waits).limit(limit))

    def of_incident(self, number: int) -> list[Delivery]:
        """Return what was told of an incident, or not told and why; raises HistoryError."""
        return self._deliveries(self._oldest_first(deliveries.c.incident_id == number))

    def deliveries(self, limit: int = 50) -> list[Delivery]:
        """Return the newest messages, newest first; raises HistoryError."""
        return self._deliveries(
            self._mine(deliveries).order_by(deliveries.c.id.desc()).limit(limit)
        )

    def counts(self) -> dict[str, int]:
        """Return how many messages came to what; raises HistoryError."""
        counts = (deliveries.c.state, func.count())
        query = of_cluster(self._cluster, deliveries, *counts).group_by(deliveries.c.state)
        with troubles(), self._engine.connect() as connection:
            return {str(state): int(count) for state, count in connection.execute(query)}

    def settle(self, one: Delivery, state: State, said: str, next_ms: int = 0) -> None:
        """Keep what an attempt came to; raises HistoryError."""
        with writing(self._engine) as connection:
            now = {"state": state, "said": said, "next_ms": next_ms, "attempts": one.attempts + 1}
            mine = deliveries.c.id == one.number
            connection.execute(update(deliveries).where(mine).values(now))

    def forget(self, before_ms: int) -> None:
        """Delete incidents that ended before a moment, and what was told; raises HistoryError."""
        with writing(self._engine) as connection:
            cluster_id = Names(connection, self._cluster).cluster_id
            gone = select(incidents.c.id).where(
                incidents.c.cluster_id == cluster_id, incidents.c.ended_ms < before_ms
            )
            alone = and_(
                deliveries.c.cluster_id == cluster_id,
                deliveries.c.incident_id.is_(None),
                deliveries.c.made_ms < before_ms,
            )
            connection.execute(
                delete(deliveries).where(or_(deliveries.c.incident_id.in_(gone), alone))
            )
            connection.execute(delete(incidents).where(incidents.c.id.in_(gone)))

    def _oldest_first(self, which: Any) -> Select[Any]:
        return self._mine(deliveries, which).order_by(deliveries.c.id)

    def _deliveries(self, query: Select[Any]) -> list[Delivery]:
        with troubles(), self._engine.connect() as connection:
            return _read(connection, query)


def _keep(connection: Connection, cluster_id: int, changed: ChangedIncident) -> int:
    mine = and_(
        incidents.c.cluster_id == cluster_id,
        incidents.c.key == changed.key,
        incidents.c.began_ms == changed.began_ms,
    )
    known = connection.execute(select(incidents.c.id).where(mine)).scalar_one_or_none()
    now = {"ended_ms": changed.ended_ms, "body": changed.body}
    if known is not None:
        connection.execute(update(incidents).where(incidents.c.id == known).values(now))
        return int(known)
    row = {"cluster_id": cluster_id, "key": changed.key, "began_ms": changed.began_ms, **now}
    made = connection.execute(insert(incidents).values(row).returning(incidents.c.id))
    return int(made.scalar_one())


def _read(connection: Connection, query: Any) -> list[Delivery]:
    return [
        Delivery(
            recipient=row.recipient,
            phase=row.phase,
            weight=row.weight,
            state=State(row.state),
            reason=row.reason,
            message=row.message,
            made_ms=row.made_ms,
            next_ms=row.next_ms,
            incident=row.incident_id,
            number=row.id,
            attempts=row.attempts,
            said=row.said,
        )
        for row in connection.execute(query)
    ]


def _row(one: Delivery, cluster_id: int) -> dict[str, Any]:
    return {
        "incident_id": one.incident,
        "cluster_id": cluster_id,
        "recipient": one.recipient,
        "phase": one.phase,
        "weight": one.weight,
        "state": one.state,
        "reason": one.reason,
        "message": one.message,
        "attempts": one.attempts,
        "made_ms": one.made_ms,
        "next_ms": one.next_ms,
        "said": one.said,
    }


def _incident(row: Row[Any]) -> KeptIncident:
    return KeptIncident(
        number=row.id,
        key=row.key,
        began_ms=row.began_ms,
        ended_ms=row.ended_ms,
        body=row.body,
        acknowledged_by=row.acknowledged_by,
        silenced_until_ms=row.silenced_until_ms,
    )
