"""How many may be connected, and how long they may keep the server waiting."""

import asyncio
import ipaddress
import logging
import resource
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from virton.rare_log import RareLog
from virton.throttle import network_of

_LOG = RareLog(logging.getLogger(__name__))
_KEPT_DESCRIPTORS = 128
_FEWEST = 16
_MOST_DESCRIPTORS = 1 << 16
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"connection: close\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n"
)

Awaited = Literal["head", "body", "nothing", "idle"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most connections, in all and of one network, and how long each may take for what.

    A request's head (or the rest of a body that nobody wants) takes `head_s` at most, its body
    `body_s`, and whoever does not read what is sent is left after `stalled_s`.
    """

    most: int = 2000
    most_of_one: int = 256
    head_s: float = 10.0
    body_s: float = 30.0
    stalled_s: float = 60.0


def fitting(bounds: Bounds) -> Bounds:
    """Return bounds that leave descriptors for files; take as many descriptors as are allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    room = max(_FEWEST, min(soft - _KEPT_DESCRIPTORS, soft // 2))
    most = min(bounds.most, room)
    return Bounds(most, bounds.most_of_one, bounds.head_s, bounds.body_s, bounds.stalled_s)


class Connections:
    """Who is connected: when it is full, whoever has asked for nothing yet makes room first."""

    def __init__(self, bounds: Bounds, trusted_proxies: Sequence[str] = ()) -> None:
        self.bounds = bounds
        self.trust(trusted_proxies)
        self._open: dict[BoundedProtocol, str] = {}
        self._of_network: Counter[str] = Counter()

    def trust(self, proxies: Sequence[str]) -> None:
        """Take these for addresses that speak for many."""
        self._trusted = [ipaddress.ip_network(proxy) for proxy in proxies]

    def enter(self, protocol: "BoundedProtocol", address: str) -> bool:
        """Tell whether there is room for a connection."""
        network = network_of(address)
        many = self._of_network[network] >= self.bounds.most_of_one
        if many and not self._many_from(address):
            _LOG.warning("one network has too many connections")
            return False
        if len(self._open) >= self.bounds.most and not self._make_room():
            _LOG.warning("there are too many connections")
            return False
        self._open[protocol] = network
        self._of_network[network] += 1
        return True

    def leave(self, protocol: "BoundedProtocol") -> None:
        """Take notice that a connection is gone."""
        network = self._open.pop(protocol, None)
        if network is not None:
            self._of_network[network] -= 1
            if not self._of_network[network]:
                del self._of_network[network]

    def _many_from(self, address: str) -> bool:
        """Tell whether an address speaks for many, as this machine and trusted proxies do."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return parsed.is_loopback or any(parsed in network for network in self._trusted)

    def _make_room(self) -> bool:
        """Close the oldest connection that has asked for nothing yet, or has not asked in full."""
        waiting = [known for known in self._open if known.awaited != "nothing"]
        if not waiting:
            return False
        oldest = next((known for known in waiting if known.awaited != "body"), waiting[0])
        _LOG.warning("there are too many connections: one that asked for nothing was closed")
        self.leave(oldest)
        oldest.transport.abort()
        return True


class BoundedConfig(uvicorn.Config):
    """The server's configuration, with the bounds of its connections."""

    doors: Connections


class BoundedProtocol(H11Protocol):
    """HTTP on one connection that may not keep the server waiting."""

    config: BoundedConfig

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Speak HTTP on one connection."""
        super().__init__(*args, **kwargs)
        self.awaited: Awaited = "head"
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, if there is room."""
        super().connection_made(transport)
        if not self.config.doors.enter(self, self.client[0] if self.client else "unknown"):
            transport.write(_FULL)
            transport.close()
            return
        self._await("head")

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room for another."""
        self.config.doors.leave(self)
        self._await("nothing")
        if self._stalled is not None:
            self._stalled.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, and see what is still to come."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._review()

    def on_response_complete(self) -> None:
        """Wait for the next request, which the keep-alive time-out bounds."""
        self._await("idle")
        super().on_response_complete()
        if not self.cycle.response_complete:  # the next request was there already
            self._review()

    def _review(self) -> None:
        answered = self.cycle is None or self.cycle.response_complete
        now: Awaited = "head" if answered else "body" if self.cycle.more_body else "nothing"
        if now != self.awaited:
            self._await(now)

    def _await(self, what: Awaited) -> None:
        self.awaited = what
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        bounds = self.config.doors.bounds
        if what in ("head", "body"):
            limit_s = bounds.head_s if what == "head" else bounds.body_s
            self._deadline = self.loop.call_later(limit_s, self.transport.abort)

    def pause_writing(self) -> None:
        """Wait for whoever does not read, but not for ever."""
        super().pause_writing()
        if self._stalled is None:
            limit_s = self.config.doors.bounds.stalled_s
            self._stalled = self.loop.call_later(limit_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
