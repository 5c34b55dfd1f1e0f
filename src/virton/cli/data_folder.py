"""Where the program keeps its data, and that one process alone writes there."""

import fcntl
import os
from pathlib import Path

from virton.cli.complaint import complain_of

HISTORY_FILE = "history.sqlite"


def default_data() -> Path:
    """Return the folder for the program's data, below the user's own."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "virton"


EMBEDDED, CONSOLE = "lock", "console.lock"
"""Who writes there: the embedded cluster, and the console."""


def taken(folder: Path, lock: str) -> int:
    """Hold the data folder until this process ends, or closes what is returned.

    Of two that write there, one would lose.
    """
    handle = os.open(folder / lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        complain_of("cli.taken", folder=str(folder))
    return handle
