"""A history on SQLite and, where a PostgreSQL server can be started, on PostgreSQL."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.keeping.fresh import emptied, fresh_history
from virton.keeping.database import open_database

_SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server of our own; the test is skipped where there is none."""
    if not _SERVERS:
        pytest.skip("needs a PostgreSQL server (Debian: postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="virton-pg-"))
    as_whom = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_whom:
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    run = lambda *words: subprocess.run(  # noqa: E731
        [*as_whom, *words], check=True, cwd=folder, stdout=subprocess.DEVNULL
    )
    run(
        str(_SERVERS[0] / "initdb"),
        "-D",
        data,
        "-A",
        "trust",
        "-U",
        "virton",
        "-E",
        "UTF8",
        "--locale=C",
        "-N",
    )
    options = f"-k {folder} -c listen_addresses= -c fsync=off"
    run(
        str(_SERVERS[0] / "pg_ctl"),
        "-D",
        data,
        "-w",
        "-o",
        options,
        "-l",
        str(folder / "log"),
        "start",
    )
    yield f"postgresql://virton@/postgres?host={folder}"
    run(str(_SERVERS[0] / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def on_postgresql(postgresql: str) -> Iterator[Engine]:
    """A history on that server, open for all tests."""
    opened = open_database(postgresql)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A history in a file, open for all tests."""
    opened = open_database(fresh_history(tmp_path_factory.mktemp("history")))
    yield opened
    opened.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """An empty history, open."""
    return emptied(request.getfixturevalue(f"on_{request.param}"))


@pytest.fixture
def address(engine: Engine) -> str:
    """The address of an empty history, which others may open as well."""
    return engine.url.render_as_string().replace("+psycopg", "")
