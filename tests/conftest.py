"""Before any test: the page is built as its sources are; and what every test has of the machine."""

import gc
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brief_reports import BriefReports

os.environ["LANG"] = "en_US.UTF-8"  # in which verbs answer, whoever runs the tests

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "web"))
import build_page as page  # noqa: E402

IN_MEMORY = Path("/dev/shm")  # noqa: S108
ROOM_BYTES = 2 << 30
"""What must be free in memory for the files of a run, of which a tenth is needed."""


def pytest_configure(config: pytest.Config) -> None:
    """Build the page where it is missing or older than its sources; once, not in each worker."""
    gc.disable()  # until everything is collected: five thousand tests are made, and all stay
    if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES:
        # Some ten thousand times a run, a database waits for its disk before it answers.
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(BriefReports())
    elif not page.is_fresh():
        subprocess.run([sys.executable, str(ROOT / "web" / "build_page.py"), "stale"], check=True)


def pytest_collection_finish() -> None:
    """Let no garbage collection look through what stays: all that was imported, and five thousand tests."""
    gc.freeze()  # with the little garbage that is among it: to find it takes longer than it is worth
    gc.enable()


@pytest.fixture(autouse=True)
def _usual_log() -> Iterator[None]:
    """Keep what a test sets of the log from the next one: its standard error is closed by then."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
