"""The console as one ASGI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from virton.console.clock import Clock, SystemClock
from virton.console.guard import answered, reading, writing
from virton.console.handlers import (
    capture,
    drills,
    forecast,
    health,
    history,
    incidents,
    lab,
    live,
    maintenance,
    metrics,
    notify,
    openid,
    operations,
    pages,
    plans,
    records,
    repairs,
    resources,
    rule_advice,
    rules,
    session,
    who,
)
from virton.console.request_ids import RequestIds
from virton.console.security import AllowedAddresses, BelowPrefix, KnownHosts, SecurityHeaders
from virton.console.settings import ConsoleSettings
from virton.console.state import Console, open_console
from virton.language.sentences import CATALOGUES
from virton.proxmox import ProxmoxClient


def create_app(
    client: ProxmoxClient, settings: ConsoleSettings, clock: Clock | None = None
) -> Starlette:
    """Return the console of the cluster that this client asks."""
    console = open_console(client, settings, clock or SystemClock())

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with console.running():
            yield

    def now() -> ConsoleSettings:
        current: Console = app.state.console
        return current.settings

    middleware = [
        Middleware(BelowPrefix, now=now),
        Middleware(RequestIds),
        Middleware(SecurityHeaders, now=now),
        Middleware(KnownHosts, now=now),
        Middleware(AllowedAddresses, now=now),
    ]
    app = Starlette(routes=_routes(), middleware=middleware, lifespan=lifespan)
    app.state.console = console
    return app


def go_by(app: Starlette, settings: ConsoleSettings) -> None:
    """Let a running console go on by other settings, as far as it can without a new start."""
    app.state.console = app.state.console.by(settings)


@cache
def _routes() -> list[BaseRoute]:
    """Return what leads to the handlers, which know a console only by the request: it is made once."""
    return [
        *_pages(),
        *_of_sessions(),
        *_of_ha(),
        *_of_history(),
        *_of_forecasts(),
        *_of_operations(),
        *_beside(),
    ]


def _pages() -> list[BaseRoute]:
    """The pages, their files, and the signs of life."""
    return [
        Route("/", pages.page("ha")),
        Route("/whatif", pages.page("whatif")),
        Route("/history", pages.page("history")),
        Route("/alerts", pages.page("alerts")),
        Route("/maintenance", pages.page("maintenance")),
        Route("/plans", pages.page("plans")),
        Route("/drill", pages.page("drill")),
        Route("/help", pages.page("help")),
        Route("/login", pages.page("login")),
        Route("/healthz", answered(health.alive)),
        Route("/readyz", answered(health.ready)),
        Mount("/static", pages.files(pages.ROOM / "static")),
        Route("/manual", pages.to_manual),
        Mount("/manual", pages.files(pages.ROOM / "manual")),
        Mount("/catalogue", pages.files(CATALOGUES)),
    ]


def _of_sessions() -> list[BaseRoute]:
    """Logging in and out, and who is there."""
    return [
        Route("/api/login", answered(session.log_in), methods=["POST"]),
        Route("/api/openid/begin", answered(openid.begin), methods=["POST"]),
        Route("/api/openid/login", answered(openid.end), methods=["POST"]),
        Route("/api/logout", answered(session.log_out), methods=["POST"]),
        Route("/api/session", reading(session.show_session)),
        Route("/api/sessions", reading(who.show)),
        Route("/api/sessions/{name}", writing(who.end), methods=["DELETE"]),
        Route("/api/realms", answered(session.list_realms)),
    ]


def _of_ha() -> list[BaseRoute]:
    """The cluster as it is, and what changes its resources, its rules and the HA stack."""
    return [
        Route("/api/snapshot", reading(live.show_snapshot)),
        Route("/api/snapshot-file", reading(capture.download)),
        Route("/api/stream", reading(live.stream)),
        Route("/api/resources", writing(resources.add), methods=["POST"]),
        Route("/api/resources/{sid}", writing(resources.edit), methods=["PUT"]),
        Route("/api/resources/{sid}", writing(resources.remove), methods=["DELETE"]),
        Route("/api/resources/{sid}/move", writing(resources.move), methods=["POST"]),
        Route("/api/resources/{sid}/stop", writing(operations.stop), methods=["POST"]),
        Route("/api/resources/{sid}/repair", writing(repairs.begin), methods=["POST"]),
        Route("/api/resources/{sid}/repair", writing(repairs.stop), methods=["DELETE"]),
        Route("/api/resources/{sid}/repair/start", writing(repairs.start), methods=["POST"]),
        Route("/api/ha/disarm", writing(operations.disarm), methods=["POST"]),
        Route("/api/ha/arm", writing(operations.arm), methods=["POST"]),
        Route("/api/ha/settings", reading(operations.show_settings)),
        Route("/api/ha/settings", writing(operations.change_settings), methods=["PUT"]),
        Route("/api/advice/rule", reading(rule_advice.rule)),
        Route("/api/advice/move", reading(rule_advice.move)),
        Route("/api/rules", writing(rules.add), methods=["POST"]),
        Route("/api/rules/{rule}", writing(rules.edit), methods=["PUT"]),
        Route("/api/rules/{rule}", writing(rules.remove), methods=["DELETE"]),
    ]


def _of_history() -> list[BaseRoute]:
    """What happened, and who is told of it."""
    return [
        Route("/api/history", reading(history.find)),
        Route("/api/incidents", reading(incidents.find)),
        Route(
            "/api/incidents/{number}/acknowledge",
            writing(incidents.acknowledge),
            methods=["POST"],
        ),
        Route("/api/incidents/{number}/silence", writing(incidents.silence), methods=["POST"]),
        Route("/api/notify/test", writing(incidents.try_out), methods=["POST"]),
        Route("/api/notify", reading(notify.show)),
        Route("/api/notify/recipients", writing(notify.keep_recipient), methods=["POST"]),
        Route("/api/notify/recipients/{name}", writing(notify.keep_recipient), methods=["PUT"]),
        Route(
            "/api/notify/recipients/{name}", writing(notify.remove_recipient), methods=["DELETE"]
        ),
        Route("/api/notify/mail", writing(notify.keep_mail), methods=["PUT"]),
        Route("/api/notify/heartbeat", writing(notify.keep_heartbeat), methods=["PUT"]),
        Route("/api/retention", writing(notify.set_retention), methods=["PUT"]),
        Route("/api/history/latest", reading(history.latest)),
        Route("/api/history/moment", reading(history.moment)),
        Route("/api/history/lanes", reading(records.lanes)),
        Route("/api/history/availability", reading(records.availability)),
        Route("/api/history/deeds", reading(records.done_by_whom)),
        Route("/api/history/export", reading(records.export)),
    ]


def _of_forecasts() -> list[BaseRoute]:
    """What will be, and why."""
    return [
        Route("/api/forecast/table", reading(forecast.table)),
        Route("/api/forecast/fence-clock", reading(forecast.fence_clock)),
        Route("/api/forecast/course", reading(forecast.course)),
        Route("/api/forecast/advice", reading(forecast.advice)),
        Route("/api/forecast/domains", reading(forecast.domains)),
        Route("/api/forecast/domains", writing(forecast.keep_domains), methods=["PUT"]),
        Route("/api/forecast/fit", reading(forecast.fit)),
        Route("/api/forecast/score", reading(forecast.score)),
        Route("/api/forecast/why/{sid}", reading(forecast.why)),
        Route("/api/forecast/waiting", reading(forecast.waiting)),
    ]


def _of_operations() -> list[BaseRoute]:
    """What is done in several steps: maintenance, drills, plans."""
    return [
        Route("/api/maintenance", reading(maintenance.show)),
        Route("/api/maintenance", writing(maintenance.begin), methods=["POST"]),
        Route("/api/maintenance/plan", reading(maintenance.plan)),
        Route("/api/maintenance/{act}", writing(maintenance.act), methods=["POST"]),
        Route("/api/drill", reading(drills.show)),
        Route("/api/drill/files/{name}", reading(drills.file)),
        Route("/api/drill/{act}", writing(drills.act), methods=["POST"]),
        Route("/api/plans", reading(plans.show)),
        Route("/api/plans/look", reading(plans.look)),
        Route("/api/plans/undo/{number:int}", reading(plans.look_at_undo)),
        Route("/api/plans/entries", writing(plans.collect), methods=["POST"]),
        Route("/api/plans/entries/{kind}/{name}", writing(plans.leave_out), methods=["DELETE"]),
        Route("/api/plans/{act}", writing(plans.act), methods=["POST"]),
    ]


def _beside() -> list[BaseRoute]:
    """What is there for others: metrics, and the lab."""
    return [
        Route("/metrics", metrics.show),
        Route("/api/lab", reading(lab.show)),
        Route("/api/lab", writing(lab.act), methods=["POST"]),
    ]


class BesideCluster:
    """Serves an embedded cluster's Proxmox VE API on the console's own address."""

    def __init__(self, console: ASGIApp, cluster: ASGIApp) -> None:
        self._console = console
        self._cluster = cluster

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send `/api2/...` to the cluster, and everything else to the console."""
        # The lab stays inside: it is reached through the console's /api/lab, with a session.
        inside = scope["type"] == "http" and scope["path"].startswith("/api2/")
        await (self._cluster if inside else self._console)(scope, receive, send)
