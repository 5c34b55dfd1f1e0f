"""How a console is set up."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

KEY_FILE = "console.key"


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """Times in seconds; `token` is the poller's read-only API token, if there is one."""

    data: Path
    token: str | None = None
    interval_s: float = 2.0
    linger_s: float = 30.0
    beat_s: float = 5.0
    detect_s: float = 60.0
    check_s: float = 5.0
    idle_s: float = 8 * 3600.0
    language: str = "ko"


def console_key(data: Path) -> bytes:
    """Return the data folder's secret for CSRF tokens; make one if there is none."""
    path = data / KEY_FILE
    data.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text().strip())
    with os.fdopen(handle, "w") as file:
        key = secrets.token_bytes(32)
        file.write(key.hex() + "\n")
    return key
