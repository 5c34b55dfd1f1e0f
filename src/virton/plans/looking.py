"""Looks at a cluster during a drill: who is there, what runs where; kept as what has changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from virton.plans.fields import FieldError, Fields

if TYPE_CHECKING:
    from virton.proxmox.api import ClusterApi

Part = Mapping[str, Any]
AT_REST = ("started", "stopped", "error", "ignored", "freeze")
"""The states of a resource with which the stack is done."""

PARTS = ("online", "nodes", "services", "running")


@dataclass(frozen=True, slots=True)
class Look:
    """A cluster at a second of its own clock.

    `online` nodes by the membership, `nodes` by the manager's states, `services` with state and
    node, and `running` guests with their nodes.
    """

    at_s: int
    online: Mapping[str, bool]
    nodes: Mapping[str, str]
    services: Mapping[str, tuple[str, str]]
    running: Mapping[str, str]

    def since(self, before: "Look | None") -> dict[str, Any]:
        """Return what has changed since another look; what is gone is None."""
        told: dict[str, Any] = {"at_s": self.at_s}
        for part in PARTS:
            now = getattr(self, part)
            then = {} if before is None else getattr(before, part)
            changed = {key: value for key, value in sorted(now.items()) if then.get(key) != value}
            changed |= dict.fromkeys(sorted(then.keys() - now.keys()))
            if changed:
                told[part] = changed
        return told


def looks(told: Sequence[Mapping[str, Any]]) -> Iterator[Look]:
    """Yield the looks again that were kept as changes."""
    parts: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    for one in told:
        for part in PARTS:
            known = {**parts[part], **one.get(part, {})}
            parts[part] = {key: value for key, value in known.items() if value is not None}
        services = {sid: (state, node) for sid, (state, node) in parts["services"].items()}
        yield Look(one["at_s"], parts["online"], parts["nodes"], services, parts["running"])


def read_looks(told: Fields) -> tuple[Mapping[str, Any], ...]:
    """Read looks that were kept as changes; raises FieldError."""
    return tuple(_change(one) for one in told.parts("looks"))


def _change(told: Fields) -> Mapping[str, Any]:
    told.know(("at_s", *PARTS))
    parts = {name: told.part(name) for name in PARTS if name in told}
    found: dict[str, Any] = {"at_s": told.count("at_s")}
    for name, part in parts.items():
        found[name] = {key: _value(name, part, key) if key in part else None for key in part}
    return found


def _value(name: str, part: Fields, key: str) -> Any:
    if name == "online":
        return part.switch(key)
    if name != "services":
        return part.text(key)
    pair = part.texts(key)
    if len(pair) != 2:
        raise FieldError(part.of(key), "pair")
    return pair


async def look(api: "ClusterApi", clock: str) -> Look:
    """Look at a cluster; the time is a node's. Raises ApiFailure."""
    files, members = await api.manager_status(), await api.membership()
    inventory = await api.inventory()
    at_s = await api.time(clock)
    return Look(
        at_s or 0,
        dict(members.online),
        dict(files.node_states),
        {sid: (s.state, s.node or "") for sid, s in files.services.items()},
        {g.sid: g.node for g in inventory.guests if g.status == "running" and g.node},
    )
