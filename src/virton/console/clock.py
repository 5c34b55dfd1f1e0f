"""The console's only source of time, so that tests can step it."""

import asyncio
import logging
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


LOOK_S = 5.0
_LEAP_S = 5.0
log = logging.getLogger(__name__)


async def tell_leaps(clock: Clock) -> None:
    """Say whenever somebody sets the machine's clock; nothing here waits by it."""
    ahead_s = clock.time() - clock.monotonic()
    while True:
        await clock.sleep(LOOK_S)
        now_ahead_s = clock.time() - clock.monotonic()
        leapt_s = now_ahead_s - ahead_s
        if abs(leapt_s) >= _LEAP_S:
            way = "forward" if leapt_s > 0 else "back"
            log.warning("the machine's clock was set %s by %d s", way, round(abs(leapt_s)))
            ahead_s = now_ahead_s
