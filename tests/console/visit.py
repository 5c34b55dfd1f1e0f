"""A console on a cluster of written answers, a clock that is stepped, and browsers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from starlette.applications import Starlette

from tests.proxmox.playback import NOW, ROOT, TOKEN, Playback
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.console.state import Console
from virton.console.watch.poller import Poller
from virton.proxmox import ProxmoxClient

QUIET_TURNS = 3
"""Turns of the event loop in which nobody was ready: a closed connection is heard of one turn late."""


class SteppedClock:
    """Time that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = float(NOW)
        self.set_by = 0.0
        self.worked = self.work_of_each_look = 0.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def time(self) -> float:
        """Return the time now."""
        return self.now

    def monotonic(self) -> float:
        """Return the time that has passed, whatever the clock was set to."""
        return self.now - self.set_by

    def worked_s(self) -> float:
        """Return how long the console has been at work, as the test says."""
        self.worked += self.work_of_each_look
        return self.worked

    def set_back(self, seconds: float) -> None:
        """Set the clock back (or forward, by less than nothing), as an operator would."""
        self.now -= seconds
        self.set_by -= seconds
        self._sleepers = [(until - seconds, woken) for until, woken in self._sleepers]

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has moved time so far."""
        woken = asyncio.Event()
        self._sleepers.append((self.now + seconds, woken))
        await woken.wait()

    async def step(self, seconds: float) -> None:
        """Move time, wake who slept until then, and let everybody come to rest."""
        self.now += seconds
        for until, woken in self._sleepers:
            if until <= self.now:
                woken.set()
        self._sleepers = [(until, woken) for until, woken in self._sleepers if not woken.is_set()]
        await settle()


async def settle() -> None:
    """Let every task run until it waits for something that only time or a test brings."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    quiet = 0
    for _ in range(300):
        await asyncio.sleep(0)
        quiet = 0 if ready else quiet + 1
        if quiet == QUIET_TURNS:
            return


class Browser:
    """Somebody's browser: keeps cookies, sends JSON and the CSRF token."""

    def __init__(self, app: Starlette, address: str = "127.0.0.1", scheme: str = "http") -> None:
        transport = httpx2.ASGITransport(app=app, client=(address, 1))
        self._app = app
        self.http = httpx2.AsyncClient(transport=transport, base_url=f"{scheme}://console")
        self.csrf = ""

    async def log_in(
        self,
        user: str = ROOT,
        password: str = "root-password",  # noqa: S107
        **more: Any,
    ) -> httpx2.Response:
        """Log in and keep the session."""
        name, _, realm = user.partition("@")
        body = {"username": name, "password": password, "realm": realm} | more
        response = await self.http.post("/api/login", json=body)
        if response.status_code == 200:
            self.csrf = response.json()["csrf"]
        return response

    async def get(self, path: str) -> httpx2.Response:
        """Read."""
        return await self.http.get(path)

    async def write(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """Write as the page does."""
        headers = {"X-CSRF-Token": self.csrf}
        return await self.http.request(method, path, json=body, headers=headers)

    @asynccontextmanager
    async def stream(self, *, accepts: str = "") -> AsyncIterator["Stream"]:
        """Open the live stream."""
        cookies = "; ".join(f"{k}={v}" for k, v in self.http.cookies.items())
        stream = Stream(self._app, cookies, accepts)
        await settle()
        try:
            yield stream
        finally:
            await stream.close()


class Stream:
    """A live stream as the browser gets it, event by event."""

    def __init__(self, app: Starlette, cookies: str, accepts: str = "") -> None:
        self._left = asyncio.Event()
        self._told = b""
        self.page: dict[str, Any] = {}
        self.status: int | None = None
        self.cookies: list[str] = []
        self.headers: dict[str, str] = {}
        self._task = asyncio.create_task(self._run(app, cookies, accepts))

    async def _run(self, app: Starlette, cookies: str, accepts: str) -> None:
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b""}
            await self._left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
                self.cookies = [v.decode() for k, v in message["headers"] if k == b"set-cookie"]
            self._told += message.get("body", b"")

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/api/stream",
            "raw_path": b"/api/stream",
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "server": ("console", 80),
            "client": ("127.0.0.1", 1),
            "headers": [(b"cookie", cookies.encode()), (b"accept-encoding", accepts.encode())],
        }
        await app(scope, receive, send)

    def events(self) -> list[tuple[str, Any]]:
        """Return, and forget, the events that have come."""
        blocks, self._told = self._told.decode().split("\r\n\r\n"), b""
        parsed = [dict(line.split(": ", 1) for line in b.splitlines() if line) for b in blocks]
        told = [(p["event"], json.loads(p["data"])) for p in parsed if "event" in p]
        for name, data in told:
            self._take(name, data)
        return told

    def taken(self) -> bytes:
        """Return, and forget, the bytes that have come."""
        taken, self._told = self._told, b""
        return taken

    def shown(self) -> dict[str, Any]:
        """Return, and forget, the page model that the events so far make up."""
        self.events()
        return self.page

    def _take(self, name: str, data: Any) -> None:
        """Take in what an event tells, as the page does."""
        if name == "whole":
            self.page = data["page"]
        elif name == "change":
            lists = {
                key: changed(self.page[key], data["rows"].get(key, []), data["gone"].get(key, []))
                for key in ("nodes", "resources", "guests", "rules")
            }
            self.page = self.page | data["fields"] | lists
        if name in ("change", "beat"):
            self.page |= {key: data[key] for key in ("now", "fresh", "parts")}
            self.page["cluster"] = self.page["cluster"] | {"clock": data["clock"]}

    @property
    def ended(self) -> bool:
        """Tell whether the console has ended the stream."""
        return self._task.done()

    async def close(self) -> None:
        """Leave."""
        self._left.set()
        await asyncio.wait_for(self._task, 60)


def changed(list_: list[Any], rows: list[Any], gone: list[str]) -> list[Any]:
    """Return a list of the page with the rows that changed, and without those that went."""
    by_key = {_key(row): row for row in list_} | {_key(row): row for row in rows}
    return sorted((row for key, row in by_key.items() if key not in gone), key=_place)


def _key(row: Any) -> str:
    # A rule names its resources, and a resource its node: the field of its own comes first.
    return str(row.get("sid") or row.get("rule") or row["name"])


def _place(row: Any) -> Any:
    if "sid" in row:
        return row["type"] if "state" in row else "", row["vmid"] or 0, row["sid"]
    return (row["order"], row["rule"]) if "rule" in row else row["name"]


@dataclass
class Visit:
    """Everything that a test touches."""

    cluster: Playback
    clock: SteppedClock
    app: Starlette
    browsers: list[Browser] = field(default_factory=list)

    @property
    def console(self) -> Console:
        """Return the running console."""
        console = self.app.state.console
        assert isinstance(console, Console)
        return console

    @property
    def poller(self) -> Poller:
        """Return the poller."""
        return self.console.poller

    def browser(self, address: str = "127.0.0.1", scheme: str = "http") -> Browser:
        """Open another browser."""
        browser = Browser(self.app, address, scheme)
        self.browsers.append(browser)
        return browser

    async def logged_in(
        self,
        user: str = ROOT,
        password: str = "root-password",  # noqa: S107
    ) -> Browser:
        """Open another browser and log in."""
        browser = self.browser()
        assert (await browser.log_in(user, password)).status_code == 200
        return browser

    def at_work(self) -> Any:
        """Run the poller and its beats, as a server does."""
        return self.console.running()


@asynccontextmanager
async def visiting(
    data: Path,
    *,
    token: str | None = TOKEN,
    cluster: Playback | None = None,
    one_session: bool = False,
) -> AsyncIterator[Visit]:
    """Open a console."""
    cluster = cluster or Playback()
    clock = SteppedClock()
    client = ProxmoxClient.in_process(cluster)
    app = create_app(
        client, ConsoleSettings(data=data, token=token, one_session=one_session), clock
    )
    visit = Visit(cluster, clock, app)
    try:
        yield visit
    finally:
        for browser in visit.browsers:
            await browser.http.aclose()
        await client.aclose()
