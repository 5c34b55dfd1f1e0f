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
from virton.keeping.settings import Settings
from virton.notify.book import Book, BookError
from virton.notify.notifier import Notifier

TURN_S = 2.0
READ_S = 30.0
NAME = "notify"
BEAT_S = 60.0
BEAT_PATIENCE_S = 10.0

log = logging.getLogger(__name__)


class Telling:
    """Takes turns once the history is open."""

    def __init__(self, chronicle: Chronicle, given: Book, clock: Clock) -> None:
        self.given = given
        self.book = given
        self.notifier: Notifier | None = None
        self._chronicle = chronicle
        self._clock = clock
        self._read = float("-inf")
        self._beaten = float("-inf")
        self._holder = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
        self._failed = False

    def go_by(self, given: Book) -> None:
        """Tell from the next turn on whom the settings file names now, and whom the page does."""
        self.given = given
        self._read = float("-inf")

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
            await self._read_sometimes(notifier)
            now_s = self._clock.time()
            if await asyncio.to_thread(notifier.prepare, now_s, self._chronicle.ahead_s):
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
        setup = self.given.setup()
        return Notifier(books.history.engine, books.cluster, self._holder, setup)

    async def _read_sometimes(self, notifier: Notifier) -> None:
        """Read who is told: another console that shares the history may have changed it."""
        now = self._clock.monotonic()
        if now - self._read >= READ_S:
            self._read = now
            await self.read_again(notifier)

    async def read_again(self, notifier: Notifier | None = None) -> None:
        """Tell from now on whom the settings file and the page name; raises HistoryError."""
        books = self._chronicle.books
        if books is None:
            return
        kept = await asyncio.to_thread(lambda: read_book(books.settings))
        self.book = self.given.with_more(kept)
        notifier = notifier or self.notifier
        if notifier is not None:
            notifier.setup = self.book.setup()

    async def _beat(self) -> None:
        """Call an address now and then; whoever watches it raises the alarm when it falls silent."""
        now = self._clock.monotonic()
        if (
            self.book.heartbeat is None
            or not self._chronicle.is_writing
            or now - self._beaten < BEAT_S
        ):
            return
        self._beaten = now
        try:
            async with httpx2.AsyncClient(timeout=BEAT_PATIENCE_S) as client:
                await client.get(self.book.heartbeat)
        except httpx2.HTTPError as error:
            log.warning("the heartbeat was not heard: %s", type(error).__name__)

    def _complain_once(self, text: str, detail: str) -> None:
        say: Callable[..., None] = log.debug if self._failed else log.error
        say(text, detail)
        self._failed = True


def read_book(settings: Settings) -> Book:
    """Return whom administrators have named in the page; raises HistoryError."""
    try:
        return Book.of_json(settings.read(NAME))
    except BookError as error:
        log.error("who is told is not understood, and left alone: %s", error)
        return Book()


def keep_book(settings: Settings, book: Book) -> None:
    """Keep whom administrators name in the page; raises HistoryError."""
    settings.write(NAME, book.to_json())
