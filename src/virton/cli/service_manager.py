"""What systemd is told: that the console serves, that it still turns, and that it ends.

Where nobody listens (`NOTIFY_SOCKET` is not set), nothing is told.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping
from pathlib import Path

CREDENTIAL = "token"


def tell(state: str, environment: Mapping[str, str] = os.environ) -> None:
    """Send a state such as `READY=1` to the service manager; that it is not taken hinders nobody."""
    address = environment.get("NOTIFY_SOCKET")
    if not address:
        return
    name = "\0" + address[1:] if address.startswith("@") else address
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to_manager,
    ):
        to_manager.sendto(state.encode(), name)


def watchdog_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """Return within how many seconds a sign of life is wanted, if one is wanted of this process."""
    asked, of_whom = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID")
    if not asked.isdecimal() or of_whom not in (None, str(os.getpid())):
        return None
    return int(asked) / 1_000_000 or None


async def keep_telling(environment: Mapping[str, str] = os.environ) -> None:
    """Give a sign of life twice within the time that is allowed, from the loop that serves."""
    within_s = watchdog_s(environment)
    while within_s is not None:
        tell("WATCHDOG=1", environment)
        await asyncio.sleep(within_s / 2)


def credential(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the file of the API token that the service manager has handed over, if it has."""
    folder = environment.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / CREDENTIAL if folder else None
    return path if path is not None and path.is_file() else None
