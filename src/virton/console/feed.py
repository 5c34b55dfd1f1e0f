"""The latest Snapshot, and the waking of everybody who watches it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from virton.console.snapshot import Snapshot, same


class Feed:
    """Keeps one Snapshot; a slow watcher misses what was overtaken, never what is."""

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None
        self.version = 0
        self.beats = 0
        self._stirred = asyncio.Event()

    def publish(self, snapshot: Snapshot) -> bool:
        """Replace the Snapshot; wake the watchers if it says anything new."""
        news = not same(self.snapshot, snapshot)
        self.snapshot = snapshot
        if news:
            self.version += 1
            self._stir()
        return news

    def beat(self) -> None:
        """Wake the watchers although there is nothing new, to say how old things are."""
        self.beats += 1
        self._stir()

    def stirred(self) -> Coroutine[Any, Any, Any]:
        """Wait for the next publication or beat after this call."""
        # The event is taken now, not when the waiting begins: what stirs in between wakes, too.
        return self._stirred.wait()

    def _stir(self) -> None:
        self._stirred.set()
        self._stirred = asyncio.Event()
