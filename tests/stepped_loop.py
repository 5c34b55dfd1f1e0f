"""An event loop whose time passes by itself only while nobody has anything to do.

Bounds of time over real sockets are tried without waiting for them, and on a machine of any speed:
a timer is due when all that could still be said on this machine has been said.
"""

import asyncio
import selectors
from concurrent.futures import Executor
from typing import Any

STEP_S = 1e-4
"""How far each round takes the time, so that what never rests comes to its end, too."""


class SteppedLoop(asyncio.SelectorEventLoop):
    """Waits for sockets and threads, and for nothing else; `time` is its own."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.now_s = 0.0
        self.threads = 0
        super().__init__(_Stepping(self))

    def time(self) -> float:
        """Return how much time has passed."""
        return self.now_s

    def run_in_executor(self, executor: Executor | None, func: Any, *args: Any) -> Any:
        """Let a thread work; the time stands until it is done."""
        self.threads += 1
        working = super().run_in_executor(executor, func, *args)
        working.add_done_callback(self._rested)
        return working

    def _rested(self, _: object) -> None:
        self.threads -= 1


class _Stepping(selectors.DefaultSelector):
    """Tells at once what there is to read; where there is nothing, lets the time pass instead of waiting."""

    def __init__(self, loop: SteppedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        self._loop.now_s += STEP_S
        found = super().select(0)
        if found or timeout == 0:
            return found
        if timeout is None or self._loop.threads:
            return super().select(None if timeout is None else 0.01)
        self._loop.now_s += max(0.0, timeout)
        return []


STEPPED: tuple[str, dict[str, Any]] = ("asyncio", {"loop_factory": SteppedLoop})
"""What a test that is marked for anyio runs in, as its `anyio_backend`."""
