"""The one who has incidents told, turn by turn, and lets a heartbeat be heard while all goes well."""

import asyncio
import logging
import socket
import uuid
from collections.abc import Callable

import httpx2

from virton.console.clock import Clock
from virton.console.watch.chronicle import Chronicle
from virton.console.watch.steps import went_well
from virton.keeping.database import HistoryError
from virton.notify.notifier import Notifier, Setup

TURN_S = 2.0
BEAT_S = 60.0
BEAT_PATIENCE_S = 10.0

log = logging.getLogger(__name__)


class Telling:
    """Takes turns once the history is open."""

    def __init__(
        self, chronicle: Chronicle, setup: Setup, clock: Clock, heartbeat: str | None = None
    ) -> None:
        self.setup = setup
        self.notifier: Notifier | None = None
        self._chronicle = chronicle
        self._clock = clock
        self._heartbeat = heartbeat
        self._beaten = float("-inf")
        self._holder = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
        self._failed = False

    async def run(self) -> None:
        """Take turns until cancelled."""
        while True:
            await self._clock.sleep(TURN_S)
            await went_well(self.turn, "a turn of telling incidents")

    async def turn(self) -> None:
        """Hear what is new, tell what is due, and let the heartbeat be heard."""
        notifier = self.notifier = self.notifier or self._begun()
        if notifier is None:
            return
        try:
            now_s = self._clock.time()
            if await asyncio.to_thread(notifier.prepare, now_s):
                await notifier.send_due(now_s)
        except HistoryError as error:
            self._complain_once("incidents cannot be told: %s", error.detail)
            return
        self._failed = False
        await self._beat()

    def _begun(self) -> Notifier | None:
        books = self._chronicle.books
        if books is None:
            return None
        return Notifier(books.history.engine, books.cluster, self._holder, self.setup)

    async def _beat(self) -> None:
        """Call an address now and then; whoever watches it raises the alarm when it falls silent."""
        now = self._clock.monotonic()
        if self._heartbeat is None or not self._chronicle.is_writing or now - self._beaten < BEAT_S:
            return
        self._beaten = now
        try:
            async with httpx2.AsyncClient(timeout=BEAT_PATIENCE_S) as client:
                await client.get(self._heartbeat)
        except httpx2.HTTPError as error:
            log.warning("the heartbeat was not heard: %s", type(error).__name__)

    def _complain_once(self, text: str, detail: str) -> None:
        say: Callable[..., None] = log.debug if self._failed else log.error
        say(text, detail)
        self._failed = True
