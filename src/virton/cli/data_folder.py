"""Where the program keeps its data."""

import os
from pathlib import Path


def default_data() -> Path:
    """Return the folder for the program's data, below the user's own."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "virton"
