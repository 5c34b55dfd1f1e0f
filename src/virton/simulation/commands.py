"""Commands to the simulated hardware, in the words of the scenario files."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from virton.ha.events.simulation import CommandExecuted
from virton.ha.model import ResourceConfig
from virton.ha.states import DisarmMode, RequestState
from virton.simulation.files import ClusterFiles
from virton.simulation.hosts import Host
from virton.simulation.timing import VIRTUAL
from virton.simulation.world import World

MIB = 1024**2
DEFAULT_LOCK = "backup"


class CommandError(ValueError):
    """A command that the simulated hardware does not understand or cannot carry out."""


@dataclass(slots=True)
class Figures:
    """What each resource may use (`static`) and does use (`dynamic`): sid -> figure -> value."""

    static: dict[str, Mapping[str, float]]
    dynamic: dict[str, Mapping[str, float]]


class Hardware:
    """Carries out commands on a world."""

    def __init__(self, world: World, files: ClusterFiles, figures: Figures) -> None:
        self.world = world
        self._files = files
        self._figures = figures

    def execute(self, command: str, source: str) -> None:
        """Carry out one command; raises CommandError."""
        self.world.tell(self.world.now_s, source, CommandExecuted(command))
        match command.split():
            case ["split" | "heal" | "qdevice" as verb, *arguments]:
                self._wires(verb, arguments)
            case ["service", sid, action, *arguments]:
                self._service(sid, action, arguments)
            case [verb, node, *arguments]:
                host = self.world.hosts.get(node)
                if host is None:
                    raise CommandError(f"there is no node {node}: {command}")
                self._node(verb, host, arguments)
            case _:
                raise CommandError(f"not a command: {command}")

    def _wires(self, verb: str, arguments: list[str]) -> None:
        """Change what the nodes reach; only the paced clock knows how they notice it."""
        world, device = self.world, self.world.membership.qdevice
        if world.timing == VIRTUAL:
            raise CommandError(f"{verb} is known on the paced clock only")
        match [verb, *arguments]:
            case ["split", groups]:
                world.split_network(groups_of(groups, world.hosts))
            case ["heal"]:
                world.split_network(())
            case ["qdevice", "on" | "off" as state] if device is not None:
                device.on = state == "on"
                world.membership.changed(world.now_s)
            case _:
                raise CommandError(f"not a command: {' '.join([verb, *arguments])}")

    def _node(self, verb: str, host: Host, arguments: list[str]) -> None:
        world = self.world
        match [verb, *arguments]:
            case ["power", "on"]:
                world.switch_on(host)
            case ["power", "off"]:
                world.switch_off(host)
            case ["network", "on" | "off" as state]:
                world.set_network(host, on=state == "on")
            case ["cfs", "rw", "work" | "fail" as state]:
                host.files_usable = state == "work"
            case ["cfs", "update", "work" | "fail" as state]:
                host.state_consistent = state == "work"
            case ["pve-manager-version", "set", version]:
                host.version = version
            case ["reboot" | "shutdown"]:
                host.going_down = verb
                if host.lrm is not None:
                    host.lrm.request_shutdown()
            case ["restart-lrm"]:
                if host.lrm is not None:
                    host.lrm_restarts = True
                    host.lrm.request_shutdown()
            case ["crm", *action]:
                self._crm(host, action)
            case _:
                raise CommandError(f"not a command: {' '.join([verb, host.name, *arguments])}")

    def _crm(self, host: Host, action: list[str]) -> None:
        match action:
            case ["stop"]:
                if host.crm is not None:
                    host.crm_stops = True
                    host.crm.request_shutdown()
            case ["start"]:
                self.world.start_crm(host)
            case ["enable-node-maintenance" | "disable-node-maintenance" as verb]:
                self._files.queue_command(f"{verb} {host.name}")
            case ["disarm-ha", mode] if mode in list(DisarmMode):
                self._files.queue_command(f"disarm-ha {mode}")
            case ["arm-ha"]:
                self._files.queue_command("arm-ha")
            case _:
                raise CommandError(f"not a command to a CRM: {' '.join(action)}")

    def _service(self, sid: str, action: str, arguments: list[str]) -> None:
        match [action, *arguments]:
            case ["started" | "stopped" | "disabled" | "ignored"]:
                self._change(sid, lambda: self._files.request(sid, RequestState(action)))
            case ["migrate" | "relocate", node]:
                self._files.queue_command(f"{action} {sid} {node}")
            case ["stop", timeout]:
                self._files.queue_command(f"stop {sid} {whole(timeout)}")
            case ["manual-migrate", node]:
                self._change(sid, lambda: self._files.place_guest(sid, node))
            case ["add", node, *rest]:
                self._add(sid, node, rest)
            case ["delete"]:
                self._change(sid, lambda: self._files.delete_resource(sid))
                self._figures.static.pop(sid, None)
            case ["lock", *name]:
                lock = name[0] if name else DEFAULT_LOCK
                self._change(sid, lambda: self._files.lock_guest(sid, lock))
            case ["unlock", *name]:
                if not name or self._files.guest_locks().get(sid) == name[0]:
                    self._files.unlock_guest(sid)
            case ["set-static-stats", *pairs]:
                _set(self._figures.static, sid, pairs, ("maxcpu", "maxmem"))
            case ["set-dynamic-stats", *pairs]:
                _set(self._figures.dynamic, sid, pairs, ("cpu", "mem"))
            case _:
                raise CommandError(f"not a command to a service: {' '.join([action, *arguments])}")

    def _change(self, sid: str, change: Callable[[], None]) -> None:
        try:
            change()
        except KeyError:
            raise CommandError(f"there is no resource {sid}") from None

    def _add(self, sid: str, node: str, rest: list[str]) -> None:
        if rest and rest[0] not in list(RequestState):
            raise CommandError(f"{rest[0]!r} is none of {', '.join(RequestState)}")
        state = RequestState(rest[0]) if rest else RequestState.STARTED
        host = self.world.hosts.get(node)
        if host is None or sid in self._files.resources():
            raise CommandError(f"{sid} cannot be added on {node}")
        self._files.add_resource(sid, ResourceConfig(node=node, state=state))
        if len(rest) > 1 and rest[1] != "0":
            host.running.add(sid)
        else:
            host.running.discard(sid)


def _set(
    all_figures: dict[str, Mapping[str, float]], sid: str, pairs: list[str], known: tuple[str, str]
) -> None:
    if not pairs or len(pairs) % 2:
        raise CommandError("figures are given in pairs of a name and a value")
    figures = dict(all_figures.get(sid, {}))
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        if name not in known:
            raise CommandError(f"there is no figure {name}; known are {' and '.join(known)}")
        figures[name] = _cores(value) if name.endswith("cpu") else whole(value) * MIB
    all_figures[sid] = figures


def groups_of(text: str, nodes: Collection[str]) -> tuple[frozenset[str], ...]:
    """Read groups of nodes such as `a,b|c`, each node at most once; raises CommandError."""
    groups = [[name for name in group.split(",") if name] for group in text.split("|")]
    named = [name for group in groups for name in group]
    strangers = any(name not in nodes for name in named)
    if strangers or len(set(named)) < len(named) or not all(groups):
        raise CommandError(f"not groups of nodes, such as a,b|c: {text}")
    return tuple(frozenset(group) for group in groups)


def whole(text: str) -> int:
    """Read a whole number in a command; raises CommandError."""
    try:
        return int(text)
    except ValueError:
        raise CommandError(f"{text!r} is not a whole number") from None


def _cores(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CommandError(f"{text!r} is not a number") from None
