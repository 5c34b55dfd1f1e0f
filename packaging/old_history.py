"""Write a history as the version before kept it: `python packaging/old_history.py FILE COUNT`."""

import sqlite3
import sys
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from virton.keeping.database import MIGRATIONS

BEFORE = "0002"
CLUSTER = "virton"
SUBJECTS = 500


def main(path: Path, count: int) -> None:
    """Make the tables of before, and fill them."""
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
    engine.dispose()
    with sqlite3.connect(path) as database:
        _fill(database, count)
    database.close()


def _fill(database: sqlite3.Connection, count: int) -> None:
    database.execute("INSERT INTO cluster (id, identity) VALUES (1, ?)", (CLUSTER,))
    database.execute("INSERT INTO kind (id, name) VALUES (1, 'resource.stopped')")
    database.execute("INSERT INTO detail (id, body) VALUES (1, '{}')")
    names = [(number, f"vm:{number}") for number in range(1, SUBJECTS + 1)]
    database.executemany("INSERT INTO subject (id, cluster_id, name) VALUES (?, 1, ?)", names)
    begin = round(time.time() * 1000) - count * 1000
    rows = (
        (1 + number % SUBJECTS, begin + number * 1000, begin + number * 1000)
        for number in range(count)
    )
    database.executemany(
        "INSERT INTO happening (cluster_id, kind_id, subject_id, detail_id, from_ms, to_ms, told) "
        "VALUES (1, 1, ?, 1, ?, ?, 0)",
        rows,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
