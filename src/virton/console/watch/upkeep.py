"""The one who deletes from the history what need not be kept any longer."""

import asyncio
import logging

from virton.console.clock import Clock
from virton.console.watch.chronicle import Chronicle
from virton.console.watch.steps import went_well
from virton.keeping.database import HistoryError
from virton.keeping.retention import Keepers, Retention, tidy
from virton.keeping.settings import Settings

FIRST_S = 60.0
EVERY_S = 3600.0
NAME = "retention"

log = logging.getLogger(__name__)


class Upkeep:
    """Tidies every hour; what stands in the settings file wins over what was set in the page."""

    def __init__(self, chronicle: Chronicle, given: Retention | None, clock: Clock) -> None:
        self.given = given
        self._chronicle = chronicle
        self._clock = clock

    async def run(self) -> None:
        """Tidy until cancelled."""
        await self._clock.sleep(FIRST_S)
        while True:
            await went_well(self.tidy, "tidying the history")
            await self._clock.sleep(EVERY_S)

    async def tidy(self) -> None:
        """Delete what is too old, and what has no room."""
        books = self._chronicle.books
        if books is None:
            return
        keepers = Keepers(books.history, books.moments, books.outbox)
        # what is deleted must be old by both clocks: either of them may be wrong
        now_ms = round((self._clock.time() + min(0.0, self._chronicle.ahead_s)) * 1000)
        try:
            gone = await asyncio.to_thread(
                lambda: tidy(keepers, self.retention(books.settings), now_ms)
            )
        except HistoryError as error:
            log.warning("the history could not be tidied: %s", error.detail)
            return
        if gone:
            log.info("%d rows of the history were too old or had no room", gone)

    def retention(self, settings: Settings) -> Retention:
        """Return what is kept; raises HistoryError."""
        return self.given or read_retention(settings)


def read_retention(settings: Settings) -> Retention:
    """Return what was set in the page, or what holds without that; raises HistoryError."""
    found = settings.read(NAME)
    return Retention() if found is None else Retention(int(found["days"]), int(found["mib"]))


def keep_retention(settings: Settings, wanted: Retention) -> None:
    """Set what is kept; raises HistoryError."""
    settings.write(NAME, {"days": wanted.days, "mib": wanted.mib})
