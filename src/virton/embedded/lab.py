"""The lab: the switches of the simulated world, for those who may modify the system."""

from collections.abc import Mapping
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.dispatch import require
from virton.embedded.endpoints.parameters import MODIFY
from virton.embedded.errors import Refusal, invalid
from virton.embedded.schema import Param, check
from virton.embedded.world import Lab
from virton.simulation.commands import CommandError, groups_of

SPEEDS = (1, 10, 60)
_LONGEST_STEP_S = 24 * 3600

_SCHEMA = {
    "action": Param(
        enum=(
            "power",
            "network",
            "split",
            "heal",
            "qdevice",
            "crash",
            "maintenance",
            "fail_starts",
            "speed",
            "pause",
            "resume",
            "step",
        )
    ),
    "node": Param(optional=True, format="pve-node"),
    "on": Param("boolean", optional=True),
    "groups": Param(optional=True, max_length=2000),
    "sid": Param(optional=True, format="pve-ha-resource-id"),
    "count": Param("integer", optional=True, minimum=0, maximum=1000),
    "speed": Param("integer", optional=True),
    "seconds": Param("integer", optional=True, minimum=1, maximum=_LONGEST_STEP_S),
}
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "power": ("node", "on"),
    "network": ("node", "on"),
    "split": ("groups",),
    "qdevice": ("on",),
    "maintenance": ("node", "on"),
    "crash": ("sid",),
    "fail_starts": ("sid", "count"),
    "speed": ("speed",),
    "step": ("seconds",),
}


def lab_json(cluster: EmbeddedCluster, caller: Caller) -> dict[str, Any]:
    """Tell how every switch stands."""
    state = _lab(cluster, caller).state()
    return {
        "offered": True,
        "maintenance": True,
        "speed": state.speed,
        "paused": state.paused,
        "now": state.now,
        "split": [sorted(group) for group in state.split],
        "qdevice": state.quorum_device,
        "nodes": [
            {"name": node.name, "power": node.power, "network": node.network}
            for node in state.nodes
        ],
        "guests": [
            {
                "sid": guest.sid,
                "fail_starts": guest.fail_starts,
                "running": guest.running,
                "runs_on": list(guest.runs_on),
            }
            for guest in state.guests
        ],
    }


def change_lab(cluster: EmbeddedCluster, caller: Caller, params: Mapping[str, Any]) -> None:
    """Throw a switch."""
    lab = _lab(cluster, caller)
    values, errors = check(_SCHEMA, params)
    errors |= _missing(values) or _unknown(lab, values)
    if errors:
        raise invalid(errors)
    # What has happened to the world could not be taken back.
    cluster.files.require_writable()
    _act(lab, values)


def _lab(cluster: EmbeddedCluster, caller: Caller) -> Lab:
    require(cluster, caller, MODIFY, {})
    if cluster.lab is None:
        raise Refusal(501, "this cluster has no lab")
    return cluster.lab


def _missing(values: Mapping[str, Any]) -> dict[str, str]:
    needed = _NEEDS.get(values.get("action", ""), ())
    return {name: "property is missing" for name in needed if name not in values}


def _unknown(lab: Lab, values: Mapping[str, Any]) -> dict[str, str]:
    state = lab.state()
    known: Mapping[str, set[Any]] = {
        "node": {node.name for node in state.nodes},
        "sid": {guest.sid for guest in state.guests},
        "speed": set(SPEEDS),
    }
    errors = {
        name: f"there is no '{values[name]}'"
        for name, choices in known.items()
        if name in values and values[name] not in choices
    }
    if values.get("action") == "qdevice" and state.quorum_device is None:
        errors["action"] = "there is no QDevice"
    try:
        groups_of(values.get("groups", min(known["node"])), known["node"])
    except CommandError as error:
        errors["groups"] = str(error)
    return errors


def _act(lab: Lab, values: Mapping[str, Any]) -> None:
    match values["action"]:
        case "power":
            lab.set_power(values["node"], values["on"])
        case "network":
            lab.set_network(values["node"], values["on"])
        case "split":
            lab.split(groups_of(values["groups"], [node.name for node in lab.state().nodes]))
        case "heal":
            lab.split(())
        case "maintenance":
            lab.set_maintenance(values["node"], values["on"])
        case "qdevice":
            lab.set_quorum_device(values["on"])
        case "crash":
            lab.crash(values["sid"])
        case "fail_starts":
            lab.fail_starts(values["sid"], values["count"])
        case "speed":
            lab.set_speed(values["speed"])
        case "pause":
            lab.pause()
        case "resume":
            lab.resume()
        case "step":
            lab.step(values["seconds"])
