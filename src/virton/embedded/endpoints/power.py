"""Starting, stopping and moving guests: through the HA stack those under HA, directly the others.

Each is a task; the answer is its id.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.guests import guest_at, set_paused
from virton.embedded.endpoints.ha import resources
from virton.embedded.endpoints.ha.files import queue_command
from virton.embedded.endpoints.ha.motion import Motion
from virton.embedded.endpoints.parameters import NODE, VMID
from virton.embedded.errors import Refusal, failed, invalid
from virton.embedded.registry import Endpoint, Handler, Need
from virton.embedded.schema import Param, Schema
from virton.embedded.tasks import Task
from virton.embedded.world import Guest, GuestType

Params = Mapping[str, Any]

_SHUTDOWN_S = 60


@dataclass(frozen=True, slots=True)
class _Order:
    """What is asked of a guest, by whom."""

    cluster: EmbeddedCluster
    caller: Caller
    guest: Guest
    params: Params

    @property
    def is_managed(self) -> bool:
        """Tell whether the HA stack has to do it."""
        return resources.is_managed(self.cluster, self.guest.sid)

    def begin(self, kind: str) -> Task:
        """Begin a task on the guest's node."""
        user = self.caller.name
        return self.cluster.tasks.begin(self.guest.node, kind, str(self.guest.vmid), user)

    def forward(self, kind: str, what: str, ask: Callable[[], object]) -> str:
        """Ask the HA stack for something, as a task that ends when it is asked."""
        task = self.begin(kind)
        task.log(f"Requesting HA {what} for {_display(self.guest)}")
        try:
            ask()
        except Refusal as refusal:
            task.finish(refusal.message)
        else:
            task.finish()
        return task.upid


def _display(guest: Guest) -> str:
    return f"{'VM' if guest.type == 'qemu' else 'CT'} {guest.vmid}"


def _task_type(guest: Guest, deed: str) -> str:
    return f"{'qm' if guest.type == 'qemu' else 'vz'}{deed}"


def start(order: _Order) -> str:
    """Start a guest."""
    cluster, guest = order.cluster, order.guest
    if order.is_managed:
        wanted = {"sid": guest.sid, "state": "started"}
        return order.forward(
            "hastart", "start", lambda: resources.update(cluster, order.caller, wanted)
        )
    task = order.begin(_task_type(guest, "start"))
    if guest.running:
        task.finish(f"{_display(guest)} already running")
    else:
        cluster.world.start_guest(guest.vmid, task)
    return task.upid


def stop(order: _Order) -> str:
    """Stop a guest at once."""
    return _stop(order, "stop", 0)


def shutdown(order: _Order) -> str:
    """Shut a guest down."""
    return _stop(order, "shutdown", order.params.get("timeout", _SHUTDOWN_S))


def _stop(order: _Order, deed: str, timeout_s: int) -> str:
    cluster, guest = order.cluster, order.guest
    if order.is_managed and deed != "suspend":
        command = f"stop {guest.sid} {timeout_s}"
        return order.forward(f"ha{deed}", deed, lambda: queue_command(cluster, command))
    task = order.begin(_task_type(guest, deed))
    if not guest.running:
        task.finish(None if deed == "stop" else f"{_display(guest)} not running")
    else:
        cluster.world.stop_guest(guest.vmid, task, timeout_s=timeout_s)
    return task.upid


@dataclass(frozen=True, slots=True)
class _StartAfter:
    """Where the stop of a reboot reports: a guest that has stopped is started again."""

    cluster: EmbeddedCluster
    task: Task

    @property
    def upid(self) -> str:
        """Return the id of the reboot's task."""
        return self.task.upid

    def log(self, line: str) -> None:
        """Write a line into the task's log."""
        self.task.log(line)

    def finish(self, error: str | None = None) -> None:
        """Start the guest, or end the task if it did not stop."""
        if error is None:
            self.cluster.world.start_guest(int(self.task.id), self.task)
        else:
            self.task.finish(error)


def reboot(order: _Order) -> str:
    """Shut a guest down and start it again, without the HA stack."""
    cluster, guest = order.cluster, order.guest
    task = order.begin(_task_type(guest, "reboot"))
    if not guest.running:
        task.finish(f"{_display(guest)} not running")
    else:
        timeout_s = order.params.get("timeout", _SHUTDOWN_S)
        cluster.world.stop_guest(guest.vmid, _StartAfter(cluster, task), timeout_s=timeout_s)
    return task.upid


def reset(order: _Order) -> str:
    """Reset a machine, which goes on running."""
    return _at_once(order, "reset")


def suspend(order: _Order) -> str:
    """Let a guest pause, or with `todisk` stop it as one that is to go on later."""
    if order.params.get("todisk"):
        return _stop(order, "suspend", 0)
    if order.guest.running:
        set_paused(order.cluster, order.guest.vmid, paused=True)
    return _at_once(order, "suspend")


def resume(order: _Order) -> str:
    """Let a guest go on; one that was stopped to go on later is started."""
    if order.guest.running:
        set_paused(order.cluster, order.guest.vmid, paused=False)
        return _at_once(order, "resume")
    task = order.begin(_task_type(order.guest, "resume"))
    order.cluster.world.start_guest(order.guest.vmid, task)
    return task.upid


def _at_once(order: _Order, deed: str) -> str:
    """Leave the task of what is done at once to a guest that runs."""
    task = order.begin(_task_type(order.guest, deed))
    task.finish(None if order.guest.running else f"{_display(order.guest)} not running")
    return task.upid


def migrate(order: _Order) -> str:
    """Move a guest to another node."""
    cluster, guest, target = order.cluster, order.guest, order.params["target"]
    members = cluster.world.members()
    if target not in members:
        raise failed(f"no such cluster node '{target}'")
    if target == guest.node:
        raise invalid({"target": "target is local node."})
    if order.is_managed:
        moved = {"sid": guest.sid, "node": target}
        return order.forward(
            "hamigrate",
            f"migration to node {target}",
            lambda: resources.migrate(cluster, order.caller, moved),
        )
    online = bool(order.params.get("online") or order.params.get("restart"))
    if guest.running and not online:
        raise failed(f"can't migrate running {_display(guest)} without --online")
    task = order.begin(_task_type(guest, "migrate"))
    if not members[target]:
        task.finish(f"target node '{target}' is not online")
    else:
        cluster.world.migrate_guest(guest.vmid, target, task, online=online)
    return task.upid


def preconditions(order: _Order) -> dict[str, Any]:
    """Tell where a guest may move to, and what would move along."""
    cluster, guest = order.cluster, order.guest
    others = sorted(
        n for n, online in cluster.world.members().items() if n != guest.node and online
    )
    motion = Motion(cluster)
    blocking = {node: motion.blocking(guest.sid, node) for node in others}
    refused = {node: {"blocking-ha-resources": found} for node, found in blocking.items() if found}
    allowed = [node for node in others if node not in refused]
    if guest.type == "lxc":
        return {
            "running": int(guest.running),
            "allowed-nodes": allowed,
            "not-allowed-nodes": refused,
            "dependent-ha-resources": motion.comigrated(guest.sid),
        }
    return {
        "running": int(guest.running),
        "allowed_nodes": allowed,
        "not_allowed_nodes": refused,
        "dependent-ha-resources": motion.comigrated(guest.sid),
        "local_disks": [],
        "local_resources": [],
        "mapped-resources": [],
        "mapped-resource-info": {},
        "has-dbus-vmstate": 1,
    }


def _handler(kind: GuestType, deed: Callable[[_Order], Any]) -> Handler:
    def handle(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Any:
        return deed(_Order(cluster, caller, guest_at(cluster, kind, params), params))

    return handle


_SWITCH = Param("boolean", optional=True)
_TEXT = Param(optional=True)
_SECONDS = Param("integer", optional=True, minimum=0)
_MIGRATION_TYPE = Param(optional=True, enum=("secure", "insecure"))
_COMMON = {"node": NODE, "vmid": VMID, "skiplock": _SWITCH}
_STOP = {**_COMMON, "overrule-shutdown": _SWITCH}
_SHUTDOWN = {"node": NODE, "vmid": VMID, "timeout": _SECONDS, "forceStop": _SWITCH}
_REBOOT = {"node": NODE, "vmid": VMID, "timeout": _SECONDS}
_MOVE = {"node": NODE, "vmid": VMID, "target": NODE, "online": _SWITCH, "bwlimit": _SECONDS}

_PARAMETERS: Mapping[tuple[GuestType, str], Schema] = {
    ("qemu", "start"): {
        **_COMMON,
        "timeout": _SECONDS,
        **dict.fromkeys(("force-cpu", "machine", "migratedfrom", "stateuri"), _TEXT),
        **dict.fromkeys(("migration_network", "nets-host-mtu", "targetstorage"), _TEXT),
        "migration_type": _MIGRATION_TYPE,
        "with-conntrack-state": _SWITCH,
    },
    ("lxc", "start"): {**_COMMON, "debug": _SWITCH},
    ("qemu", "stop"): {**_STOP, "timeout": _SECONDS, "keepActive": _SWITCH, "migratedfrom": _TEXT},
    ("lxc", "stop"): _STOP,
    ("qemu", "shutdown"): {**_SHUTDOWN, "skiplock": _SWITCH, "keepActive": _SWITCH},
    ("lxc", "shutdown"): _SHUTDOWN,
    ("qemu", "reboot"): _REBOOT,
    ("lxc", "reboot"): _REBOOT,
    ("qemu", "reset"): _COMMON,
    ("qemu", "suspend"): {**_COMMON, "todisk": _SWITCH, "statestorage": _TEXT},
    ("lxc", "suspend"): {"node": NODE, "vmid": VMID},
    ("qemu", "resume"): {**_COMMON, "nocheck": _SWITCH},
    ("lxc", "resume"): {"node": NODE, "vmid": VMID},
    ("qemu", "migrate"): {
        **_MOVE,
        "force": _SWITCH,
        "migration_type": _MIGRATION_TYPE,
        "migration_network": _TEXT,
        "with-local-disks": _SWITCH,
        "with-conntrack-state": _SWITCH,
        "targetstorage": _TEXT,
    },
    ("lxc", "migrate"): {
        **_MOVE,
        "bwlimit": Param("number", optional=True, minimum=0),
        "restart": _SWITCH,
        "timeout": Param("integer", optional=True),
        "target-storage": _TEXT,
    },
}
_DEEDS = (
    ("start", start),
    ("stop", stop),
    ("shutdown", shutdown),
    ("reboot", reboot),
    ("reset", reset),
    ("suspend", suspend),
    ("resume", resume),
)
_POWER = Need("/vms/{vmid}", ("VM.PowerMgmt",))
_MIGRATE = Need("/vms/{vmid}", ("VM.Migrate",))


def _endpoints(kind: GuestType) -> list[Endpoint]:
    path = f"/nodes/{{node}}/{kind}/{{vmid}}"
    return [
        *(
            Endpoint(
                "POST",
                f"{path}/status/{name}",
                _handler(kind, deed),
                _POWER,
                _PARAMETERS[kind, name],
                proxied=True,
            )
            for name, deed in _DEEDS
            if (kind, name) in _PARAMETERS
        ),
        Endpoint(
            "POST",
            f"{path}/migrate",
            _handler(kind, migrate),
            _MIGRATE,
            _PARAMETERS[kind, "migrate"],
            proxied=True,
        ),
        Endpoint(
            "GET",
            f"{path}/migrate",
            _handler(kind, preconditions),
            _MIGRATE,
            {"node": NODE, "vmid": VMID, "target": Param(optional=True, format="pve-node")},
            proxied=True,
        ),
    ]


ENDPOINTS = (*_endpoints("qemu"), *_endpoints("lxc"))
