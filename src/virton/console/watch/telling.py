"""The one who has incidents told, turn by turn, and lets a heartbeat be heard while all goes well."""

import asyncio
import logging
import socket
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import httpx2

from virton.console.clock import Clock
from virton.console.watch.chronicle import Chronicle
from virton.console.watch.steps import went_well
from virton.keeping.database import HistoryError, Trouble
from virton.keeping.sealed_by import NAME as SEALED_BY
from virton.keeping.sealed_by import note_key
from virton.keeping.sealing import Sealer, is_sealed
from virton.keeping.settings import Settings
from virton.notify.book import SECRETS, Book, BookError
from virton.notify.notifier import Notifier

TURN_S = 2.0
READ_S = 30.0
NAME = "notify"
BEAT_S = 60.0
BEAT_PATIENCE_S = 10.0

log = logging.getLogger(__name__)


class Telling:
    """Takes turns once the history is open."""

    def __init__(self, chronicle: Chronicle, given: Book, clock: Clock, sealer: Sealer) -> None:
        self.given = given
        self.sealer = sealer
        self.book = given
        self.notifier: Notifier | None = None
        self._chronicle = chronicle
        self._clock = clock
        self._read = float("-inf")
        self._beaten = float("-inf")
        self._holder = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
        self._failed = self._knows_key = False

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
        kept = await asyncio.to_thread(lambda: self._read_sealed(books.settings))
        self.book = self.given.with_more(kept)
        notifier = notifier or self.notifier
        if notifier is not None:
            notifier.setup = self.book.setup()

    def _read_sealed(self, settings: Settings) -> Book:
        """Read whom the page names; what an older version kept in plain text is sealed."""
        book, kept = read_book(settings, self.sealer), settings.read(NAME)
        if kept is not None and book != Book() and not _is_sealed(kept):
            keep_book(settings, book, self.sealer)
        if not self._knows_key:
            self._knows_key = True
            if (check := settings.read(SEALED_BY)) is not None and not self.sealer.fits(check):
                log.error(
                    "secrets in the history were sealed with another secrets.key: see virton doctor"
                )
        return book

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


def _is_sealed(kept: Mapping[str, Any]) -> bool:
    return all(is_sealed(row[name]) for row in _rows(kept) for name in SECRETS if row.get(name))


def _rows(kept: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*kept["recipients"], kept["mail"] or {}, {"url": kept.get("heartbeat")}]


def read_book(settings: Settings, sealer: Sealer) -> Book:
    """Return whom administrators have named in the page; raises HistoryError."""
    try:
        return Book.of_json(settings.read(NAME), sealer)
    except BookError as error:
        log.error("who is told is not understood, and left alone: %s", error)
        return Book()


def keep_book(settings: Settings, book: Book, sealer: Sealer) -> None:
    """Keep whom administrators name in the page, their secrets sealed; raises HistoryError."""
    try:
        kept = book.to_json(sealer)
        settings.write(NAME, kept)
        if any(is_sealed(row.get(name)) for row in _rows(kept) for name in SECRETS):
            note_key(settings, sealer)
    except OSError as error:
        raise HistoryError(Trouble.READ_ONLY, str(error)) from None
