"""The newest incidents and messages of one cluster, in their order."""

import pytest
from sqlalchemy import Engine

from tests.keeping.fresh import emptied
from virton.keeping.outbox import ChangedIncident, Delivery, Outbox, State

BEGAN = (30, 10, 20, 10)


@pytest.fixture
def engine(on_sqlite: Engine) -> Engine:
    return emptied(on_sqlite)


def message(state: State, next_ms: int) -> Delivery:
    return Delivery("ops", "begun", 1, state, "sent", "{}", 0, next_ms)


def test_the_newest_come_first_and_only_as_many_as_are_wanted(engine: Engine) -> None:
    for cluster in ("c1", "c2"):
        outbox = Outbox(engine, cluster)
        changed = [ChangedIncident(f"{n}", began, None, "{}") for n, began in enumerate(BEGAN)]
        told = [message(State.QUEUED if n % 2 else State.SENT, 40 - n) for n in range(6)]
        outbox.commit(changed, lambda _, told=told: told)  # type: ignore[misc]
    outbox = Outbox(engine, "c1")
    assert [one.key for one in outbox.recent()] == ["0", "2", "3", "1"]
    assert [one.key for one in outbox.recent(2)] == ["0", "2"]
    assert [one.key for one in outbox.open_incidents()] == ["1", "3", "2", "0"]
    assert [one.number for one in outbox.deliveries(2)] == [6, 5]
    assert [one.number for one in outbox.deliveries()] == [6, 5, 4, 3, 2, 1]
    assert [one.number for one in outbox.due(40)] == [2, 4, 6]
    assert [one.number for one in outbox.due(40, 2)] == [2, 4]
    assert [one.number for one in outbox.due(37)] == [4, 6]


def test_what_one_cluster_forgets_another_still_has(engine: Engine) -> None:
    for cluster in ("c1", "c2"):
        lone = [message(State.SENT, 0)]
        ended = [ChangedIncident("old", 1, 2, "{}")]
        Outbox(engine, cluster).commit(ended, lambda _, lone=lone: lone)  # type: ignore[misc]
    Outbox(engine, "c1").forget(before_ms=10)
    for cluster, left in (("c1", 0), ("c2", 1)):
        outbox = Outbox(engine, cluster)
        assert (len(outbox.recent()), len(outbox.deliveries())) == (left, left)
