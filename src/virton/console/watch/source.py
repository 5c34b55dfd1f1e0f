"""Something to be asked of the cluster, by whomever, but never twice at once."""

import asyncio
from collections.abc import Awaitable, Callable


class Source:
    """Asks when told to, unless the last question is still under way."""

    def __init__(self, ask: Callable[[], Awaitable[None]]) -> None:
        self._ask = ask
        self._asking: asyncio.Future[None] | None = None

    @property
    def is_asking(self) -> bool:
        """Tell whether a question is under way."""
        return self._asking is not None and not self._asking.done()

    def begin(self) -> asyncio.Future[None]:
        """Ask, or join the question that is under way; return it."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask())
        return self._asking

    async def ask_anew(self) -> None:
        """Ask with a question that begins after this call, and wait for the answer."""
        if self._asking is not None and not self._asking.done():
            await asyncio.wait({self._asking})
        await asyncio.shield(self.begin())

    def abandon(self) -> None:
        """Give up the question that is under way."""
        if self._asking is not None:
            self._asking.cancel()
