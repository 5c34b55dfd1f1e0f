"""A look at the cluster for a maintenance: what is on the node, on its way, or not to be seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from virton.console.page.sight import sees_all_guests
from virton.console.rule_advice import ruleset_of
from virton.console.standings import AUDIT
from virton.ha.rules.compiled import prepare
from virton.ha.rules.motion import Board, Effect, consequences
from virton.ha.states import NodeState, ServiceState
from virton.proxmox import ApiFailure, ClusterApi
from virton.proxmox.access import Permissions
from virton.proxmox.configuration import Rule
from virton.proxmox.manager import ManagedService, ManagerFiles
from virton.proxmox.servicing import RunningTask, ceph, running_on, running_tasks

_AT_REST = (ServiceState.STOPPED, ServiceState.ERROR)
_MOVING = (ServiceState.MIGRATE, ServiceState.RELOCATE)


@dataclass(frozen=True, slots=True)
class Look:
    """What was answered since `began`, at `at` by the cluster's clock.

    `here`, `tasks` and `noout` are None where nothing was answered, or asked.

    `kept_off` are the resources that rules let not go to the node as things stand.

    `whole` tells that whoever looked may see every guest and every task of the node.
    """

    node: str
    began: float
    whole: bool
    quorate: bool = False
    online: Mapping[str, bool] = field(default_factory=dict)
    node_states: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, ManagedService] = field(default_factory=dict)
    guests: Mapping[str, tuple[str | None, bool]] = field(default_factory=dict)
    here: frozenset[str] | None = None
    tasks: tuple[RunningTask, ...] | None = None
    rules: frozenset[str] = frozenset()
    kept_off: frozenset[str] = frozenset()
    noout: bool | None = None
    at: float = 0.0

    @property
    def is_there(self) -> bool:
        """Tell whether the node at hand is in the cluster."""
        return bool(self.online.get(self.node))

    @property
    def in_maintenance(self) -> bool:
        """Tell whether the manager puts nothing on the node at hand."""
        return self.node_states.get(self.node) == NodeState.MAINTENANCE

    @property
    def running(self) -> frozenset[str]:
        """The guests that run on the node, by its own word and by the cluster's."""
        told = {sid for sid, (node, runs) in self.guests.items() if runs and node == self.node}
        return frozenset(told) | (self.here or frozenset())

    @property
    def awaited(self) -> frozenset[str]:
        """The resources that the HA stack has on the node, or brings there, not at rest."""
        return frozenset(
            sid
            for sid, one in self.services.items()
            if one.target == self.node or (one.node == self.node and one.state not in _AT_REST)
        )

    @property
    def returning(self) -> frozenset[str]:
        """The resources that the HA stack still brings back to the node after its maintenance."""
        return frozenset(
            sid
            for sid, one in self.services.items()
            if one.maintenance_node == self.node
            and one.state not in _AT_REST
            and sid not in self.kept_off
        )

    def is_busy(self, sid: str) -> bool:
        """Tell whether something is being done to a guest."""
        service, number = self.services.get(sid), sid.partition(":")[2]
        moves = service is not None and (service.state in _MOVING or bool(service.extra.get("cmd")))
        return moves or any(task.id == number for task in self.tasks or ())

    def doubts(self) -> tuple[str, ...]:
        """Return why nobody can say that the node is empty, though nothing is seen there."""
        found = {
            "away": not self.is_there,
            "no_quorum": not self.quorate,
            "hidden": not self.whole,
            "unread": self.is_there and (self.here is None or self.tasks is None),
        }
        return tuple(name for name, so in found.items() if so)

    @property
    def nothing_there(self) -> bool:
        """Tell whether no guest runs on the node, none is awaited, and no task is under way."""
        return not (self.doubts() or self.running or self.awaited or self.tasks)


async def look_at(
    api: ClusterApi, node: str, began: float, *, at: float = 0.0, with_ceph: bool = False
) -> Look:
    """Ask for everything about a node; raises ApiFailure where not even the cluster answers.

    Tasks are asked for before the guests and after them: one that puts a guest on the node while
    we ask is seen as a task, or as a guest.
    """
    permissions = await api.permissions()
    membership = await api.membership()
    there = bool(membership.online.get(node))
    before = await _of_node(api, node) if there else None
    inventory = await api.inventory()
    here = await _guests_of(api, node) if there else None
    after = await _of_node(api, node) if there else None
    files = await api.manager_status()
    told = await ceph(api) if with_ceph else None
    rules = await _rules(api)
    return Look(
        node,
        began,
        whole=_sees_all(permissions, node),
        quorate=membership.quorate is not False,
        online=membership.online,
        node_states=files.node_states,
        services=files.services,
        guests={
            guest.sid: (guest.node, guest.status in ("running", "paused", "unknown"))
            for guest in inventory.guests
            if not guest.template
        },
        here=here,
        tasks=None if before is None or after is None else _united(before, after),
        rules=frozenset(rule.rule for rule in rules),
        kept_off=_kept_off(rules, files, node, sorted(membership.online)),
        noout=None if told is None else told.noout,
        at=at,
    )


def _sees_all(permissions: Permissions, node: str) -> bool:
    audits = all(AUDIT in permissions.on(path) for path in ("/", f"/nodes/{node}"))
    return audits and sees_all_guests(permissions)


def _united(
    before: tuple[RunningTask, ...], after: tuple[RunningTask, ...]
) -> tuple[RunningTask, ...]:
    found = {task.upid: task for task in (*before, *after)}
    return tuple(found[upid] for upid in sorted(found))


async def _of_node(api: ClusterApi, node: str) -> tuple[RunningTask, ...] | None:
    try:
        return await running_tasks(api, node)
    except ApiFailure:
        return None


async def _guests_of(api: ClusterApi, node: str) -> frozenset[str] | None:
    try:
        return await running_on(api, node)
    except ApiFailure:
        return None


async def _rules(api: ClusterApi) -> tuple[Rule, ...]:
    try:
        return await api.rules()
    except ApiFailure:
        return ()


def _kept_off(
    rules: tuple[Rule, ...], files: ManagerFiles, node: str, nodes: list[str]
) -> frozenset[str]:
    """Return whom the HA stack would not bring back: another node is better, or rules forbid it."""
    compiled, _ = prepare(ruleset_of(rules), nodes)
    places = {sid: (one.node, one.target) for sid, one in files.services.items()}
    online = {name for name, state in files.node_states.items() if state == NodeState.ONLINE}
    board = Board(places, frozenset(), online | {node})
    return frozenset(
        sid
        for sid in sorted(places)
        if any(one.effect is not Effect.ALONG for one in consequences(compiled, board, sid, node))
    )
