"""`/cluster/ha/status/current`: rows for people, whose texts carry what no field says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.proxmox.unchanged import Rows
from virton.proxmox.values import beyond, comment, each, flag, integer, named, rows, text

DEAD = "old timestamp - dead?"
DRIFT = "detected time drift!"
UNREADABLE = "unable to read lrm status"


@dataclass(frozen=True, slots=True)
class Quorum:
    """Whether the node that answered belongs to the majority."""

    node: str | None
    ok: bool
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Master:
    """The manager's node; `state` is active, idle, dead, time_drift, or the text as it came."""

    node: str
    state: str
    timestamp: int | None


@dataclass(frozen=True, slots=True)
class Fencing:
    """Whether the stack is armed (9.1 and later)."""

    armed_state: str
    resource_mode: str | None
    node: str | None


@dataclass(frozen=True, slots=True)
class LrmRow:
    """A node's Local Resource Manager as the row's text tells it."""

    node: str
    display: str
    raw: str
    watchdog: str | None
    timestamp: int | None


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A resource as people see it: verbose state, CRM state, and request."""

    sid: str
    node: str | None
    state: str
    crm_state: str | None
    request_state: str | None
    max_restart: int | None
    max_relocate: int | None
    failback: bool | None
    comment: str | None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CurrentStatus:
    """Everything that `/cluster/ha/status/current` told; rows of unknown type in `extra`."""

    quorum: Quorum | None = None
    master: Master | None = None
    fencing: Fencing | None = None
    lrms: Mapping[str, LrmRow] = field(default_factory=dict)
    services: Mapping[str, ServiceRow] = field(default_factory=dict)
    extra: tuple[Mapping[str, Any], ...] = ()


class StatusParser:
    """Reads the answers of `/cluster/ha/status/current`."""

    def __init__(self) -> None:
        self._lrms = Rows(_lrm)
        self._services = Rows(_service)

    def __call__(self, data: Any) -> CurrentStatus:
        """Read an answer."""
        by_type: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows(data):
            by_type.setdefault(str(row.get("type") or row.get("id")), []).append(row)
        known = {"quorum", "master", "fencing", "lrm", "service"}
        lrms = self._lrms.read(by_type.get("lrm", ()))
        services = self._services.read(by_type.get("service", ()))
        return CurrentStatus(
            quorum=next(iter(each(_quorum, by_type.get("quorum", ()))), None),
            master=next(iter(each(_master, by_type.get("master", ()))), None),
            fencing=next(iter(each(_fencing, by_type.get("fencing", ()))), None),
            lrms={lrm.node: lrm for lrm in sorted(lrms, key=lambda lrm: lrm.node)},
            services={service.sid: service for service in services},
            extra=tuple(row for key in sorted(by_type.keys() - known) for row in by_type[key]),
        )


def parse_status(data: Any) -> CurrentStatus:
    """Read an answer of `/cluster/ha/status/current`."""
    return StatusParser()(data)


def _inside(status: Any) -> list[str]:
    """Split the text between a row's parentheses: `n1 (active, watchdog active, <time>)`."""
    found = re.match(r"^\S+ \((.*)\)", str(status or ""))
    return found.group(1).split(", ") if found else []


def _quorum(row: Mapping[str, Any]) -> Quorum:
    ok = flag(row["quorate"]) if "quorate" in row else row.get("status") == "OK"
    return Quorum(text(row.get("node")), ok, text(row.get("status")))


def _master(row: Mapping[str, Any]) -> Master:
    told = (_inside(row.get("status")) or [""])[0]
    state = {DEAD: "dead", DRIFT: "time_drift"}.get(told, told)
    return Master(named(row["node"]), state, integer(row.get("timestamp")))


def _fencing(row: Mapping[str, Any]) -> Fencing:
    armed = row.get("armed-state", row.get("armed_state"))
    mode = row.get("resource_mode", row.get("resource-mode"))
    return Fencing(str(armed), text(mode), text(row.get("node")))


_DISPLAYS = {
    "active": "active",
    "idle": "idle",
    # A Local Resource Manager that waits although resources belong to its node should be working:
    # Proxmox VE says `idle` where none do, and leaves the raw state where some do.
    "wait_for_agent_lock": "waiting",
    "lost_agent_lock": "lost",
    "maintenance": "maintenance",
    "maintenance mode": "maintenance",
    "disarm mode": "disarm",
    "restart mode": "restart",
    "shutdown mode": "shutdown",
    "reboot mode": "shutdown",
    "error": "error",
    DEAD: "dead",
    DRIFT: "time_drift",
    UNREADABLE: "unreadable",
}


def _lrm(row: Mapping[str, Any]) -> LrmRow:
    parts = _inside(row.get("status"))
    told = parts[0] if parts else UNREADABLE
    watchdogs = [p.removeprefix("watchdog ") for p in parts[1:] if p.startswith("watchdog ")]
    return LrmRow(
        node=named(row.get("node") or str(row["id"]).partition(":")[2]),
        display=_DISPLAYS.get(told, "unknown"),
        raw=told,
        watchdog=watchdogs[0] if watchdogs else None,
        timestamp=integer(row.get("timestamp")),
    )


_SERVICE_FIELDS = [
    "id",
    "type",
    "sid",
    "node",
    "state",
    "crm_state",
    "request_state",
    "max_restart",
    "max_relocate",
    "failback",
    "comment",
    "status",
]


def _service(row: Mapping[str, Any]) -> ServiceRow:
    node = text(row.get("node"))
    return ServiceRow(
        sid=named(row.get("sid") or str(row["id"]).partition(":")[2]),
        node=None if node in ("", "---") else node,
        state=str(row.get("state") or (_inside(row.get("status")) or ["", ""])[-1]),
        crm_state=text(row.get("crm_state")),
        request_state=text(row.get("request_state")),
        max_restart=integer(row.get("max_restart")),
        max_relocate=integer(row.get("max_relocate")),
        failback=flag(row["failback"]) if "failback" in row else None,
        comment=comment(row.get("comment")),
        extra=beyond(row, _SERVICE_FIELDS),
    )
