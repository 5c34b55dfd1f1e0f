"""The one who asks the cluster, once for all browsers; unwatched only where a history is kept."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from virton.console.clock import Clock
from virton.console.lender import Lender
from virton.console.page.assemble import Assembly
from virton.console.page.cluster import clock_told
from virton.console.page.model import Outlook
from virton.console.settings import ConsoleSettings
from virton.console.watch.arrivals import Arrivals
from virton.console.watch.chronicle import Chronicle
from virton.console.watch.feed import Feed
from virton.console.watch.journals import Journals
from virton.console.watch.reader import Reader
from virton.console.watch.readings import Readings
from virton.console.watch.repairs import Repairs
from virton.keeping.audit import Audit
from virton.proxmox import ProxmoxClient
from virton.proxmox.features import Features

PATIENCE_S = 1.0
"""How long the quick sources of a round wait for the slow ones before they are shown."""

SHARE = 0.25
"""The most of a processor's time that rounds may take."""

LONGEST_PAUSE_S = 30.0

log = logging.getLogger(__name__)


class Poller:
    """Has the cluster read round by round, and publishes what was read.

    A source that is slow belongs to the round that began it: later rounds go on without it.
    """

    def __init__(
        self, client: ProxmoxClient, lender: Lender, settings: ConsoleSettings, clock: Clock
    ) -> None:
        self.feed = Feed()
        journals = Journals(client, lender, clock)
        self.chronicle = Chronicle(settings.history, journals) if settings.history else None
        self.audit: Audit | None = None
        self._assembly = Assembly()
        self._arrivals = Arrivals()
        self.repairs = Repairs(settings.data, self.cluster_time)
        self.outlook_of: Callable[[Readings], Outlook | None] = lambda _: None
        self._pause_s = settings.interval_s
        self._lender = lender
        self._reader = Reader(client, lender, settings, clock, self._publish)
        self.settings = settings
        self._clock = clock
        self._watchers = 0
        self._watched = asyncio.Event()
        self._left = float("-inf")
        self._begun = float("-inf")
        self._round: asyncio.Future[None] | None = None
        self._rounds: set[asyncio.Future[None]] = set()

    @property
    def readings(self) -> Readings:
        """Return everything that is known of the cluster."""
        unkept = None if self.chronicle is None else self.chronicle.trouble
        audit = None if self.audit is None else self.audit.trouble
        unwatched = self.settings.token is None
        told = replace(self._reader.readings, period_s=self._pause_s, unwatched=unwatched)
        return replace(told, unkept=unkept, audit=audit)

    def cluster_time(self) -> float:
        """Return what time it is by the cluster's clock, by which everything is told."""
        now = self._clock.time()
        return clock_told(self.readings, now).now or now

    def go_by(self, settings: ConsoleSettings) -> None:
        """Go on by other settings; a token that is another one is used from now on."""
        before, self.settings = self.settings, settings
        if settings.token != before.token:
            self._lender.use(settings.token)
            self._reader.doubt_token()
            self._watched.set()

    async def run(self) -> None:
        """Ask at every interval while anybody watches, or did a moment ago."""
        while True:
            if not self.is_wanted:
                self._watched.clear()
                await self._watched.wait()
            self._current(self._pause_s / 2)
            await self._clock.sleep(self._pause_s)

    async def run_beats(self) -> None:
        """Stir the watchers at every beat."""
        while True:
            await self._clock.sleep(self.settings.beat_s)
            self.feed.beat()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Keep the poller asking for as long as this is open."""
        self._watchers += 1
        self._watched.set()
        try:
            yield
        finally:
            self._watchers -= 1
            self._left = self._clock.monotonic()

    @property
    def is_wanted(self) -> bool:
        """Tell whether the cluster is asked at every interval."""
        lingering = self._clock.monotonic() - self._left < self.settings.linger_s
        return self._watchers > 0 or lingering or self._watches_unwatched

    @property
    def _watches_unwatched(self) -> bool:
        """Tell whether the cluster is looked at though nobody looks: with a token, for the history."""
        return self.chronicle is not None and self.settings.token is not None

    async def refresh(self) -> None:
        """Ask, unless that was begun less than an interval ago; wait only so long for the answers."""
        await self._patiently(self._current(self._pause_s), 2 * PATIENCE_S)

    async def refresh_now(self) -> None:
        """Ask with a round that begins after this call; wait only so long for the answers."""
        await self._patiently(self._kept(self.poll_once()), 2 * PATIENCE_S)

    async def poll_once(self) -> None:
        """Ask with a round that begins after this call, and wait for every answer."""
        self._begun = self._clock.monotonic()
        try:
            await self._reader.read_anew()
        finally:
            self._publish()

    async def features(self) -> Features:
        """Return what the cluster's version knows; ask if that was never answered."""
        if self.readings.features.version is None:
            await self.refresh()
        return self.readings.features

    def abandon(self) -> None:
        """Give up the rounds that nobody waits for any more."""
        for each in self._rounds:
            each.cancel()
        self._reader.abandon()

    def _current(self, older_than_s: float) -> asyncio.Future[None]:
        """Return the latest round; a new one if that is older."""
        now = self._clock.monotonic()
        if self._round is None or now - self._begun >= older_than_s:
            self._begun = now
            self._round = self._kept(self._ask())
        return self._round

    def _kept(self, work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
        task = asyncio.ensure_future(work)
        self._rounds.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._rounds.discard(task)
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            log.error("a round of the poller failed", exc_info=failure)

    async def _ask(self) -> None:
        begun_s = self._clock.worked_s()
        reading = self._reader.begin()
        try:
            if await self._is_late(reading):
                # What the others said need not wait for a source that is slow.
                self._publish()
            await reading
        finally:
            self._publish()
            self._rest_after(self._clock.worked_s() - begun_s)

    def _rest_after(self, worked_s: float) -> None:
        """Pause so long that rounds never take more than their share of the time."""
        self._pause_s = max(self.settings.interval_s, min(worked_s / SHARE, LONGEST_PAUSE_S))

    async def _is_late(self, work: asyncio.Future[Any], patience_s: float = PATIENCE_S) -> bool:
        pause = asyncio.ensure_future(self._clock.sleep(patience_s))
        try:
            await asyncio.wait({work, pause}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
        return not work.done()

    async def _patiently(self, work: asyncio.Future[None], patience_s: float) -> None:
        if await self._is_late(work, patience_s):
            self._publish()
        else:
            work.result()

    def publish(self) -> None:
        """Publish what is known, as something beside the readings has changed."""
        self._publish()

    def _publish(self) -> None:
        readings, now = self.readings, self._clock.time()
        self._arrivals.look(readings, now)
        self.repairs.look(readings)
        stays, repairs = self._arrivals.stays, self.repairs.current
        outlook = self.outlook_of(readings)
        page = self._assembly.page_model(readings, now, stays, repairs, outlook)
        self.feed.publish(page)
        if self.chronicle is not None:
            self.chronicle.offer(readings, page)
