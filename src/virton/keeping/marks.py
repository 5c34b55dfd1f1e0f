"""How far somebody came: a number by name, kept with what it tells of."""

from sqlalchemy import Connection, Engine, and_, delete, insert

from virton.keeping.database import troubles, writing
from virton.keeping.names import Names, of_cluster
from virton.keeping.tables import marks

WATCHED = "watched"
"""Until when (ms, by the cluster's clock) a console has watched."""


def mark_of(engine: Engine, cluster: str, name: str) -> int | None:
    """Return a mark; None where it was never set; raises HistoryError."""
    query = of_cluster(cluster, marks, marks.c.number).where(marks.c.name == name)
    with troubles(), engine.connect() as connection:
        number = connection.execute(query).scalar_one_or_none()
    return None if number is None else int(number)


def keep_mark(engine: Engine, cluster: str, name: str, number: int) -> None:
    """Set a mark; raises HistoryError."""
    with writing(engine) as connection:
        set_mark(connection, Names(connection, cluster).cluster_id, name, number)


def set_mark(connection: Connection, cluster_id: int, name: str, number: int) -> None:
    """Set a mark within a transaction."""
    mine = and_(marks.c.cluster_id == cluster_id, marks.c.name == name)
    connection.execute(delete(marks).where(mine))
    row = {"cluster_id": cluster_id, "name": name, "number": number}
    connection.execute(insert(marks).values(row))
