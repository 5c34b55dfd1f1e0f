"""Read a cluster source by source; one that fails keeps its last good data."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from virton.console.clock import Clock
from virton.console.lender import Lender, is_old
from virton.console.settings import ConsoleSettings
from virton.console.watch.cluster_clock import ClusterClock
from virton.console.watch.readings import (
    Asking,
    Part,
    Readings,
)
from virton.console.watch.source import Source
from virton.console.watch.token import TokenWatch
from virton.proxmox import ApiError, ApiFailure, ClusterApi, Credentials, ProxmoxClient, Ticket
from virton.proxmox.configuration import Group
from virton.proxmox.errors import ErrorCode
from virton.proxmox.features import detect, means_no_rules
from virton.proxmox.parsers import Parsers
from virton.proxmox.reading import NodesReading, RulesReading, StatusReading

Data = TypeVar("Data")
Other = TypeVar("Other")

PROBE_S = 10.0
"""How often an address is tried that could not be asked, or that may belong to the majority."""

_NOBODY = ApiError(401, None, code=ErrorCode.NOBODY)


class Reader:
    """Holds the readings of one cluster, and every question that is under way.

    `tell` is called when something was learnt beside the parts.
    """

    def __init__(
        self,
        client: ProxmoxClient,
        lender: Lender,
        settings: ConsoleSettings,
        clock: Clock,
        tell: Callable[[], None],
    ) -> None:
        self._client = client
        self._lender = lender
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._token = TokenWatch(lender.current(), clock)
        self._cluster_clock = ClusterClock(clock)
        client.heard = self._cluster_clock.heard
        self._readings = Readings()
        self._parsers = Parsers()
        self._asking: dict[str, tuple[float, ClusterApi]] = {}
        self._parts = {
            "status": Source(lambda: self._part("status", self._read_status)),
            "resources": Source(lambda: self._part("resources", ClusterApi.resources)),
            "rules": Source(lambda: self._part("rules", self._read_rules)),
            "nodes": Source(lambda: self._part("nodes", _read_nodes)),
        }
        self._detection = Source(self._detect)
        self._probes = Source(self._probe)
        self._renewal = Source(self._renew)
        self._detected = self._probed = float("-inf")
        self._detected_at: str | None = None
        self._groups_migrated = self._tells_no_time = False

    @property
    def readings(self) -> Readings:
        """Return everything that is known of the cluster, and what is being asked."""
        troubles, answering = self._client.troubles, self._client.answering
        return replace(
            self._readings,
            asking={n: Asking(since, api.asked) for n, (since, api) in self._asking.items()},
            addresses={address: troubles.get(address) for address in self._client.addresses},
            answering=answering,
            ahead_s=self._cluster_clock.ahead_s(answering),
            token=self._token.standing,
        )

    def begin(self) -> asyncio.Future[Any]:
        """Ask every source that owes no answer; return the questions for the parts of the page."""
        for source in self._due():
            source.begin()
        idle = [source for source in self._parts.values() if not source.is_asking]
        return asyncio.gather(*(source.begin() for source in idle))

    async def read_anew(self) -> None:
        """Ask every source with a question that begins after this call; wait for the answers."""
        if self._token.is_refused:
            self._token.try_again()
            await self._parts["status"].ask_anew()
        due = [source.begin() for source in self._due()]
        parts = [source.ask_anew() for source in self._parts.values()]
        await asyncio.gather(*parts, *(asyncio.shield(question) for question in due))

    def doubt_token(self) -> None:
        """Take nothing for granted of the token that is used from now on."""
        self._token = TokenWatch(self._lender.current(), self._clock)
        self._detected_at = None

    def abandon(self) -> None:
        """Give up every question."""
        for source in (*self._parts.values(), self._detection, self._probes, self._renewal):
            source.abandon()

    def _due(self) -> Iterator[Source]:
        """Yield what is asked now and then, if somebody may ask."""
        credentials = self._lender.current()
        if credentials is None or not self._token.may_ask(first=False):
            return
        now = self._clock.monotonic()
        if isinstance(credentials, Ticket) and is_old(credentials, self._clock.time()):
            yield self._renewal
        elsewhere = self._detected_at != self._client.answering
        if elsewhere or now - self._detected >= self._settings.detect_s:
            yield self._detection
        if self._to_probe() and now - self._probed >= PROBE_S:
            yield self._probes

    # the parts of the page

    async def _part(self, name: str, read: Callable[[ClusterApi], Awaitable[Any]]) -> None:
        credentials = self._lender.current()
        last = self._readings.parts[name]
        if credentials is None:
            self._keep(name, replace(last, error=_NOBODY))
            return
        if not self._token.may_ask(first=name == "status"):
            return
        api = ClusterApi(self._client, credentials, parsers=self._parsers)
        began = self._clock.time()
        self._asking[name] = (began, api)
        try:
            part: Part[Any] = Part(await read(api), self._clock.time())
            self._token.accepted()
            self._doubt_after(last)
        except ApiFailure as failure:
            part = replace(last, error=self._judged(credentials, failure.error))
        finally:
            del self._asking[name]
        took_s = self._clock.time() - began
        self._keep(name, replace(part, took_s=took_s, address=api.asked))

    def _keep(self, name: str, part: Part[Any]) -> None:
        changed: dict[str, Any] = {name: part}
        self._readings = replace(self._readings, **changed)

    def _doubt_after(self, last: Part[Any]) -> None:
        # A cluster that was away may come back as another version.
        away = last.error is not None and (
            last.error.status is None or last.error.code is ErrorCode.PEER
        )
        if away:
            self._detected_at = None

    def _judged(self, credentials: Credentials, error: ApiError) -> ApiError:
        """Return the error as the page tells it; borrow a ticket no longer that was refused."""
        self._token.refused(error)
        if error.code in (ErrorCode.AUTH, ErrorCode.FORBIDDEN):
            self._lender.withdraw(credentials)
        # Whose ticket was borrowed is nothing to the viewer, whose own session is another matter.
        borrowed = error.code is ErrorCode.AUTH and isinstance(credentials, Ticket)
        return _NOBODY if borrowed else error

    async def _read_status(self, api: ClusterApi) -> StatusReading:
        current, manager = await _both(api.status(), api.manager_status())
        node = current.quorum and current.quorum.node
        return StatusReading(current, manager, await self._read_time(api, node) if node else None)

    async def _read_time(self, api: ClusterApi, node: str) -> int | None:
        """Ask for a node's time, where its answers do not carry it anyhow."""
        told = api.asked is not None and self._cluster_clock.ahead_s(api.asked) is not None
        if told or self._tells_no_time:
            return None
        try:
            return await api.time(node)
        except ApiFailure as failure:
            self._tells_no_time = failure.error.status is not None
            return None

    async def _read_rules(self, api: ClusterApi) -> RulesReading:
        if self._readings.detected.version is None:
            await asyncio.shield(self._detection.begin())
        if self._readings.detected.rules:
            try:
                rules = await api.rules()
            except ApiFailure as failure:
                if not means_no_rules(failure.error):
                    raise
                detected = self._readings.detected.without_rules()
                self._readings = replace(self._readings, detected=detected)
            else:
                return RulesReading(rules=rules, groups=await self._leftover_groups(api))
        return RulesReading(groups=await api.groups())

    async def _leftover_groups(self, api: ClusterApi) -> tuple[Group, ...]:
        """Read the groups that wait for their migration; none once the cluster says it is done."""
        if self._groups_migrated:
            return ()
        try:
            return await api.groups()
        except ApiFailure as failure:
            self._groups_migrated = failure.error.status is not None
            return ()

    # what changes rarely

    async def _detect(self) -> None:
        """Learn the version and what it knows, the votes; doubt what was found missing."""
        api = ClusterApi(self._client, self._lender.current())
        try:
            features = await detect(api)
        except ApiFailure:
            return
        self._detected, self._detected_at = self._clock.monotonic(), api.asked
        self._groups_migrated = self._tells_no_time = False
        try:
            votes = await api.votes()
        except ApiFailure:
            votes = None
        await self._ask_what_the_token_may(api)
        self._readings = replace(self._readings, detected=features, votes=votes)
        self._tell()

    async def _ask_what_the_token_may(self, api: ClusterApi) -> None:
        if self._token.standing is None:
            return
        try:
            self._token.may(await api.permissions())
        except ApiFailure as failure:
            self._token.refused(failure.error)

    def _to_probe(self) -> list[str]:
        """Return the addresses of which it would be good to know more."""
        quorum = self._readings.status.data.current.quorum
        minority = quorum is not None and not quorum.ok
        asked_first, troubles = self._client.answering, self._client.troubles
        addresses = [address for address in self._client.addresses if address != asked_first]
        return [address for address in addresses if minority or address in troubles]

    async def _probe(self) -> None:
        """Find out which nodes can be asked again, and leave a minority for the majority."""
        self._probed = self._clock.monotonic()
        quorum = self._readings.status.data.current.quorum
        minority = quorum is not None and not quorum.ok
        for address in self._to_probe():
            api = ClusterApi(self._client, self._lender.current(), at=address)
            try:
                membership = await api.membership()
            except ApiFailure:
                continue
            if minority and membership.quorate:
                self._client.prefer(address)
                minority = False
        self._tell()

    async def _renew(self) -> None:
        ticket = self._lender.current()
        if not isinstance(ticket, Ticket):
            return
        now = int(self._clock.time())
        try:
            self._lender.lend(
                await ClusterApi(self._client).log_in(ticket.user, ticket.ticket, now)
            )
        except ApiFailure:
            return


async def _read_nodes(api: ClusterApi) -> NodesReading:
    return NodesReading(*await _both(api.inventory(), api.membership()))


async def _both(one: Awaitable[Data], other: Awaitable[Other]) -> tuple[Data, Other]:
    """Wait for two answers; where one fails, still for the other, so that none is left behind."""
    first, second = await asyncio.gather(one, other, return_exceptions=True)
    if isinstance(first, BaseException):
        raise first
    if isinstance(second, BaseException):
        raise second
    return first, second
