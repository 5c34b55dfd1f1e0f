"""A stand-in for the console server: plays snapshots over SSE, records writes, fails when told to.

`python -m tests.browser.standin` serves it for a look by hand.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from axe_playwright_python.base import AXE_SCRIPT
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.browser import contents, past, rules
from virton import console
from virton.console.handlers.pages import shell
from virton.language.sentences import CATALOGUES

CONSOLE = Path(console.__file__).parent
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PRIVILEGES = ["Sys.Audit", "Sys.Console", "Sys.Modify", "VM.Migrate"]
BELOW = "/ha"
"""The path below which it stands, too, as behind a proxy that has one for it."""
CSRF = "token-of-the-stand-in"
REQUEST = "0123456789ab"
"""The name of each request that it refuses."""
AXE = "/axe.js"
"""What judges pages: a browser that reads it from a server has it compiled for the next page."""
NOWHERE = "/nowhere"
"""An empty page, where the browser waits for the next test without leaving the process it has warm."""


class Asked:
    """Counts what was asked and is not answered yet, but for streams."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def add(self, more: int) -> None:
        """Count a question, or with -1 an answer."""
        with self._changed:
            self._count += more
            self._changed.notify_all()

    def wait_for_silence(self) -> None:
        """Wait until everything is answered."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._count == 0, 30)


class Standin:
    """What the stand-in tells, hears, and how it fails; a test changes it from its own thread."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.streams: set[asyncio.Queue[str | None]] = set()
        self.port = 0
        self.asked = Asked()
        self.reset()

    def reset(self) -> None:
        """Begin anew: the usual cluster, someone logged in who may do everything.

        What a page of before has asked last is answered first, as it was meant for what was before.
        """
        self.asked.wait_for_silence()
        self.snapshot: contents.Snapshot | None = contents.usual()
        self.fresh: contents.Snapshot | None = None
        self.laboratory = contents.laboratory()
        self.session: dict[str, Any] | None = self.new_session()
        self.is_session_spent = False
        self.login_error: tuple[int, dict[str, Any]] | None = None
        self.refusals: list[tuple[int, dict[str, Any]]] = []
        self.answer: dict[str, Any] = {}
        self.writes: list[tuple[str, str, Any]] = []
        self.refreshed = 0
        self.fence_clock: dict[str, Any] = {}
        self.domains: dict[str, list[str]] = {}
        self.maintenance: dict[str, Any] = {"work": None}
        self.plan: dict[str, Any] = {}
        self.advice: dict[str, Any] = {"moves": [], "worse": [], "endless": False}
        self.advice |= {"before": [], "after": []}
        self.fates: dict[str, Any] = {}
        """What a course makes of each resource."""
        self.table: dict[str, Any] = {"rows": [], "done": 0, "of": 0, "fresh": True, "at": None}
        self.drill: dict[str, Any] = contents.drill()
        self.plans: dict[str, Any] = contents.plans()
        self.away = False
        self.deaf = False
        self.presences: list[dict[str, Any]] = []
        self.realms: list[dict[str, Any]] = [
            {"realm": "pam", "comment": "Linux PAM", "default": True},
            {"realm": "pve", "comment": "Proxmox VE", "default": False},
        ]
        self.language = "ko"
        self.remarks: list[str] = []
        self.kept: dict[str, Any] = {
            "notify": past.NOTIFY,
            "history": {"rows": past.HAPPENINGS, "after": None, "cluster": "virton"},
            "incidents": {"rows": [past.INCIDENT], "recipients": ["ops"]},
            "history/latest": {},
            "history/lanes": past.LANES,
            "history/availability": past.FARED,
            "history/deeds": past.DEEDS,
            "history/moment": past.moment(),
        }

    @staticmethod
    def new_session(privileges: list[str] | None = None, lab: bool = True) -> dict[str, Any]:
        """A session as the console describes it."""
        held = PRIVILEGES if privileges is None else privileges
        return {"user": "root@pam", "csrf": CSRF, "privileges": held, "lab": lab}

    @property
    def address(self) -> str:
        """Where the stand-in listens."""
        return f"http://127.0.0.1:{self.port}"

    def show(self, snapshot: contents.Snapshot | None = None) -> None:
        """Tell every open page the snapshot, or the present one again."""
        if snapshot is not None:
            self.snapshot = snapshot
        self._send("whole", {"version": 0, "page": told(self.snapshot)})

    def beat(self, **parts: contents.Snapshot) -> None:
        """Tell every open page how the parts do."""
        assert self.snapshot is not None
        self.snapshot["parts"].update(parts)
        parts_now = self.snapshot["parts"]
        beat = {"now": self.snapshot["now"], "parts": parts_now}
        self._send("beat", beat | {"fresh": parts_now["status"]["ok"]})

    def refuse(
        self,
        status: int,
        message: str | None,
        fields: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        """Refuse the next write as a cluster would."""
        error = {"status": status, "code": "cluster", "message": message, "fields": fields or {}}
        error |= more
        self.refusals.append((status, {"error": error}))

    def go_away(self) -> None:
        """Close every stream and answer nothing but 503, until `come_back`."""
        self.away = True
        self.hang_up()

    def come_back(self) -> None:
        """Answer again."""
        self.away = False

    def end_session(self) -> None:
        """Forget who was logged in, as when a ticket runs out, and close the streams."""
        self.session = None
        self.hang_up()

    def end_session_at_a_deed(self) -> None:
        """Let whatever somebody asks for next find the session ended; the page learns of it by that."""
        self.is_session_spent = True

    def spend_session(self) -> None:
        """End the session if it was to end at a deed."""
        if self.is_session_spent:
            self.session, self.is_session_spent = None, False

    def renew(self) -> None:
        """Ask every open page to open its stream anew."""
        self._send("renew", {})

    def hang_up(self) -> None:
        """Close every stream."""
        self._each(None)

    def _send(self, event: str, content: Any) -> None:
        self._each(f"event: {event}\ndata: {json.dumps(content)}\n\n")

    def _each(self, message: str | None) -> None:
        assert self.loop is not None
        for queue in list(self.streams):
            self.loop.call_soon_threadsafe(queue.put_nowait, message)


def told(page: contents.Snapshot | None) -> contents.Snapshot | None:
    """A page model with what the console makes of the rest of it, where a test does not say it."""
    if page is None:
        return None
    nodes = [{"lost": _is_lost(node)} | node for node in page["nodes"]]
    lost = {node["name"] for node in nodes if node["lost"]}
    unsaid = {"configured": True, "guest": None, "down": False, "arrival": None, "repair": None}
    resources = [unsaid | {"last_known": one["node"] in lost} | one for one in page["resources"]]
    cluster = {"unwatched": False, "unkept": None, "audit": None} | page["cluster"]
    more = {"fresh": page["parts"]["status"]["ok"], "guests_hidden": False, "outlook": None}
    told_rules = [{"conflicts": rules.conflicts(page, one)} | one for one in page["rules"]]
    rows = {"nodes": nodes, "resources": resources, "rules": told_rules}
    return more | page | {"cluster": cluster} | rows


def carry_out(laboratory: dict[str, Any], deed: dict[str, Any]) -> None:
    """Let the laboratory's clock and guests do what they are asked; its nodes stay as they are."""
    match deed:
        case {"action": "speed", "speed": speed}:
            laboratory["speed"] = speed
        case {"action": "pause" | "resume" as action}:
            laboratory["paused"] = action == "pause"
        case {"action": "fail_starts", "sid": sid, "count": count}:
            guest = next(one for one in laboratory["guests"] if one["sid"] == sid)
            guest["fail_starts"] = count


def _is_lost(node: contents.Snapshot) -> bool:
    return not node["online"] or node["ha_state"] in ("unknown", "fence")


def make_app(standin: Standin) -> Starlette:
    """The stand-in as an ASGI app."""

    def page(name: str) -> Any:
        def render(request: Request) -> Response:
            locale = request.cookies.get("virton_locale", standin.language)
            theme = request.cookies.get("virton_theme", "dark")
            html = shell(name, locale, theme, request.scope["root_path"])
            return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})

        return render

    async def login(request: Request) -> Response:
        sent = await request.json()
        standin.writes.append(("POST", "/api/login", sent))
        if standin.login_error:
            return JSONResponse(standin.login_error[1], standin.login_error[0])
        standin.session = standin.session or standin.new_session()
        return JSONResponse(standin.session)

    async def begin(request: Request) -> Response:
        return JSONResponse({"url": f"/elsewhere?realm={(await request.json())['realm']}"})

    def session(request: Request) -> Response:
        if standin.deaf:
            error = {"status": None, "code": "timeout", "message": None, "fields": {}}
            return JSONResponse({"error": error}, 504)
        return JSONResponse(standin.session) if standin.session else _unauthorised()

    def logout(request: Request) -> Response:
        standin.session = None
        return Response(status_code=204)

    def realms(request: Request) -> Response:
        return JSONResponse(standin.realms)

    def maintenance(request: Request) -> Response:
        if standin.away:
            return Response(status_code=503)
        return JSONResponse(standin.maintenance)

    def snapshot(request: Request) -> Response:
        if not standin.session:
            return _unauthorised()
        if "fresh" in request.query_params:
            standin.refreshed += 1
            standin.snapshot = standin.fresh or standin.snapshot
        return JSONResponse(told(standin.snapshot))

    def snapshot_file(request: Request) -> Response:
        standin.spend_session()
        if not standin.session:
            return _unauthorised()
        if standin.refusals:
            status, error = standin.refusals.pop(0)
            return JSONResponse(error, status, {"X-Request-Id": REQUEST})
        anonymous = request.query_params.get("anonymous") == "1"
        name = f"{'cluster' if anonymous else 'virton'}-2025-11-23-0303.json"
        content = {"about": {"anonymous": anonymous, "remarks": standin.remarks}}
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return JSONResponse(content, headers=headers)

    def stream(request: Request) -> Response:
        if standin.deaf:
            return Response(status_code=504)
        if not standin.session:
            return _unauthorised()
        return StreamingResponse(_events(standin), media_type="text/event-stream")

    async def write(request: Request) -> Response:
        standin.spend_session()
        if not standin.session:
            return _unauthorised()
        if request.headers.get("X-CSRF-Token") != standin.session["csrf"]:
            return JSONResponse({"error": {"status": 403, "code": "csrf", "message": None}}, 403)
        body = json.loads(await request.body() or b"null")
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        standin.writes.append((request.method, path, body))
        if standin.refusals:
            status, error = standin.refusals.pop(0)
            return JSONResponse(error, status, {"X-Request-Id": REQUEST})
        if path == "/api/lab":
            carry_out(standin.laboratory, body)
        if path == "/api/maintenance":
            standin.maintenance = standin.answer
        return JSONResponse(standin.answer)

    def presences(_: Request) -> Response:
        return JSONResponse({"sessions": standin.presences, "all": True})

    async def end(request: Request) -> Response:
        answer = await write(request)
        name = request.path_params["name"]
        standin.presences = [one for one in standin.presences if one["name"] != name]
        return answer

    def lab(request: Request) -> Response:
        return JSONResponse(standin.laboratory)

    def rule_advice(request: Request) -> Response:
        return JSONResponse(rules.rule_advice(standin.snapshot, dict(request.query_params)))

    def move_advice(request: Request) -> Response:
        return JSONResponse(rules.move_advice(standin.snapshot, dict(request.query_params)))

    def advice(_: Request) -> Response:
        return JSONResponse(standin.advice)

    def course(_: Request) -> Response:
        return JSONResponse({"resources": standin.fates, "endless": False})

    def kept(name: str) -> Any:
        def tell(_: Request) -> Response:
            return JSONResponse(standin.kept[name]) if standin.session else _unauthorised()

        return tell

    writes = ["POST", "PUT", "DELETE"]
    routes = [
        Route(NOWHERE, lambda _: HTMLResponse("")),
        Route(AXE, lambda _: Response(AXE_SCRIPT, headers=KEPT, media_type="text/javascript")),
        Route("/", page("ha")),
        Route("/api/forecast/advice", advice),
        Route("/api/forecast/waiting", lambda _: JSONResponse({"resources": {}})),
        Route("/api/advice/rule", rule_advice),
        Route("/api/advice/move", move_advice),
        Route("/api/forecast/course", course),
        Route("/api/forecast/table", lambda _: JSONResponse(standin.table)),
        Route("/api/forecast/fence-clock", lambda _: JSONResponse({"nodes": standin.fence_clock})),
        Route("/api/ha/settings", lambda _: JSONResponse(contents.SETTINGS), methods=["GET"]),
        Route("/api/maintenance", maintenance, methods=["GET"]),
        Route("/api/maintenance/plan", lambda _: JSONResponse(standin.plan)),
        Route("/maintenance", page("maintenance")),
        *(Route(f"/api/{name}", kept(name), methods=["GET"]) for name in standin.kept),
        Route("/plans", page("plans")),
        Route("/drill", page("drill")),
        Route("/api/drill", lambda _: JSONResponse(standin.drill), methods=["GET"]),
        Route("/api/plans", lambda _: JSONResponse(standin.plans), methods=["GET"]),
        Route("/api/plans/look", lambda _: JSONResponse(contents.PLAN_LOOK)),
        Route("/api/plans/undo/{number}", lambda _: JSONResponse(contents.UNDO_LOOK)),
        Route(
            "/api/forecast/domains",
            lambda _: JSONResponse({"domains": standin.domains}),
            methods=["GET"],
        ),
        Route("/whatif", page("whatif")),
        Route("/history", page("history")),
        Route("/alerts", page("alerts")),
        Route("/help", page("help")),
        Route("/login", page("login")),
        Route("/api/login", login, methods=["POST"]),
        Route("/api/openid/begin", begin, methods=["POST"]),
        Route("/api/openid/login", login, methods=["POST"]),
        Route("/api/logout", logout, methods=["POST"]),
        Route("/api/session", session),
        Route("/api/realms", realms),
        Route("/api/sessions", presences),
        Route("/api/sessions/{name}", end, methods=["DELETE"]),
        Route("/api/snapshot", snapshot),
        Route("/api/snapshot-file", snapshot_file),
        Route("/api/stream", stream),
        Route("/api/lab", lab, methods=["GET"]),
        Route("/api/{rest:path}", write, methods=writes),
        Mount("/static", KeptFiles(directory=CONSOLE / "static")),
        Mount("/catalogue", KeptFiles(directory=CATALOGUES)),
    ]
    return Starlette(routes=[Mount(BELOW, routes=routes), *routes])


KEPT = {"Cache-Control": "max-age=600"}


class KeptFiles(StaticFiles):
    """Files that a browser keeps for the length of a test run."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Return a file that need not be asked for again."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(KEPT)
        return response


class Guarded:
    """Answers 503 for the whole API while the stand-in is away."""

    def __init__(self, app: Starlette, standin: Standin) -> None:
        self.app = app
        self.standin = standin

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.standin.loop = asyncio.get_running_loop()
        path = scope.get("path", "")
        if path.endswith("/api/stream") or scope["type"] != "http":
            await self._answer(path, scope, receive, send)
            return
        self.standin.asked.add(1)
        try:
            await self._answer(path, scope, receive, send)
        finally:
            self.standin.asked.add(-1)

    async def _answer(self, path: str, scope: Any, receive: Any, send: Any) -> None:
        if self.standin.away and path.startswith("/api"):
            await Response(status_code=503)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _unauthorised() -> Response:
    error = {"status": 401, "code": "auth", "message": None, "fields": {}}
    return JSONResponse({"error": error}, 401)


async def _events(standin: Standin) -> AsyncIterator[str]:
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    standin.streams.add(queue)
    try:
        yield ": hello\n\n"
        if standin.snapshot is not None:
            whole = {"version": 0, "page": told(standin.snapshot)}
            yield f"event: whole\ndata: {json.dumps(whole)}\n\n"
        while (message := await queue.get()) is not None:
            yield message
    finally:
        standin.streams.discard(queue)


class Served:
    """The stand-in on a port of its own, in a thread."""

    def __init__(self, port: int = 0) -> None:
        self.standin = Standin()
        app = Guarded(make_app(self.standin), self.standin)
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1
        )
        self.server = uvicorn.Server(config)
        self.socket = config.bind_socket()
        self.socket.listen()  # Who comes before the server runs waits for it, and is not refused.
        self.standin.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.server.run(sockets=[self.socket])

    def __enter__(self) -> Standin:
        self.thread.start()
        return self.standin

    def __exit__(self, *_: object) -> None:
        if self.standin.loop:
            self.standin.hang_up()
        self.server.should_exit = True
        self.thread.join(timeout=5)


def main() -> None:
    """Serve the stand-in until interrupted."""
    served = Served(port=8181)
    snapshot = contents.with_rules()
    snapshot["cluster"]["lab"] = True
    with served as standin:
        standin.snapshot = snapshot
        print(standin.address)
        served.thread.join()


if __name__ == "__main__":
    main()
