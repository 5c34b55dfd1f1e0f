"""Maintenance of the embedded cluster by consoles that are killed at random moments.

`python -m tests.console.maintained [KILLS [SEED]]` kills so many.
"""

import asyncio
import random
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.console.visit import SteppedClock
from virton.console.audited import auditor
from virton.console.lender import Lender
from virton.console.maintenance.acts import ACTS
from virton.console.maintenance.agreed import stop_of
from virton.console.maintenance.operation import Maintenance
from virton.console.maintenance.work import Way, Work
from virton.console.sessions import Sessions
from virton.console.settings import ConsoleSettings
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.running import RunningCluster
from virton.forecast.maintenance_asked import maintenance
from virton.forecast.situation import situation_of
from virton.keeping.audit import Audit
from virton.keeping.syslog import Forwarder
from virton.proxmox import ClusterApi, ProxmoxClient
from virton.proxmox.answers import Remembered
from virton.proxmox.capture import see
from virton.proxmox.credentials import Credentials

PASSWORD = "a password for tests"
MOST_STEPS = 5000


class Killed(BaseException):
    """The console's process was killed."""


class FrailClient(ProxmoxClient):
    """A client that kills its console at a call, before or after it went out."""

    def __init__(self, cluster: RunningCluster) -> None:
        whole = ProxmoxClient.in_process(cluster.app)
        super().__init__(whole.addresses)
        self._whole = whole
        self.calls = 0
        self.dies_at: int | None = None
        self.dies_after = False
        self.told: dict[str, Any] = {}
        """What is answered to a path, whatever the cluster would say."""

    async def call(self, method: str, path: str, *rest: Any, **more: Any) -> Any:  # type: ignore[override]
        if path in self.told:
            return self.told[path]
        return await self._frail(self._whole.call, method, path, *rest, **more)

    async def plain(self, method: str, path: str, *rest: Any, **more: Any) -> Any:  # type: ignore[override]
        return await self._frail(self._whole.plain, method, path, *rest, **more)

    async def _frail(self, pass_on: Any, *rest: Any, **more: Any) -> Any:
        self.calls += 1
        dies = self.calls == self.dies_at
        if dies and not self.dies_after:
            raise Killed
        more.pop("trying", None)
        answer = await pass_on(*rest, **more)
        if dies:
            raise Killed
        return answer

    async def aclose(self) -> None:
        await self._whole.aclose()


class Scene:
    """An embedded cluster, and one console after the other over the same data folder."""

    def __init__(self, folder: Path, version: str | None = None) -> None:
        self.folder = folder
        self.cluster = RunningCluster(ClusterFiles(), PASSWORD, 1_800_000_000, version)
        self.cluster.world.step(60)
        self.clock = SteppedClock()
        self.client = FrailClient(self.cluster)
        self.consoles = 0

    async def console(self) -> Maintenance:
        """Return the maintenance of a new console over the folder, with its user logged in."""
        self.consoles += 1
        settings, lender = ConsoleSettings(self.folder), Lender()
        self.sessions = Sessions(self.client, lender, settings, self.clock, b"k" * 32, lambda: None)
        self.session = await self.sessions.open("root@pam", PASSWORD, None)
        made = Maintenance(
            self.folder,
            self.client,
            self.sessions,
            lender,
            self.clock,
            auditor(Audit(self.folder), self.clock, Forwarder(None)),
            self.planned,
        )
        made.lend(self.session)
        return made

    async def planned(self, credentials: Credentials, nodes: list[str]) -> Mapping[str, Any]:
        """Return the plan for nodes, of the cluster as its API shows it now."""
        remembered = Remembered(self.clock.monotonic, 0.0)
        capture = await see(ClusterApi(self.client, credentials), remembered)
        return maintenance(situation_of(capture), nodes, timed=False)

    async def begun(
        self, nodes: list[str], way: Way = Way.MODE, *, noout: bool = False
    ) -> Maintenance:
        """Return a console in which the maintenance of these nodes has begun."""
        console = await self.console()
        told = await self.planned(self.session.ticket, nodes)
        stops = tuple(stop_of(step) for step in told["steps"])
        keep, now = told["bears"], self.clock.time()
        work = Work(0, "root@pam", now, way, stops, keep=keep, noout=noout)
        console.begin(work, self.session)
        return console

    async def step(self, console: Maintenance, seconds: int = 5) -> None:
        """Let the console look and act, and time pass."""
        await console.tick()
        self.check(console)
        self.cluster.world.step(seconds)
        self.clock.now += seconds

    def check(self, console: Maintenance) -> None:
        """Fail where a node is said to be empty on which a guest runs, or something is done."""
        work = console.under_way
        if work is None or not console.is_empty:
            return
        host = self.cluster.world.hosts[work.stop.node]
        under_way = [
            o
            for o in self.cluster.world.operations_with_tasks().values()
            if work.stop.node in (o.node, o.target)
        ]
        assert not host.running, f"said to be empty: {work.stop.node} runs {sorted(host.running)}"
        assert not under_way, f"said to be empty: {under_way}"

    async def until(self, console: Maintenance, reached: Any, most: int = 200) -> None:
        """Step until something is so."""
        for _ in range(most):
            if reached():
                return
            await self.step(console)
        raise AssertionError(f"not reached: {console.work and console.work.log[-4:]}")

    def places(self) -> dict[str, str]:
        """Return where every guest runs."""
        hosts = self.cluster.world.hosts.values()
        return {sid: host.name for host in hosts for sid in sorted(host.running)}


async def killed_often(folder: Path, kills: int, seed: int) -> int:
    """Service three nodes while consoles are killed; return how many were before it all ended."""
    dice = random.Random(seed)  # noqa: S311  (when is no secret)
    scene = Scene(folder)
    before, died, steps = scene.places(), 0, 0
    console: Maintenance | None = await scene.begun(["phum03", "phum02", "phum01"])
    while died < kills or (console is None or console.under_way):
        scene.client.dies_at = scene.client.calls + dice.randint(1, 60) if died < kills else None
        scene.client.dies_after = dice.random() < 0.5
        with suppress(Killed):
            console = console or await scene.console()
            while console.under_way:
                await scene.step(console)
                steps += 1
                assert steps < MOST_STEPS, console.work and (
                    console.work.trouble,
                    console.work.asked,
                )
                if console.is_empty and dice.random() < 0.3:
                    scene.check(console)
                    press(console, scene, "finish")
            if died < kills:
                console = await scene.begun(["phum03", "phum02", "phum01"])
            continue
        died, console = died + 1, None
    assert scene.places() == before
    await scene.client.aclose()
    return died


def press(console: Maintenance, scene: Scene, what: str) -> None:
    """Press the button that ends the work on a node."""
    now = scene.clock.time()
    console.change(what, lambda work: ACTS[what](work, "root@pam", now), scene.session)


def main(arguments: list[str]) -> int:
    """Kill consoles, and tell how many."""
    kills = int(arguments[0]) if arguments else 50
    seed = int(arguments[1]) if len(arguments) > 1 else 0
    with tempfile.TemporaryDirectory() as folder:
        print(f"killed {asyncio.run(killed_often(Path(folder), kills, seed))} times")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
