"""A console before the embedded cluster, with nodes between them that go wrong on demand."""

import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.console.visit import Browser, SteppedClock, Stream, settle
from tests.faults.proxy import FaultyNode, of_app
from virton.console.app import create_app
from virton.console.session_cookie import COOKIE
from virton.console.settings import ConsoleSettings
from virton.console.watch.poller import Poller
from virton.embedded import RunningCluster
from virton.proxmox import ProxmoxClient, Trust

PASSWORD = "a password for tests"
SHORT_S = 0.2
PARTS = {
    "status": "/cluster/ha/status/current",
    "resources": "/cluster/ha/resources",
    "rules": "/cluster/ha/rules",
    "nodes": "/cluster/resources",
}
"""A path of each part of the page."""


@dataclass
class Site:
    """The embedded cluster, the console's folder, and a session that every test of a module uses."""

    cluster: RunningCluster
    data: Path
    cookie: str = ""
    csrf: str = ""

    def a_second_later(self) -> None:
        """Date the tickets to come a second later, as two of the same second are the same."""
        access = self.cluster.cluster.access
        clock = access.clock
        access.clock = lambda: clock() + 1

    async def let_in(self, browser: Browser) -> None:
        """Log in, at the first time, or come in with the session."""
        if self.cookie:
            browser.http.cookies.set(COOKIE, self.cookie)
            browser.csrf = self.csrf
        else:
            await self.log_in(browser)

    async def log_in(self, browser: Browser) -> None:
        """Log in, and keep the session for those who come after."""
        browser.http.cookies.clear()
        answer = await browser.log_in("root@pam", PASSWORD)
        assert answer.status_code == 200, answer.text
        self.cookie, self.csrf = browser.http.cookies[COOKIE], browser.csrf


@dataclass
class Desk:
    """Everything that a test touches."""

    site: Site
    client: ProxmoxClient
    nodes: list[FaultyNode]
    clock: SteppedClock
    poller: Poller
    browser: Browser

    @property
    def node(self) -> FaultyNode:
        """Return the only node, or the first."""
        return self.nodes[0]

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """Wait only a moment for an answer."""
        usual = self.client.timeouts
        self.client.timeouts = replace(usual, whole_s=SHORT_S)
        yield
        self.client.timeouts = usual

    async def look(self) -> dict[str, Any]:
        """Return the Snapshot after a round."""
        await self.poller.poll_once()
        response = await self.browser.get("/api/snapshot")
        assert response.status_code == 200, response.text
        body = response.json()
        assert isinstance(body, dict)
        return body

    async def seen(self, stream: Stream) -> dict[str, Any]:
        """Return what an open page shows after a round."""
        told = await self.look()
        await settle()
        return stream.shown() or told


def failing(told: dict[str, Any]) -> dict[str, str]:
    """Return the codes of the parts that fail."""
    return {name: part["error"]["code"] for name, part in told["parts"].items() if part["error"]}


def content(told: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows of the cluster, without what tells how fresh it is."""
    kept = ("quorum", "master", "fencing", "nodes", "resources", "guests", "rules")
    return {key: told[key] for key in kept}


@asynccontextmanager
async def at_desk(
    site: Site,
    *,
    count: int = 1,
    tls: ssl.SSLContext | None = None,
    trust: Trust | None = None,
    token: bool = True,
) -> AsyncIterator[Desk]:
    """Open a console on so many nodes, and log in."""
    nodes = [FaultyNode(of_app(site.cluster.app), tls) for _ in range(count)]
    for node in nodes:
        await node.start()
    client = ProxmoxClient([node.address for node in nodes], trust=trust)
    clock = SteppedClock()
    clock.now = float(int(time.time()))
    settings = ConsoleSettings(site.data, site.cluster.console_token if token else None)
    app = create_app(client, settings, clock)
    browser = Browser(app)
    await site.let_in(browser)
    poller = app.state.console.poller
    try:
        yield Desk(site, client, nodes, clock, poller, browser)
    finally:
        await browser.http.aclose()
        poller.abandon()
        await client.aclose()
        for node in nodes:
            await node.close()
