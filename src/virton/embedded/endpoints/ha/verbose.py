"""The words in which the HA status is told: of resources, managers and their watchdogs."""

from collections.abc import Mapping
from typing import Any

from virton.ha.model import ResourceConfig

DEAD = "old timestamp - dead?"
DRIFTED = "detected time drift!"
ACTIVE = "active"

_DEAD_AFTER_S = 30
_DRIFT_TOLERANCE_S = 2
_INACTIVE_STATES = frozenset({"stopped", "freeze", "error", "request_start"})


def is_set(value: Any) -> bool:
    """Tell whether a value in a status says anything; the text "0" says no."""
    return value not in (None, 0, "", "0")


def seconds(timestamp: Any) -> int:
    """Return a time in a status as a number; what is not one counts as 0."""
    try:
        return int(timestamp)
    except (TypeError, ValueError):
        return 0


def liveness(now: int, timestamp: int) -> str:
    """Return whether a daemon that last wrote at `timestamp` is active."""
    age_s = now - timestamp
    if age_s > _DEAD_AFTER_S:
        return DEAD
    return DRIFTED if age_s < -_DRIFT_TOLERANCE_S else ACTIVE


def service_state(status: Mapping[str, Any] | None, config: ResourceConfig | None) -> str:
    """Return the state of a resource as users know it.

    `status` is the manager's entry, `config` what the resource is configured to be.
    """
    if config is None:
        return "deleting"
    if config.state == "ignored":
        return "ignored"
    if config.node is None:
        return "not found"
    if status is None or status.get("state") is None:
        return "queued"
    match status["state"], str(config.state):
        case "stopped", "started":
            return "starting"
        case "stopped", "disabled":
            return "disabled"
        case "started", _ if not is_set(status.get("running")):
            return "starting"
        case "started", "stopped" | "disabled":
            return "stopping"
        case "error", "disabled":
            return "clearing error flag"
        case state, _:
            return str(state)


def has_active_services(service_status: Mapping[str, Mapping[str, Any] | None], node: str) -> bool:
    """Tell whether a node's LRM has anything to do, moves to the node included."""
    return any(
        status is not None
        and node in (status.get("node"), status.get("target"))
        and status.get("state") is not None
        and status["state"] not in _INACTIVE_STATES
        for status in service_status.values()
    )


def lrm_state(status: Mapping[str, Any], alive: str, busy: bool) -> str:
    """Return how an LRM does, in the words of its status row."""
    mode = status["mode"] if is_set(status.get("mode")) else ACTIVE
    if alive != ACTIVE:
        return f"{mode} mode" if mode in ("maintenance", "disarm") else alive
    if mode != ACTIVE:
        return f"{mode} mode"
    state = status["state"] if is_set(status.get("state")) else "unknown"
    return "idle" if state == "wait_for_agent_lock" and not busy else state


def lrm_watchdog(status: Mapping[str, Any], alive: str) -> str:
    """Return how an LRM's watchdog stands; it is open while the LRM holds its lock."""
    if alive == ACTIVE and status.get("state") in ("active", "maintenance"):
        return "watchdog active"
    return "watchdog released" if status.get("mode") == "disarm" else "watchdog standby"
