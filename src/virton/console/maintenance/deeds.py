"""What a maintenance asks of the cluster, each under the permissions of who began it."""

from collections.abc import Mapping
from typing import Any

from virton.console.maintenance.course import rule_of
from virton.console.maintenance.look import Look
from virton.console.maintenance.work import Asked, Work
from virton.proxmox import ClusterApi
from virton.proxmox.servicing import move_guest, power_node, set_maintenance, set_noout


async def carry_out(api: ClusterApi, work: Work, asked: Asked, look: Look) -> None:
    """Ask the cluster for one thing; raises ApiFailure."""
    match asked.what:
        case "enter" | "leave":
            await set_maintenance(api, asked.node, on=asked.what == "enter")
        case "move" | "bring_back":
            await _move(api, asked, look)
        case "add_rule":
            await api.add_rule(_rule(work, asked.node))
        case "drop_rule":
            await api.remove_rule(rule_of(work))
        case "reboot":
            await power_node(api, asked.node, "reboot")
        case "set_noout" | "drop_noout":
            await set_noout(api, on=asked.what == "set_noout")


async def _move(api: ClusterApi, asked: Asked, look: Look) -> None:
    if asked.sid in look.services:
        await api.move_resource(asked.sid, "migrate", asked.target)
        return
    node = look.guests[asked.sid][0]
    await move_guest(api, asked.sid, node or asked.node, asked.target)


def _rule(work: Work, node: str) -> Mapping[str, Any]:
    return {
        "rule": rule_of(work),
        "type": "node-affinity",
        "resources": ",".join(work.stop.held),
        "nodes": node,
        "affinity": "negative",
        "strict": 1,
    }
