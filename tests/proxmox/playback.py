"""A tiny cluster of written answers: it plays what a Proxmox VE node said, and faults on demand."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

NOW = 1767225600
ROOT = "root@pam"
TOKEN = "console@pve!reader=5ecret"

QUORUM = {"id": "quorum", "type": "quorum", "node": "phum01", "status": "OK", "quorate": 1}
MASTER = {
    "id": "master",
    "type": "master",
    "node": "phum01",
    "timestamp": NOW - 2,
    "status": "phum01 (active, Wed Dec 31 23:59:58 2025)",
}
FENCING = {
    "id": "fencing",
    "type": "fencing",
    "node": "phum01",
    "armed-state": "armed",
    "status": "armed (CRM watchdog active)",
}


def lrm(node: str, told: str, watchdog: str | None = "standby") -> dict[str, Any]:
    """Return a node's row of `/cluster/ha/status/current`."""
    if told == "unable to read lrm status":
        status = f"{node} ({told})"
        return {"id": f"lrm:{node}", "type": "lrm", "node": node, "status": status}
    dog = f", watchdog {watchdog}" if watchdog else ""
    return {
        "id": f"lrm:{node}",
        "type": "lrm",
        "node": node,
        "timestamp": NOW - 3,
        "status": f"{node} ({told}{dog}, Wed Dec 31 23:59:57 2025)",
    }


def service(sid: str, node: str, state: str = "started", **more: Any) -> dict[str, Any]:
    """Return a resource's row of `/cluster/ha/status/current`."""
    return {
        "id": f"service:{sid}",
        "type": "service",
        "sid": sid,
        "node": node,
        "state": state,
        "crm_state": "started",
        "request_state": "started",
        "max_restart": 1,
        "max_relocate": 1,
        "failback": 1,
        "status": f"{sid} ({node}, {state})",
    } | more


def manager_status() -> dict[str, Any]:
    """Return an answer of `/cluster/ha/status/manager_status`."""
    file = {"mode": "active", "state": "active", "timestamp": NOW - 3, "results": {}}
    return {
        "manager_status": {
            "master_node": "phum01",
            "timestamp": NOW - 2,
            "node_status": {"phum01": "online", "phum02": "online", "phum03": "online"},
            "service_status": {
                "vm:100": {"state": "started", "node": "phum03", "uid": "a", "running": 1},
                "vm:121": {"state": "migrate", "node": "phum01", "uid": "b", "target": "phum02"},
            },
        },
        "quorum": {"node": "phum01", "quorate": "1"},
        "lrm_status": {
            "phum01": file,
            "phum02": file | {"state": "wait_for_agent_lock"},
            "phum03": file,
        },
    }


def _node(name: str) -> dict[str, Any]:
    use = {"cpu": 0.05, "maxcpu": 24, "mem": 8 << 30, "maxmem": 128 << 30}
    return {"id": f"node/{name}", "type": "node", "node": name, "status": "online"} | use


def _guest(vmid: int, kind: str, name: str, node: str) -> dict[str, Any]:
    row = {"id": f"{kind}/{vmid}", "type": kind, "vmid": vmid, "name": name, "node": node}
    return row | {"status": "running"}


def healthy() -> dict[str, Any]:
    """Return the answers of a small cluster in good health, by path."""
    return {
        "/version": {"version": "9.2.1", "release": "9.2", "repoid": "abc"},
        "/cluster/ha/status/current": [
            QUORUM,
            MASTER,
            FENCING,
            lrm("phum01", "active", "active"),
            lrm("phum02", "idle"),
            lrm("phum03", "active", "active"),
            service("vm:100", "phum03"),
            service("vm:121", "phum01", "migrate", crm_state="migrate"),
        ],
        "/cluster/ha/status/manager_status": manager_status(),
        "/cluster/ha/resources": [
            {"sid": "vm:100", "type": "vm", "digest": "d1", "state": "started", "tomorrow": 7},
            {"sid": "vm:121", "type": "vm", "digest": "d1", "comment": "the ct", "failback": 0},
        ],
        "/cluster/ha/rules": [
            {
                "rule": "pin",
                "type": "node-affinity",
                "resources": "vm:121,vm:100",
                "nodes": "phum02:2,phum01",
                "strict": 1,
                "order": 1,
                "digest": "r1",
                "errors": {"resources": ["one thing", "another"]},
            },
        ],
        "/cluster/resources": [
            _node("phum01"),
            _node("phum02"),
            _node("phum03"),
            _guest(100, "qemu", "LOTCES-WIN", "phum03"),
            _guest(121, "qemu", "ct", "phum01"),
            _guest(200, "lxc", "dns", "phum02"),
            {"id": "storage/phum01/local", "type": "storage", "node": "phum01"},
        ],
        "/cluster/status": [
            {"type": "cluster", "id": "cluster", "name": "lab", "quorate": 1, "nodes": 3},
            {"type": "node", "id": "node/phum01", "name": "phum01", "online": 1},
            {"type": "node", "id": "node/phum02", "name": "phum02", "online": 1},
            {"type": "node", "id": "node/phum03", "name": "phum03", "online": 1},
        ],
        "/cluster/config/qdevice": {},
        "/cluster/config/totem": {"token": "3000"},
        "/storage": [{"storage": "shared", "type": "nfs"}, {"storage": "local", "type": "dir"}],
        "/nodes/phum03/qemu/100/config": {"scsi0": "shared:100/vm-100-disk-0.raw,size=32G"},
        "/nodes/phum01/qemu/121/config": {"scsi0": "shared:121/vm-121-disk-0.raw,size=8G"},
        "/cluster/config/nodes": [
            {"name": f"phum0{n}", "node": f"phum0{n}", "quorum_votes": "1"} for n in (1, 2, 3)
        ],
        "/access/domains": [
            {"realm": "pve", "type": "pve", "comment": "Proxmox VE authentication server"},
            {"realm": "pam", "type": "pam", "comment": "Linux PAM", "default": 1},
        ],
        "/cluster/ha/groups": Refusal(500, "cannot index groups: ha groups have been migrated"),
    }


@dataclass(frozen=True)
class Refusal:
    """An answer that is an error, in the shape of Proxmox VE."""

    status: int
    message: str
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Raw:
    """An answer of bytes, for what no Proxmox VE would say."""

    status: int
    body: bytes
    media_type: str = "text/html"


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    params: Mapping[str, str]
    user: str | None
    headers: Mapping[str, str]


Message = dict[str, Any]


class Playback:
    """An ASGI app that answers `/api2/json` from a table, and keeps what it was asked."""

    def __init__(self, answers: dict[str, Any] | None = None) -> None:
        self.answers = healthy() if answers is None else answers
        self.writes: dict[tuple[str, str], Any] = {}
        self.users = {ROOT: "root-password", "audit@pve": "audit-password", "none@pve": "none"}
        self.privileges: dict[str, dict[str, dict[str, int]]] = {
            ROOT: {"/": {"Sys.Audit": 1, "Sys.Console": 1, "VM.Audit": 1}},
            "audit@pve": {"/": {"Sys.Audit": 1, "VM.Audit": 1}},
            "none@pve": {"/vms": {"VM.Audit": 1}},
            "console@pve": {"/": {"Sys.Audit": 1, "VM.Audit": 1}},
        }
        self.tickets: dict[str, str] = {}
        self.tokens = {TOKEN: "console@pve"}
        self.asked: list[Asked] = []
        self.lab: Any = None
        self.sent_back_to = ""
        self.fault: Callable[[str], Awaitable[Any]] | None = None

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Answer one request."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {k.decode(): v.decode() for k, v in scope["headers"]}
        raw = body.decode() or scope["query_string"].decode()
        if headers.get("content-type", "").startswith("application/json"):
            params = json.loads(body or b"{}")
        else:
            params = dict(parse_qsl(raw, keep_blank_values=True))
        path = scope["path"].removeprefix("/api2/json")
        asked = Asked(scope["method"], path, params, self._user(headers), headers)
        self.asked.append(asked)
        answer = await self.fault(path) if self.fault else None
        await _send(send, self._answer(asked) if answer is None else answer)

    def paths(self, method: str = "GET") -> list[str]:
        """Return the paths that were asked."""
        return [asked.path for asked in self.asked if asked.method == method]

    def written(self) -> Asked:
        """Return the last write other than a login."""
        return next(
            asked
            for asked in reversed(self.asked)
            if asked.method != "GET" and asked.path != "/access/ticket"
        )

    def _user(self, headers: Mapping[str, str]) -> str | None:
        token = headers.get("authorization", "").removeprefix("PVEAPIToken=")
        if token in self.tokens:
            return self.tokens[token]
        return self.tickets.get(_ticket_in(headers))

    def _answer(self, asked: Asked) -> Any:
        if asked.path == "/access/ticket":
            return self._log_in(asked.params)
        if asked.path == "/access/domains":
            return self.answers[asked.path]
        if asked.path.startswith("/access/openid/"):
            return self._openid(asked)
        if asked.user is None:
            return Refusal(401, "permission denied - invalid PVE ticket")
        guarded = asked.method != "GET" and "cookie" in asked.headers
        if guarded and asked.headers.get("csrfpreventiontoken") != _csrf(_ticket_in(asked.headers)):
            return Refusal(401, "Permission denied - invalid csrf token")
        if asked.path == "/lab":
            return Refusal(501, "no such file '/lab'") if self.lab is None else _Plain(self.lab)
        if asked.path == "/access/permissions":
            return self.privileges.get(asked.user, {})
        if asked.method != "GET":
            return self.writes.get((asked.method, asked.path))
        missing = Refusal(501, f"Method '{asked.method} {asked.path}' not implemented")
        return self.answers.get(asked.path, missing)

    def _openid(self, asked: Asked) -> Any:
        """Play a realm whose users log in at `idp.example`, which sends them back with `good`."""
        back = asked.params["redirect-url"]
        if asked.path.endswith("auth-url"):
            self.sent_back_to = back
            return f"https://idp.example/auth?state={asked.params['realm']}-1&redirect_uri={quote(back)}"
        if asked.params["code"] != "good" or back != self.sent_back_to:
            return Refusal(401, "openid authentication failure")
        return self._log_in({"username": "hong@sso", "password": self.users["hong@sso"]})

    def _log_in(self, params: Mapping[str, str]) -> Any:
        user, password = params["username"], params["password"]
        if self.users.get(user) != password and self.tickets.get(password) != user:
            return Refusal(401, "authentication failure")
        ticket = f"PVE:{user}:{len(self.tickets):08X}::c2ln"
        self.tickets[ticket] = user
        return {"username": user, "ticket": ticket, "CSRFPreventionToken": _csrf(ticket)}


def _ticket_in(headers: Mapping[str, str]) -> str:
    return unquote(headers.get("cookie", "").removeprefix("PVEAuthCookie="))


def _csrf(ticket: str) -> str:
    return f"csrf-{quote(ticket, safe='@:!')}"


@dataclass(frozen=True)
class _Plain:
    document: Any


async def _send(send: Any, answer: Any) -> None:
    if isinstance(answer, Raw):
        status, body, media_type = answer.status, answer.body, answer.media_type
    else:
        status, document = 200, {"data": answer}
        if isinstance(answer, _Plain):
            document = answer.document
        if isinstance(answer, Refusal):
            status = answer.status
            document = {"data": None, "message": answer.message + "\n"}
            if answer.errors:
                document["errors"] = dict(answer.errors)
        body, media_type = json.dumps(document).encode(), "application/json;charset=UTF-8"
    headers = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
