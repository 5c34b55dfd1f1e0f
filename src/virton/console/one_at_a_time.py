"""Work that goes on after its request was answered: one piece at a time."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class OneAtATime:
    """Whoever has one piece of such work under way, or none."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Tell whether something is under way."""
        return self._task is not None and not self._task.done()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._task = asyncio.create_task(work)

    async def ended(self) -> None:
        """Wait until what is under way is over, or has stopped."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def end(self) -> None:
        """Stop what is under way; what it keeps says how far it came."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
