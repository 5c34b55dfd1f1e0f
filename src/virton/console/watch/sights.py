"""The cluster as it was read for questions: by the console itself, and by whoever asks them.

Who may see all is answered from what the console has read; whoever may see less, from what they
read with their own rights. Nothing that one has read is shown to another.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any

from virton.console.clock import Clock
from virton.proxmox.answers import Remembered

HOLDS_S = 15.0
"""For so long what somebody has read of the cluster holds, as long as nothing in it has changed."""

ANSWERS_S = 60.0
"""For so long the console's own answers, then: it is read anew behind the first question after `HOLDS_S`."""

USERS_SIGHT_S = 60.0
MOST_USERS = 20

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sight:
    """A capture, of what it is one, and when it was read."""

    capture: Json
    drawn: object
    at: float


class Memories:
    """What each has seen of guests' configurations: no question asks them all again."""

    def __init__(self, clock: Clock, life_s: float) -> None:
        self._clock = clock
        self._life_s = life_s
        self._of: dict[Hashable, Remembered] = {}

    def of(self, who: Hashable) -> Remembered:
        """Return what somebody has seen; of those who have not asked for long nothing is kept."""
        kept = self._of.pop(who, None) or Remembered(self._clock.monotonic, self._life_s)
        self._of[who] = kept
        while len(self._of) > MOST_USERS:
            del self._of[next(iter(self._of))]
        return kept

    def __contains__(self, who: Hashable) -> bool:
        """Tell whether anything is kept of somebody."""
        return who in self._of


class Sights:
    """Keeps captures for as long as they hold.

    `drawing` tells what a capture depends on, as far as the console watches it; None: nothing is
    known yet. `capture` reads the cluster with the console's own credentials.
    """

    def __init__(
        self,
        clock: Clock,
        drawing: Callable[[], object],
        capture: Callable[[], Awaitable[Json]],
    ) -> None:
        self._clock = clock
        self._drawing = drawing
        self._capture = capture
        self._own: Sight | None = None
        self.is_wanted_anew = False
        self._of: dict[Hashable, Sight] = {}
        self._memories = Memories(clock, USERS_SIGHT_S)
        self._reading = asyncio.Lock()

    async def own(self) -> Json:
        """Return the cluster as the console sees it; what it read holds until something changes."""
        kept = self._own
        if kept is not None and self._holds(kept, ANSWERS_S):
            self.is_wanted_anew |= not self._holds(kept)
            return kept.capture  # though somebody may be reading it anew just now
        async with self._reading:
            kept = self._own
            return kept.capture if kept is not None and self._holds(kept) else await self._read()

    async def own_now(self) -> Json:
        """Return the cluster as the console sees it at this moment."""
        async with self._reading:
            return await self._read()

    async def _read(self) -> Json:
        drawn, self.is_wanted_anew = self._drawing(), False
        capture = await self._capture()
        self._own = Sight(capture, drawn, self._clock.monotonic())
        return capture

    async def of(self, who: Hashable, read: Callable[[Remembered], Awaitable[Json]]) -> Json:
        """Return the cluster as somebody reads it: people type, and it need not be read at each key.

        `who` is a user with what they may see: who may see less from now on has read nothing yet.
        """
        kept = self._of.get(who)
        if kept is None or not self._holds(kept):
            drawn, now = self._drawing(), self._clock.monotonic()
            kept = Sight(await self.of_now(who, read), drawn, now)
            self._of[who] = kept
            self._of = {name: one for name, one in self._of.items() if name in self._memories}
        return kept.capture

    async def of_now(self, who: Hashable, read: Callable[[Remembered], Awaitable[Json]]) -> Json:
        """Return the cluster as somebody reads it at this moment."""
        return await read(self._memories.of(who))

    def _holds(self, sight: Sight, for_s: float = HOLDS_S) -> bool:
        drawn = self._drawing()
        is_late = self._clock.monotonic() - sight.at > for_s
        return drawn is not None and sight.drawn == drawn and not is_late
