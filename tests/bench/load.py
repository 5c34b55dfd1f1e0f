"""What browsers cost: the questions to the cluster, and the time until the last one has the answer."""

import asyncio
import bisect
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console
from rich.table import Table

from virton.cli.listening import address_of, listen
from virton.cli.serving import Server
from virton.console.app import create_app
from virton.console.session_cookie import COOKIE
from virton.console.settings import ConsoleSettings
from virton.embedded import start
from virton.proxmox import ProxmoxClient
from virton.proxmox.client import AsgiApp

BROWSERS = (1, 10, 100)
INTERVAL_S = 0.5
USUAL_INTERVAL_S = 2.0
EVENTS = 9
LONGEST_S = 25.0
PASSWORD = "a password for the bench"
ROUND = "/api2/json/cluster/ha/status/current"


@dataclass
class Counted:
    """An app, with the paths that it was asked for and when each answer was complete."""

    app: AsgiApp
    asked: list[tuple[float, str]] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        self.asked.append((time.time(), scope["path"]))
        await self.app(scope, receive, send)
        self.answered.append(time.time())


@dataclass(frozen=True)
class Measured:
    """Questions to the cluster in each round, and seconds from its answer to the last browser."""

    browsers: int
    rounds: list[int]
    delays_s: list[float]


@asynccontextmanager
async def serving(cluster: Counted, token: str, data: Path) -> AsyncIterator[str]:
    """Serve the console of a cluster."""
    settings = ConsoleSettings(data, token, interval_s=INTERVAL_S)
    server = Server(create_app(ProxmoxClient.in_process(cluster), settings))
    with listen("127.0.0.1", 0) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield address_of("127.0.0.1", listener)
        finally:
            server.should_exit = True
            await task


async def measure(browsers: int, data: Path) -> Measured:
    """Let so many browsers watch a cluster in which something happens all the time."""
    running = start(data, PASSWORD)
    running.world.set_speed(60)
    cluster = Counted(running.app)
    living = asyncio.create_task(running.run())
    try:
        async with serving(cluster, running.console_token, data) as address:
            seen = await crowd(address, await logged_in(address), browsers)
    finally:
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
    return Measured(browsers, rounds(cluster, seen), delays(cluster, seen))


async def logged_in(address: str) -> str:
    """Return the cookie of a session."""
    async with httpx2.AsyncClient(base_url=address, trust_env=False) as http:
        body = {"username": "root@pam", "password": PASSWORD}
        response = await http.post("/api/login", json=body)
        return f"{COOKIE}={response.cookies[COOKIE]}"


async def crowd(address: str, cookie: str, browsers: int) -> list[list[tuple[float, float]]]:
    """Open the browsers, in a process of their own, and return what each noted."""
    command = ["-m", "tests.bench.browsers", address, cookie, str(browsers), str(EVENTS)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), LONGEST_S)
    finally:
        if process.returncode is None:
            process.kill()
    seen: list[list[tuple[float, float]]] = json.loads(output)
    return seen


def news(seen: list[list[tuple[float, float]]]) -> list[float]:
    """Return when the Snapshots were taken that every browser got, but for the first."""
    return sorted(set.intersection(*({taken for taken, _ in one[1:]} for one in seen)))


def rounds(cluster: Counted, seen: list[list[tuple[float, float]]]) -> list[int]:
    """Return how many questions there were in each whole round between the first news and the last."""
    first, last = news(seen)[0], news(seen)[-1]
    begun = [at for at, path in cluster.asked if path == ROUND and first <= at <= last]
    times = [at for at, _ in cluster.asked]
    # What belongs to a round is asked within a moment of its first question.
    edges = [bisect.bisect_left(times, at - 0.1) for at in begun]
    return [later - earlier for earlier, later in itertools.pairwise(edges)]


def delays(cluster: Counted, seen: list[list[tuple[float, float]]]) -> list[float]:
    """Return for each Snapshot how long after the cluster's last answer the last browser had it."""
    here = [dict(one) for one in seen]
    return [
        max(one[taken] for one in here)
        - cluster.answered[bisect.bisect_right(cluster.answered, taken) - 1]
        for taken in news(seen)
    ]


def table(measured: list[Measured]) -> Table:
    """Return the results as people read them."""
    shown = Table(title="One console, many browsers (embedded cluster, loopback)")
    for name in ("browsers", "questions a round", "a minute", "last browser, median", "worst"):
        shown.add_column(name, justify="right")
    for each in measured:
        per_round = statistics.median(each.rounds)
        shown.add_row(
            str(each.browsers),
            f"{per_round:g}",
            f"{per_round * 60 / USUAL_INTERVAL_S:g}",
            f"{statistics.median(each.delays_s) * 1000:.1f} ms",
            f"{max(each.delays_s) * 1000:.1f} ms",
        )
    return shown


def main() -> None:
    """Measure and print; fail where more browsers cost the cluster more."""
    measured = []
    for browsers in BROWSERS:
        with tempfile.TemporaryDirectory() as folder:
            measured.append(asyncio.run(measure(browsers, Path(folder))))
    Console().print(table(measured))
    if len({statistics.median(each.rounds) for each in measured}) != 1:
        sys.exit("more browsers cost the cluster more questions")


if __name__ == "__main__":
    main()
