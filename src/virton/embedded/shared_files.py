"""The cluster's files as the HA stack reads and writes them: typed values over the texts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from virton.embedded.endpoints.ha.files import (
    CRM_COMMANDS,
    GROUPS,
    MANAGER_STATUS,
    RESOURCES,
    RULES,
)
from virton.embedded.inventory import Inventory
from virton.embedded.pmxcfs import ClusterFiles, json_text
from virton.ha.config.groups import parse_groups
from virton.ha.config.resources import (
    resource_configs,
    section_of,
    without_groups,
    write_resources,
)
from virton.ha.config.sections import Document
from virton.ha.dialect import Dialect
from virton.ha.manager.plan import ReplaceGroups
from virton.ha.model import (
    DatacenterSettings,
    GroupConfig,
    LrmStatus,
    ManagerStatus,
    ResourceConfig,
    ServiceTable,
)
from virton.ha.rules.config import RuleSet, write_rules
from virton.ha.states import RequestState

DATACENTER = "datacenter.cfg"

Status = TypeVar("Status", ManagerStatus, LrmStatus)


def lrm_status_path(node: str) -> str:
    """Return where a node's LRM writes its status."""
    return f"nodes/{node}/lrm_status"


class SharedFiles:
    """Implements the simulation's `ClusterFiles` over the embedded cluster's file system."""

    def __init__(
        self, files: ClusterFiles, inventory: Inventory, nodes: tuple[str, ...], dialect: Dialect
    ) -> None:
        self._files = files
        self._dialect = dialect
        self._inventory = inventory
        self._nodes = nodes
        self._statuses: dict[str, tuple[int, ManagerStatus | LrmStatus]] = {}
        self._locks: tuple[object, Mapping[str, str]] | None = None
        self._large: dict[str, tuple[object, str]] = {}
        self._resources: tuple[object, object, Mapping[str, ResourceConfig]] | None = None

    # what the daemons write

    @property
    def manager_status(self) -> ManagerStatus:
        """What the manager wrote last."""
        return self._status(MANAGER_STATUS, ManagerStatus) or ManagerStatus()

    @manager_status.setter
    def manager_status(self, status: ManagerStatus) -> None:
        self._keep(MANAGER_STATUS, status)

    def lrm_status(self) -> Mapping[str, LrmStatus]:
        """Return what each LRM wrote last."""
        read = {node: self._status(lrm_status_path(node), LrmStatus) for node in self._nodes}
        return {node: status for node, status in read.items() if status is not None}

    def write_lrm_status(self, node: str, status: LrmStatus) -> None:
        """Keep what an LRM writes."""
        self._keep(lrm_status_path(node), status)

    def _status(self, path: str, kind: type[Status]) -> Status | None:
        version = self._files.version(path)
        known = self._statuses.get(path)
        if known is not None and known[0] == version and isinstance(known[1], kind):
            return known[1]
        data = self._files.read_json(path)
        if not data:
            return None
        status = kind.from_json(data)
        self._statuses[path] = (version, status)
        return status

    def _keep(self, path: str, status: ManagerStatus | LrmStatus) -> None:
        self._files.write(path, self._text(path, status))
        self._statuses[path] = (self._files.version(path), status)

    def _text(self, path: str, status: ManagerStatus | LrmStatus) -> str:
        """Return a status as its file holds it; what is large is made anew only if it changed."""
        name, large, small = _split(status)
        known = self._large.get(path)
        if known is None or known[0] is not large:
            known = self._large[path] = (large, json_text(status.to_json()[name]))
        parts = {key: json_text(value) for key, value in small.to_json().items()}
        parts[name] = known[1]
        return "{" + ",".join(f'"{key}":{parts[key]}' for key in sorted(parts)) + "}"

    def move_in_time(self, by_s: int) -> None:
        """Let all that the daemons wrote be written so many seconds later."""
        if by_s and self._files.get(MANAGER_STATUS):
            status = self.manager_status
            if status.timestamp is not None:
                self.manager_status = replace(status, timestamp=status.timestamp + by_s)
        if by_s:
            for node, lrm in self.lrm_status().items():
                self.write_lrm_status(node, replace(lrm, timestamp=lrm.timestamp + by_s))

    # what the operator writes

    def resources(self) -> Mapping[str, ResourceConfig]:
        """Return the configured resources, each with the node of its guest."""
        document, guests = self._document(), self._inventory.guests()
        if self._resources is None or self._resources[:2] != (document, guests):
            nodes = {str(vmid): guest.node for vmid, guest in guests.items()}
            self._resources = (document, guests, resource_configs(document, nodes))
        return self._resources[2]

    def _document(self) -> Document:
        return self._files.parsed(RESOURCES, self._dialect.read_resources)

    def rules(self) -> RuleSet:
        """Return the configured rules."""
        return self._files.parsed(RULES, self._dialect.parse_rules)

    def groups(self) -> Mapping[str, GroupConfig]:
        """Return the legacy groups."""
        return self._files.parsed(GROUPS, parse_groups)

    def settings(self) -> DatacenterSettings:
        """Return the cluster's settings."""
        return self._files.parsed(DATACENTER, self._dialect.parse_datacenter)

    def add_resource(self, sid: str, config: ResourceConfig) -> None:
        """Put a resource under HA; raises KeyError if it is already."""
        if sid in self._document().sections:
            raise KeyError(sid)
        self._save(self._document().with_section(section_of(sid, config)))

    def delete_resource(self, sid: str) -> None:
        """Take a resource out of HA; raises KeyError if it is not in."""
        if sid not in self._document().sections:
            raise KeyError(sid)
        self._save(self._document().without(sid))

    def request(self, sid: str, state: RequestState) -> None:
        """Change what is wanted of a resource."""
        section = self._document().sections[sid]
        self._save(self._document().with_section(section.changed({"state": str(state)})))

    def _save(self, document: Document) -> None:
        self._files.write(RESOURCES, write_resources(document))

    def replace_groups(self, act: ReplaceGroups) -> None:
        """Write the rules that replace the groups, and forget the groups."""
        with self._files.batch():
            self._files.write(RULES, write_rules(act.rules))
            self._save(without_groups(self._document(), act.grouped, act.failback_off))
            self._files.remove(GROUPS)

    # commands

    def commands(self) -> tuple[str, ...]:
        """Return the commands that wait for a manager."""
        return tuple(line for line in self._files.read(CRM_COMMANDS).splitlines() if line.strip())

    def queue_command(self, command: str) -> None:
        """Leave a command for the manager."""
        self._files.append(CRM_COMMANDS, f"{command}\n")

    def take_commands(self, count: int) -> None:
        """Take the first commands off the queue."""
        self._files.write(CRM_COMMANDS, "".join(f"{c}\n" for c in self.commands()[count:]))

    # guests

    def guest_locks(self) -> Mapping[str, str]:
        """Return the locks on guests, by resource."""
        guests = self._inventory.guests()
        if self._locks is None or self._locks[0] is not guests:
            locked = (guest for guest in guests.values() if guest.lock is not None)
            self._locks = (guests, {guest.sid: guest.lock or "" for guest in locked})
        return self._locks[1]

    def lock_guest(self, sid: str, lock: str) -> None:
        """Lock a guest; raises KeyError if there is none."""
        if self._inventory.by_sid(sid) is None:
            raise KeyError(sid)
        self._inventory.set_lock(sid, lock)

    def unlock_guest(self, sid: str) -> None:
        """Remove the lock on a guest."""
        self._inventory.set_lock(sid, None)

    def place_guest(self, sid: str, node: str) -> None:
        """Make a guest another node's."""
        self._inventory.place(sid, node)


def _split(status: ManagerStatus | LrmStatus) -> tuple[str, object, ManagerStatus | LrmStatus]:
    """Return which part of a status is large, that part, and the status without it."""
    if isinstance(status, LrmStatus):
        return "results", status.results, replace(status, results={})
    rest = replace(status, service_status=ServiceTable())
    return "service_status", status.service_status, rest
