"""The one who asks the cluster, once for all browsers, and only while somebody watches."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from virton.console.clock import Clock
from virton.console.feed import Feed
from virton.console.lender import RENEW_AFTER_S, Lender
from virton.console.settings import ConsoleSettings
from virton.console.snapshot import (
    NodesReading,
    Part,
    Readings,
    RulesReading,
    StatusReading,
    assemble,
)
from virton.proxmox import ApiError, ApiFailure, ClusterApi, Credentials, ProxmoxClient, Ticket
from virton.proxmox.configuration import Group
from virton.proxmox.errors import ErrorCode

Data = TypeVar("Data")
Other = TypeVar("Other")
PATIENCE_S = 1.0
"""How long the quick sources of a round wait for the slow ones before they are shown."""

log = logging.getLogger(__name__)


class Poller:
    """Reads the cluster part by part; a part that fails keeps its last good data."""

    def __init__(
        self, client: ProxmoxClient, lender: Lender, settings: ConsoleSettings, clock: Clock
    ) -> None:
        self.feed = Feed()
        self.readings = Readings()
        self._client = client
        self._lender = lender
        self._settings = settings
        self._clock = clock
        self._asking = asyncio.Lock()
        self._watchers = 0
        self._watched = asyncio.Event()
        self._left = float("-inf")
        self._polled = float("-inf")
        self._detected = float("-inf")
        self._groups_migrated = False
        self._rounds: set[asyncio.Future[None]] = set()

    async def run(self) -> None:
        """Ask at every interval while anybody watches, or did a moment ago."""
        while True:
            if not self._wanted():
                self._watched.clear()
                await self._watched.wait()
            try:
                await self.refresh(self._settings.interval_s / 2)
            except Exception:
                log.exception("a round of the poller failed")
            await self._clock.sleep(self._settings.interval_s)

    async def run_beats(self) -> None:
        """Stir the watchers at every beat."""
        while True:
            await self._clock.sleep(self._settings.beat_s)
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
            self._left = self._clock.time()

    def _wanted(self) -> bool:
        lingering = self._clock.time() - self._left < self._settings.linger_s
        return self._watchers > 0 or lingering

    async def refresh(self, older_than_s: float | None = None) -> None:
        """Ask, unless that was done less than an interval ago, by whomever."""
        limit = self._settings.interval_s if older_than_s is None else older_than_s
        async with self._asking:
            if abs(self._clock.time() - self._polled) >= limit:
                await self._poll()

    async def refresh_soon(self) -> None:
        """Ask as `refresh` does, but wait only so long for a slow cluster: the round goes on."""
        asking = asyncio.ensure_future(self.refresh())
        self._rounds.add(asking)
        asking.add_done_callback(self._rounds.discard)
        await self._patiently(asking, 2 * PATIENCE_S)
        if asking.done():
            asking.result()

    def abandon(self) -> None:
        """Give up the rounds that nobody waits for any more."""
        for asking in self._rounds:
            asking.cancel()

    async def _patiently(self, work: asyncio.Future[Any], patience_s: float) -> None:
        pause = asyncio.ensure_future(self._clock.sleep(patience_s))
        try:
            await asyncio.wait({work, pause}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()

    async def poll_once(self) -> None:
        """Ask now, with a round that begins after this call."""
        async with self._asking:
            await self._poll()

    async def _poll(self) -> None:
        self._polled = self._clock.time()
        credentials = await self._credentials()
        if credentials is None:
            self.readings = _without_credentials(self.readings)
        else:
            await self._read(ClusterApi(self._client, credentials))
            self._drop_refused(credentials)
        self._publish()

    def _publish(self) -> None:
        troubles = self._client.troubles
        addresses = {address: troubles.get(address) for address in self._client.addresses}
        self.readings = replace(self.readings, addresses=addresses)
        self.feed.publish(assemble(self.readings, self._clock.time()))

    async def _read(self, api: ClusterApi) -> None:
        await self._detect(api)
        reading = asyncio.gather(
            self._part("status", lambda: _read_status(api)),
            self._part("resources", api.resources),
            self._part("rules", lambda: self._read_rules(api)),
            self._part("nodes", lambda: _read_nodes(api)),
        )
        try:
            await self._patiently(reading, PATIENCE_S)
            if not reading.done():
                # One source is slow: what the others said need not wait for it.
                self._publish()
            await reading
        finally:
            reading.cancel()

    async def _part(self, name: str, read: Callable[[], Awaitable[Any]]) -> None:
        try:
            part: Part[Any] = Part(await read(), self._clock.time())
        except ApiFailure as failure:
            part = replace(self.readings.parts[name], error=failure.error)
        read_now: dict[str, Any] = {name: part}
        self.readings = replace(self.readings, **read_now)

    async def _detect(self, api: ClusterApi) -> None:
        """Learn what changes rarely: the version, the votes; and doubt what was found missing."""
        if self._clock.time() - self._detected < self._settings.detect_s:
            return
        try:
            version = (await api.version()).version
        except ApiFailure:
            return
        self._detected = self._clock.time()
        self._groups_migrated = False
        try:
            votes = await api.votes()
        except ApiFailure:
            votes = None
        self.readings = replace(self.readings, version=version, votes=votes)

    async def _read_rules(self, api: ClusterApi) -> RulesReading:
        try:
            rules = await api.rules()
        except ApiFailure as failure:
            if not self._means_no_rules(failure.error):
                raise
            return RulesReading(supported=False, groups=await api.groups())
        return RulesReading(rules=rules, groups=await self._leftover_groups(api))

    def _means_no_rules(self, error: ApiError) -> bool:
        major = (self.readings.version or "").partition(".")[0]
        old = major.isdecimal() and int(major) < 9
        return error.code is ErrorCode.UNSUPPORTED or (error.status == 500 and old)

    async def _leftover_groups(self, api: ClusterApi) -> tuple[Group, ...]:
        """Read the groups that wait for their migration; none once the cluster says it is done."""
        if self._groups_migrated:
            return ()
        try:
            return await api.groups()
        except ApiFailure as failure:
            self._groups_migrated = failure.error.status is not None
            return ()

    async def _credentials(self) -> Credentials | None:
        credentials = self._lender.current()
        if not isinstance(credentials, Ticket):
            return credentials
        if self._clock.time() - credentials.issued < RENEW_AFTER_S:
            return credentials
        return await self._renewed(credentials)

    async def _renewed(self, ticket: Ticket) -> Ticket:
        try:
            renewed = await ClusterApi(self._client).log_in(
                ticket.user, ticket.ticket, int(self._clock.time())
            )
        except ApiFailure:
            return ticket
        self._lender.lend(renewed)
        return renewed

    def _drop_refused(self, credentials: Credentials) -> None:
        errors = [part.error for part in self.readings.parts.values()]
        useless = (ErrorCode.AUTH, ErrorCode.FORBIDDEN)
        if any(error is not None and error.code in useless for error in errors):
            self._lender.withdraw(credentials)


async def _read_status(api: ClusterApi) -> StatusReading:
    return StatusReading(*await _both(api.status(), api.manager_status()))


async def _read_nodes(api: ClusterApi) -> NodesReading:
    return NodesReading(*await _both(api.inventory(), api.membership()))


async def _both(one: Awaitable[Data], other: Awaitable[Other]) -> tuple[Data, Other]:
    """Wait for two answers; where one fails, still for the other, so that none outlives a round."""
    first, second = await asyncio.gather(one, other, return_exceptions=True)
    if isinstance(first, BaseException):
        raise first
    if isinstance(second, BaseException):
        raise second
    return first, second


def _without_credentials(before: Readings) -> Readings:
    error = ApiError(401, None, code=ErrorCode.AUTH)
    return replace(
        before,
        status=replace(before.status, error=error),
        resources=replace(before.resources, error=error),
        rules=replace(before.rules, error=error),
        nodes=replace(before.nodes, error=error),
    )
