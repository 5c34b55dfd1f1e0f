"""The database of the history: opened, brought up to date, and its failures told as values."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

# it tells of each step at a level that is for news
logging.getLogger("alembic").setLevel(logging.WARNING)

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 10_000


class Trouble(StrEnum):
    """Why the history cannot be read or written."""

    ADDRESS = "address"
    UNREACHABLE = "unreachable"
    NEWER = "newer"
    FULL = "full"
    READ_ONLY = "read_only"
    DAMAGED = "damaged"


class HistoryError(Exception):
    """The history cannot be read or written; nothing of what was tried is in it."""

    def __init__(self, trouble: Trouble, detail: str) -> None:
        """Say which trouble, and what the database says of it."""
        super().__init__(f"{trouble}: {detail}")
        self.trouble = trouble
        self.detail = detail


def open_database(address: str) -> Engine:
    """Open the history at a database's address and bring it up to date; raises HistoryError.

    `address` is `sqlite:///PATH` or `postgresql://USER@HOST/NAME`.
    """
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise HistoryError(Trouble.ADDRESS, str(error)) from None
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    elif url.get_backend_name() != "sqlite":
        raise HistoryError(Trouble.ADDRESS, "neither sqlite:///PATH nor postgresql://HOST/NAME")
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    with troubles():
        _bring_up_to_date(engine)
    return engine


def _prepare_sqlite(engine: Engine) -> None:
    """Let SQLite acknowledge a write only once it is on the disk, and readers never wait."""

    @event.listens_for(engine, "connect")
    def _connected(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        connection.isolation_level = None  # type: ignore[attr-defined]
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MS}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")


def _bring_up_to_date(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        lock(connection)
        has = _revision(connection)
        if has is not None and has not in known:
            raise HistoryError(Trouble.NEWER, has)
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise HistoryError(Trouble.DAMAGED, str(error)) from None


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])


def lock(connection: Connection) -> None:
    """Let nobody else write until this transaction ends, so that what is read here stays true."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(86716)"))
    else:
        connection.exec_driver_sql("END")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Write in one transaction, alone; raises HistoryError."""
    with troubles(), engine.begin() as connection:
        lock(connection)
        yield connection


@contextmanager
def troubles() -> Iterator[None]:
    """Turn what the database complains about into HistoryError."""
    try:
        yield
    except DBAPIError as error:
        raise HistoryError(_trouble(str(error.orig)), str(error.orig)) from None
    except SQLAlchemyError as error:
        raise HistoryError(Trouble.UNREACHABLE, str(error)) from None


_WORDS = {
    "disk is full": Trouble.FULL,
    "no space left": Trouble.FULL,
    "disk i/o error": Trouble.FULL,
    "readonly": Trouble.READ_ONLY,
    "read-only": Trouble.READ_ONLY,
    "not a database": Trouble.DAMAGED,
    "malformed": Trouble.DAMAGED,
}


def _trouble(said: str) -> Trouble:
    told = said.lower()
    return next((trouble for word, trouble in _WORDS.items() if word in told), Trouble.UNREACHABLE)
