"""What no single look at a cluster tells: whence a resource came, and whether its guest is down.

A lost node's guests may be fenced, recovered and started between two looks, and a guest that has
crashed is `started` for the HA stack until its LRM has looked at it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from virton.console.watch.readings import Readings
from virton.proxmox.inventory import Guest

REPORTED_LATE_S = 15.0
"""A guest's status is told every 10 s: one that has just started is still told as stopped."""

LOST = frozenset({"unknown", "fence", "gone"})
RECOVERING = frozenset({"fence", "recovery"})

How = Literal["recovered", "moved"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """From where, how, and when (by the cluster's clock) a resource came to its node."""

    origin: str
    how: How
    at: float


@dataclass(frozen=True, slots=True)
class Stay:
    """A resource in one state on one node: since when, and whether its guest was seen running."""

    node: str | None
    state: str
    since: float
    ran: bool = False
    down: bool = False
    arrival: Arrival | None = None


class Arrivals:
    """Compares each look at a cluster with the one before."""

    def __init__(self) -> None:
        self.stays: Mapping[str, Stay] = {}
        self._lost: frozenset[str] = frozenset()

    def look(self, readings: Readings, now: float) -> None:
        """Take in what is told now; a part that could not be read tells nothing new."""
        if readings.status.at is None:
            return
        lost = lost_nodes(readings)
        doubtful = lost | self._lost
        guests = {guest.sid: guest for guest in readings.nodes.data.inventory.guests}
        at = now + readings.clock_ahead_s
        stays = {}
        for sid, row in readings.status.data.current.services.items():
            before = self.stays.get(sid)
            stay = before
            if before is None or (before.node, before.state) != (row.node, row.state):
                arrival = _arrival(before, row.node, doubtful, at)
                stay = Stay(row.node, row.state, now, arrival=arrival)
            stays[sid] = _with_guest(
                stay or Stay(row.node, row.state, now), guests.get(sid), lost, now
            )
        self.stays, self._lost = stays, lost


def lost_nodes(readings: Readings) -> frozenset[str]:
    """Return the nodes of which the others know nothing any more."""
    online = readings.nodes.data.membership.online
    states = readings.status.data.manager.node_states
    away = {node for node, is_online in online.items() if not is_online}
    return frozenset(away | {node for node, state in states.items() if state in LOST})


def _arrival(
    before: Stay | None, node: str | None, lost: frozenset[str], at: float
) -> Arrival | None:
    """Return how a resource came to its node: from a lost one it was recovered, seen or not."""
    if before is None or node is None or before.node is None:
        return None
    if before.node == node:
        return before.arrival
    recovered = before.state in RECOVERING or before.node in lost
    return Arrival(before.node, "recovered" if recovered else "moved", at)


def _with_guest(stay: Stay, guest: Guest | None, lost: frozenset[str], now: float) -> Stay:
    """Note how the guest itself does."""
    runs = stay.state == "started" and guest is not None and guest.status == "running"
    ran = stay.ran or runs
    stopped = guest is not None and guest.status == "stopped" and guest.node == stay.node
    late = not ran and now - stay.since < REPORTED_LATE_S
    down = stay.state == "started" and stopped and stay.node not in lost and not late
    if (ran, down) == (stay.ran, stay.down):
        return stay
    return replace(stay, ran=ran, down=down)
