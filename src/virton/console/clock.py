"""The console's only source of time, so that tests can step it."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time (Unix seconds), and waits."""

    def time(self) -> float:
        """Return the time now."""
        ...

    def monotonic(self) -> float:
        """Return a time for waits: it starts anywhere and never leaps, whoever sets the clock."""
        ...

    def worked_s(self) -> float:
        """Return how long this thread has been at work."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def time(self) -> float:
        """Return the time now."""
        return time.time()

    def monotonic(self) -> float:
        """Return a time for waits."""
        return time.monotonic()

    def worked_s(self) -> float:
        """Return how long this thread has been at work."""
        return time.thread_time()

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        await asyncio.sleep(seconds)
