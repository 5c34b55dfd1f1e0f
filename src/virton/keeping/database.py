"""The database of the history: opened, brought up to date, and its failures told as values."""

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from sqlalchemy import (
    Connection,
    Engine,
    column,
    create_engine,
    event,
    func,
    select,
    table,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from virton.damage import DamagedError, check_still_there, has_begun, note_begun

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
    engine = engine_of(address)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
        _keep_private(_file_of(engine.url))
    with troubles():
        _bring_up_to_date(engine)
    if (file := _file_of(engine.url)) is not None:
        note_begun(file)
    return engine


def engine_of(address: str) -> Engine:
    """Return what reaches a database, which is not touched; raises HistoryError."""
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise HistoryError(Trouble.ADDRESS, str(error)) from None
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    elif url.get_backend_name() != "sqlite":
        raise HistoryError(Trouble.ADDRESS, "neither sqlite:///PATH nor postgresql://HOST/NAME")
    return create_engine(url, hide_parameters=True)  # a failure may be logged


def check_database(address: str, *, lived_in: bool) -> None:
    """Raise DamagedError where a history in a file is not whole, or is gone though it was begun.

    An empty file is one that was just being begun, unless the folder looks `lived_in`. That nothing
    can be read just now is no damage: it is told when the history is opened.
    """
    with contextlib.suppress(ArgumentError):
        file = _file_of(make_url(address))
        if file is not None:
            _check_file(file, _advice(file), lived_in=lived_in)


def _keep_private(file: Path | None) -> None:
    """Let nobody else read a history that is begun now, whatever the folder allows."""
    # why it cannot be made is told when it is opened
    with contextlib.suppress(OSError):
        if file is not None and not file.exists():
            file.touch(mode=0o600)


def _file_of(url: URL) -> Path | None:
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if is_file else None


def _advice(file: Path) -> str:
    return (
        f"Restore {file.name} from a backup. To begin a new history with nothing of the old one, "
        f"move {file.name}, {file.name}-wal and {file.stem}.begun out of the folder, and keep them."
    )


def _check_file(file: Path, advice: str, *, lived_in: bool) -> None:
    check_still_there(file, advice)
    wal = file.with_name(f"{file.name}-wal")
    has_rest = wal.exists() and wal.stat().st_size > 0
    if not file.exists():
        if has_rest:
            raise DamagedError(str(file), "it is gone", advice)
        return
    if file.stat().st_size == 0:
        if lived_in or has_rest:
            raise DamagedError(str(file), "it is empty", advice)
        return
    try:
        with contextlib.closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
        ) as it:
            found = it.execute("PRAGMA quick_check(1)").fetchone()[0]
            tables = {name for (name,) in it.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error as failure:
        if _trouble(str(failure)) is Trouble.DAMAGED:
            raise DamagedError(str(file), "it is not readable", advice) from failure
        return
    if found != "ok":
        raise DamagedError(str(file), "it is not whole", advice)
    if has_begun(file) and "alembic_version" not in tables:
        raise DamagedError(str(file), "it holds no history", advice)


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
    known = sorted(path.stem[1:5] for path in (MIGRATIONS / "versions").glob("v*.py"))
    with engine.begin() as connection:
        lock(connection)
        has = _revision(connection)
        if has is not None and has not in known:
            raise HistoryError(Trouble.NEWER, has)
        if has != known[-1]:
            _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    """Take the steps that are left; what takes them is slow to load, and seldom needed."""
    # it tells of each step, and of each part that it loads, at a level that is for news
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
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


def size_of(engine: Engine) -> int:
    """Return how many bytes the history takes; raises HistoryError.

    What was deleted is not counted: SQLite and PostgreSQL use its room anew, but give none back.
    PostgreSQL does not tell how much of a table is in use, so there the rows are counted.
    """
    with troubles(), engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            pages, free, size = (
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("page_count", "freelist_count", "page_size")
            )
            return int((pages - free) * size)
        counts = {
            name: connection.execute(select(func.count()).select_from(table(name))).scalar_one()
            for name in _ROWS
        }
        length = func.coalesce(func.sum(func.octet_length(column("body"))), 0)
        texts = connection.execute(select(length).select_from(table("detail"))).scalar_one()
        return int(texts) + sum(counts[name] * size for name, size in _ROWS.items())


_ROWS = {"happening": 220, "state": 110, "detail": 110, "delivery": 1000, "incident": 4000}
"""How many bytes a row takes in PostgreSQL with what the indices need for it."""


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
