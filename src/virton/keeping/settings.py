"""What administrators have set in the page; consoles that share a history share it."""

import json
from typing import Any

from sqlalchemy import Engine, and_, delete, insert

from virton.keeping.database import troubles, writing
from virton.keeping.names import Names, of_cluster, text_of
from virton.keeping.tables import settings


class Settings:
    """The settings of one cluster's consoles, by name."""

    def __init__(self, engine: Engine, cluster: str) -> None:
        """Stand on an open database; `cluster` is the cluster's identity."""
        self._engine = engine
        self._cluster = cluster

    def read(self, name: str) -> dict[str, Any] | None:
        """Return what was set, if anything was; raises HistoryError."""
        mine = of_cluster(self._cluster, settings, settings.c.body)
        query = mine.where(settings.c.name == name)
        with troubles(), self._engine.connect() as connection:
            body = connection.execute(query).scalar_one_or_none()
        return None if body is None else json.loads(body)

    def write(self, name: str, body: dict[str, Any]) -> None:
        """Set something, in the place of what was set before; raises HistoryError."""
        with writing(self._engine) as connection:
            if connection.dialect.name == "sqlite":
                # what stood there before may have been a secret: nothing of it stays in the file
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
            cluster_id = Names(connection, self._cluster).cluster_id
            mine = and_(settings.c.cluster_id == cluster_id, settings.c.name == name)
            connection.execute(delete(settings).where(mine))
            row = {"cluster_id": cluster_id, "name": name, "body": text_of(body)}
            connection.execute(insert(settings).values(row))
