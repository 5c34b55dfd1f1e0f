"""The values that the HA stack reads and writes, with their Proxmox VE (JSON) form.

All are frozen: a daemon reads one, replaces it, and never changes what another one holds.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import field
from functools import cached_property
from operator import itemgetter
from typing import Annotated, Any, Self

from virton.frozen import frozen
from virton.ha.states import (
    BalanceMethod,
    DisarmMode,
    DisarmState,
    LrmMode,
    LrmState,
    NodeState,
    RequestState,
    SchedulerMode,
    ServiceState,
    ShutdownPolicy,
)

INSTANT = "instant"
Instant = Annotated[int, INSTANT]
"""A time in seconds by the world's clock; what is remembered moves with that clock."""

DERIVED = {"derived": True}
"""Marks what a memory holds only to spare work: left out, it is found again."""


def resource_type(sid: str) -> str:
    """Return the type of a resource: `vm` of `vm:100`."""
    return sid.partition(":")[0]


def resource_name(sid: str) -> str:
    """Return the name of a resource within its type: `100` of `vm:100`."""
    return sid.partition(":")[2]


@frozen
class ResourceConfig:
    """A resource as configured (`resources.cfg`), with the node on which its guest lives.

    `node` is None where the guest does not exist (any more).
    """

    node: str | None
    state: RequestState = RequestState.STARTED
    max_restart: int = 1
    max_relocate: int = 1
    failback: bool = True
    group: str | None = None
    comment: str | None = None
    auto_rebalance: bool = True


@frozen
class GroupConfig:
    """A legacy HA group (`groups.cfg`): node -> priority, and its two switches."""

    nodes: Mapping[str, int]
    restricted: bool = False
    nofailback: bool = False
    comment: str | None = None


@frozen
class SchedulerSettings:
    """The `crs` line of datacenter.cfg; `threshold` and `margin` are fractions of 1."""

    mode: SchedulerMode = SchedulerMode.BASIC
    rebalance_on_start: bool = False
    auto_rebalance: bool = False
    threshold: float = 0.3
    method: BalanceMethod = BalanceMethod.BRUTEFORCE
    hold_rounds: int = 3
    margin: float = 0.1


@frozen
class DatacenterSettings:
    """What datacenter.cfg tells the HA stack."""

    shutdown_policy: ShutdownPolicy = ShutdownPolicy.CONDITIONAL
    scheduler: SchedulerSettings = SchedulerSettings()


@frozen
class Motion:
    """A requested move of a resource: live (`migrate`) or stop, move and start (`relocate`)."""

    how: str
    target: str


@frozen
class StopRequest:
    """A requested stop of a resource within `timeout` seconds; 0 is a hard stop."""

    timeout: int


@frozen
class ServiceStatus:
    """What the manager knows of one resource."""

    state: ServiceState
    node: str
    uid: str
    target: str | None = None
    timeout: int | None = None
    running: bool = False
    failed_nodes: tuple[str, ...] = ()
    maintenance_node: str | None = None
    cmd: Motion | StopRequest | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the entry of `manager_status`'s `service_status`."""
        data: dict[str, Any] = {"state": str(self.state), "node": self.node, "uid": self.uid}
        if self.target is not None:
            data["target"] = self.target
        if self.timeout is not None:
            data["timeout"] = self.timeout
        if self.running:
            data["running"] = 1
        if self.failed_nodes:
            data["failed_nodes"] = list(self.failed_nodes)
        if self.maintenance_node is not None:
            data["maintenance_node"] = self.maintenance_node
        match self.cmd:
            case Motion(how, target):
                data["cmd"] = [how, target]
            case StopRequest(timeout):
                data["cmd"] = ["stop", timeout]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read an entry of `manager_status`'s `service_status`."""
        timeout = data.get("timeout")
        return cls(
            state=ServiceState(data["state"]),
            node=data["node"],
            uid=data.get("uid", ""),
            target=data.get("target"),
            timeout=None if timeout is None else int(timeout),
            running=bool(data.get("running")),
            failed_nodes=tuple(data.get("failed_nodes") or ()),
            maintenance_node=data.get("maintenance_node"),
            cmd=_command_from_json(data.get("cmd")),
        )


_OnNode = list[tuple[str, ServiceStatus]]


class ServiceTable(dict[str, ServiceStatus]):
    """All resources' statuses, with an index by node; not to be changed once published."""

    def on_node(self, node: str) -> Sequence[tuple[str, ServiceStatus]]:
        """Return the resources that are on a node or on their way to it, by name."""
        return self._index.get(node, ())

    def follow(self, statuses: Mapping[str, ServiceStatus], changed: Set[str]) -> "ServiceTable":
        """Return the table of statuses that differ from this one's in those that `changed`."""
        table, index = ServiceTable(statuses), self.__dict__.get("_index")
        if index is not None:
            table.__dict__["_index"] = self._reindexed(index, table, changed)
        touched = (*map(self.get, changed), *map(table.get, changed))
        if not any(s is not None and s.state is ServiceState.FENCE for s in touched):
            table.__dict__["nodes_to_fence"] = self.nodes_to_fence
        return table

    def _reindexed(
        self, index: Mapping[str, _OnNode], after: "ServiceTable", changed: Set[str]
    ) -> dict[str, _OnNode]:
        now: dict[str, _OnNode] = {}
        for sid in changed:
            for node in _nodes_of(self.get(sid)):
                now.setdefault(node, [])
            if (status := after.get(sid)) is not None:
                for node in _nodes_of(status):
                    now.setdefault(node, []).append((sid, status))
        for node, there in now.items():
            there += (entry for entry in index.get(node, ()) if entry[0] not in changed)
            there.sort(key=itemgetter(0))
        return {**index, **now}

    @cached_property
    def nodes_to_fence(self) -> frozenset[str]:
        """The nodes on which resources wait for their fence."""
        return frozenset(s.node for s in self.values() if s.state is ServiceState.FENCE)

    @cached_property
    def _index(self) -> dict[str, _OnNode]:
        index: dict[str, _OnNode] = {}
        for sid in sorted(self):
            status = self[sid]
            for node in _nodes_of(status):
                index.setdefault(node, []).append((sid, status))
        return index


def _nodes_of(status: ServiceStatus | None) -> tuple[str, ...]:
    if status is None:
        return ()
    node, target = status.node, status.target
    return (node,) if target is None or target == node else (node, target)


def _command_from_json(cmd: Any) -> Motion | StopRequest | None:
    if not cmd:
        return None
    if cmd[0] == "stop":
        return StopRequest(int(cmd[1]))
    return Motion(cmd[0], cmd[1])


@frozen
class Disarm:
    """The cluster-wide pause of the HA stack, and how far it has come."""

    mode: DisarmMode
    state: DisarmState = DisarmState.DISARMING


@frozen
class ManagerStatus:
    """What the manager writes at the end of its round (`manager_status`)."""

    master_node: str | None = None
    timestamp: Instant | None = None
    node_status: Mapping[str, NodeState] = field(default_factory=dict)
    service_status: ServiceTable = field(default_factory=ServiceTable)
    maintenance_requests: frozenset[str] = frozenset()
    disarm: Disarm | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the file's content."""
        data: dict[str, Any] = {
            "node_status": {node: str(state) for node, state in self.node_status.items()},
            "service_status": {s: status.to_json() for s, status in self.service_status.items()},
        }
        if self.master_node is not None:
            data["master_node"] = self.master_node
        if self.timestamp is not None:
            data["timestamp"] = self.timestamp
        if self.maintenance_requests:
            requests = sorted(self.maintenance_requests)
            data["node_request"] = {node: {"maintenance": 1} for node in requests}
        if self.disarm is not None:
            data["disarm"] = {"mode": str(self.disarm.mode), "state": str(self.disarm.state)}
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read the file's content; an empty one is the status of a cluster never managed."""
        requests = data.get("node_request") or {}
        disarm = data.get("disarm")
        services = data.get("service_status") or {}
        return cls(
            master_node=data.get("master_node"),
            timestamp=data.get("timestamp"),
            node_status={n: NodeState(s) for n, s in (data.get("node_status") or {}).items()},
            service_status=ServiceTable(
                (sid, ServiceStatus.from_json(s)) for sid, s in services.items()
            ),
            maintenance_requests=frozenset(n for n, r in requests.items() if r.get("maintenance")),
            disarm=disarm and Disarm(DisarmMode(disarm["mode"]), DisarmState(disarm["state"])),
        )


@frozen
class LrmResult:
    """How an action of a Local Resource Manager ended; `state` is the state it worked for."""

    sid: str
    state: str
    exit_code: int


@frozen
class LrmStatus:
    """What a Local Resource Manager writes after its round (`nodes/<node>/lrm_status`)."""

    state: LrmState
    mode: LrmMode
    timestamp: Instant
    results: Mapping[str, LrmResult] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the file's content."""
        return {
            "state": str(self.state),
            "mode": str(self.mode),
            "timestamp": self.timestamp,
            "results": {
                uid: {"sid": r.sid, "state": str(r.state), "exit_code": r.exit_code}
                for uid, r in self.results.items()
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read the file's content."""
        results = data.get("results") or {}
        return cls(
            state=LrmState(data["state"]),
            mode=LrmMode(data.get("mode") or "active"),
            timestamp=data.get("timestamp", 0),
            results={
                uid: LrmResult(r["sid"], r["state"], r["exit_code"]) for uid, r in results.items()
            },
        )
