"""The console's only source of time, so that tests can step it."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time (Unix seconds) and waits."""

    def time(self) -> float:
        """Return the time now."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def time(self) -> float:
        """Return the time now."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        await asyncio.sleep(seconds)
