"""Duties that one of several consoles has at a time, and another takes over when it falls silent."""

from sqlalchemy import Engine, delete, insert, select, update

from virton.keeping.database import writing
from virton.keeping.tables import leases


def hold(engine: Engine, name: str, holder: str, now_ms: int, until_ms: int) -> bool:
    """Take a duty or keep it until a moment; False while somebody else has it. HistoryError."""
    with writing(engine) as connection:
        found = connection.execute(select(leases).where(leases.c.name == name)).first()
        if found is None:
            row = {"name": name, "holder": holder, "until_ms": until_ms}
            connection.execute(insert(leases).values(row))
            return True
        if found.holder != holder and found.until_ms > now_ms:
            return False
        mine = update(leases).where(leases.c.name == name)
        connection.execute(mine.values(holder=holder, until_ms=until_ms))
        return True


def give_up(engine: Engine, name: str, holder: str) -> None:
    """Let somebody else have a duty at once; raises HistoryError."""
    with writing(engine) as connection:
        mine = (leases.c.name == name) & (leases.c.holder == holder)
        connection.execute(delete(leases).where(mine))
