"""Everything that the handlers share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request

from virton.console.audited import Auditor, auditor
from virton.console.clock import Clock, tell_leaps
from virton.console.drill_book import DrillBook
from virton.console.failure_log import FailureLog
from virton.console.lender import Lender
from virton.console.maintenance.operation import Maintenance
from virton.console.metrics import Since
from virton.console.plan_book import PlanBook
from virton.console.sessions import Sessions
from virton.console.settings import ConsoleSettings, console_key
from virton.console.watch.fence_clock import FenceClock
from virton.console.watch.forecasts import Forecasts
from virton.console.watch.poller import Poller
from virton.console.watch.sights import Memories
from virton.console.watch.telling import Telling
from virton.console.watch.upkeep import Upkeep
from virton.console.watch.views import Views
from virton.keeping.audit import Audit
from virton.keeping.sealing import Sealer
from virton.keeping.syslog import Forwarder, Receiver
from virton.proxmox import ClusterApi, ProxmoxClient
from virton.proxmox.answers import Remembered
from virton.proxmox.capture import see
from virton.proxmox.credentials import Credentials, name_of
from virton.throttle import Throttle

CONFIGURATION_S = 600.0
"""For how long the forecasts' own table goes by what a guest's configuration was."""


@dataclass(frozen=True, slots=True)
class Console:
    """A running console."""

    client: ProxmoxClient
    settings: ConsoleSettings
    clock: Clock
    sessions: Sessions
    throttle: Throttle
    poller: Poller
    views: Views
    forecasts: Forecasts
    fence_clock: FenceClock
    auditor: Auditor
    failures: FailureLog
    maintenance: Maintenance
    plans: PlanBook
    drills: DrillBook
    telling: Telling | None = None
    upkeep: Upkeep | None = None
    since: Since = field(default_factory=Since)

    def by(self, settings: ConsoleSettings) -> "Console":
        """Return the console as it goes on by other settings; what it was made with stays."""
        kept = replace(settings, data=self.settings.data, history=self.settings.history)
        self.poller.go_by(kept)
        self.sessions.idle_s, self.sessions.one_each = kept.idle_s, kept.one_session
        self.plans.four_eyes = kept.four_eyes
        self.auditor.forwarder.go_to(_receiver(kept))
        if self.telling is not None:
            self.telling.go_by(kept.notify)
        if self.upkeep is not None:
            self.upkeep.given = kept.retention
        self.poller.feed.beat()  # streams look again who may have them
        return replace(self, settings=kept)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the poller and its beats going; close the connection at the end."""
        if self.drills.started is not None:
            self.drills.go_on()
        tasks = [
            asyncio.create_task(self.poller.run()),
            asyncio.create_task(self.poller.run_beats()),
            asyncio.create_task(self.forecasts.run()),
            asyncio.create_task(self.maintenance.run()),
            asyncio.create_task(tell_leaps(self.clock)),
            asyncio.create_task(self.auditor.forwarder.run()),
        ]
        if self.poller.chronicle is not None:
            tasks.append(asyncio.create_task(self.poller.chronicle.run()))
        if self.telling is not None:
            tasks.append(asyncio.create_task(self.telling.run()))
        if self.upkeep is not None:
            tasks.append(asyncio.create_task(self.upkeep.run()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.poller.abandon()
            self.sessions.keep()
            await self.plans.end()
            await self.drills.end()
            await self.forecasts.end()
            await self.client.aclose()


def open_console(client: ProxmoxClient, settings: ConsoleSettings, clock: Clock) -> Console:
    """Put a console together."""
    lender = Lender(settings.token)
    key = console_key(settings.data)
    poller = Poller(client, lender, settings, clock)

    configurations = Remembered(clock.monotonic, CONFIGURATION_S)

    async def captured() -> dict[str, Any]:
        return await see(ClusterApi(client, lender.current()), configurations)

    forecasts = Forecasts(settings.data, clock, lambda: poller.readings, captured)
    poller.outlook_of, forecasts.on_table = forecasts.outlook, poller.publish

    async def ahead() -> dict[str, Any]:
        return await forecasts.ask("course", capture=await captured(), question={})

    sessions = Sessions(client, lender, settings, clock, key, poller.feed.beat)
    heard = None if poller.chronicle is None else poller.chronicle.asked
    poller.audit = audit = Audit(settings.data)
    told = auditor(
        audit, clock, Forwarder(_receiver(settings)), heard, lambda: poller.readings.clock_ahead_s
    )

    of_whom_it_serves = Memories(clock, CONFIGURATION_S)

    async def planned(credentials: Credentials, nodes: list[str]) -> dict[str, Any]:
        memory = of_whom_it_serves.of(name_of(credentials))
        capture = await see(ClusterApi(client, credentials), memory)
        return await forecasts.ask("maintenance", capture=capture, nodes=nodes, timed=False)

    plans = PlanBook(settings.data, four_eyes=settings.four_eyes, clock=clock)
    plans.auditor = told
    return Console(
        client=client,
        settings=settings,
        clock=clock,
        sessions=sessions,
        throttle=Throttle(clock.monotonic),
        poller=poller,
        views=Views(),
        forecasts=forecasts,
        fence_clock=FenceClock(clock, lambda: poller.readings, ahead),
        auditor=told,
        failures=FailureLog(clock.monotonic),
        maintenance=Maintenance(
            settings.data, client, sessions, lender, clock, told, planned, poller.cluster_time
        ),
        drills=DrillBook(settings.data, client, clock, lender, sessions.has_ended),
        plans=plans,
        telling=_telling(poller, settings, clock),
        upkeep=_upkeep(poller, settings, clock),
    )


def _receiver(settings: ConsoleSettings) -> Receiver | None:
    return Receiver.parse(settings.audit_syslog) if settings.audit_syslog else None


def _telling(poller: Poller, settings: ConsoleSettings, clock: Clock) -> Telling | None:
    if poller.chronicle is None:
        return None
    return Telling(poller.chronicle, settings.notify, clock, Sealer(settings.data))


def _upkeep(poller: Poller, settings: ConsoleSettings, clock: Clock) -> Upkeep | None:
    if poller.chronicle is None:
        return None
    return Upkeep(poller.chronicle, settings.retention, clock)


def console_of(request: Request) -> Console:
    """Return the console that serves a request."""
    console = request.app.state.console
    assert isinstance(console, Console)  # noqa: S101 - create_app has put it there
    return console
