"""Who may have a password hashed: that costs memory and time, and anybody may ask for it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from virton.embedded.errors import Refusal
from virton.throttle import network_of

AT_ONCE = 2
MOST_WAITING = 40
MOST_OF_ONE = 4
PATIENCE_S = 10.0
_AGAIN_S = 5

Result = TypeVar("Result")


class HashingDoor:
    """Lets two in at once and some wait, of one address a few; everybody else is told to come again."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._inside = asyncio.Semaphore(AT_ONCE)
        self._there: Counter[str] = Counter()

    async def run(self, address: str, work: Callable[[], Result]) -> Result:
        """Do the work in a thread when it is its turn; raise a refusal (503) if it will not be.

        Within this process (no address) asks the console, which counts its own callers.
        """
        network = network_of(address)
        full = self._there.total() >= AT_ONCE + MOST_WAITING
        if full or (network and self._there[network] >= MOST_OF_ONE):
            raise _busy()
        self._there[network] += 1
        try:
            await self._turn()
            try:
                return await run_in_threadpool(work)
            finally:
                self._inside.release()
        finally:
            self._there[network] -= 1
            self._there += Counter()

    async def _turn(self) -> None:
        try:
            await asyncio.wait_for(self._inside.acquire(), self._patience_s)
        except TimeoutError:
            raise _busy() from None


def _busy() -> Refusal:
    message = "too many logins at once, try again in a few seconds"
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, message, retry_after_s=_AGAIN_S)
