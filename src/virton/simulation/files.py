"""The cluster's shared files, as the HA stack reads and writes them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from virton.ha.manager.plan import (
    Act,
    RemoveGuestLock,
    ReplaceGroups,
    RequestStopped,
    TakeCommands,
    TakeOverGuest,
)
from virton.ha.model import (
    DatacenterSettings,
    GroupConfig,
    LrmStatus,
    ManagerStatus,
    ResourceConfig,
)
from virton.ha.rules.config import RuleSet, write_rules
from virton.ha.states import RequestState

if TYPE_CHECKING:
    from virton.simulation.value import FilesValue


class ClusterFiles(Protocol):
    """What all nodes of a cluster share. A value read stays as it is; a change makes a new one."""

    manager_status: ManagerStatus

    def lrm_status(self) -> Mapping[str, LrmStatus]:
        """Return what each LRM wrote last."""

    def write_lrm_status(self, node: str, status: LrmStatus) -> None:
        """Keep what an LRM writes."""

    def resources(self) -> Mapping[str, ResourceConfig]:
        """Return the configured resources, each with the node of its guest."""

    def rules(self) -> RuleSet:
        """Return the configured rules."""

    def groups(self) -> Mapping[str, GroupConfig]:
        """Return the legacy groups."""

    def settings(self) -> DatacenterSettings:
        """Return the cluster's settings."""

    def commands(self) -> tuple[str, ...]:
        """Return the commands that wait for a manager."""

    def queue_command(self, command: str) -> None:
        """Leave a command for the manager."""

    def take_commands(self, count: int) -> None:
        """Take the first commands off the queue."""

    def add_resource(self, sid: str, config: ResourceConfig) -> None:
        """Put a resource under HA; raises KeyError if it is already."""

    def delete_resource(self, sid: str) -> None:
        """Take a resource out of HA; raises KeyError if it is not in."""

    def request(self, sid: str, state: RequestState) -> None:
        """Change what is wanted of a resource."""

    def replace_groups(self, act: ReplaceGroups) -> None:
        """Write the rules that replace the groups, and forget the groups."""

    def guest_locks(self) -> Mapping[str, str]:
        """Return the locks on guests, by resource."""

    def lock_guest(self, sid: str, lock: str) -> None:
        """Lock a guest; raises KeyError if it is not under HA."""

    def unlock_guest(self, sid: str) -> None:
        """Remove the lock on a guest."""

    def place_guest(self, sid: str, node: str) -> None:
        """Make a guest another node's."""


def carry_out(act: Act, files: ClusterFiles) -> None:
    """Do what the manager decided."""
    match act:
        case TakeCommands(count):
            files.take_commands(count)
        case TakeOverGuest(sid, _, target):
            files.place_guest(sid, target)
        case RemoveGuestLock(sid, _):
            files.unlock_guest(sid)
        case RequestStopped(sid):
            files.request(sid, RequestState.STOPPED)
        case ReplaceGroups():
            files.replace_groups(act)


class MemoryFiles:
    """Shared files that live and die with the simulation."""

    def __init__(self, value: "FilesValue") -> None:
        self.manager_status = value.manager_status
        self._resources = dict(value.resources)
        self._handed_out: Mapping[str, ResourceConfig] | None = value.resources
        self._rules = value.rules
        self._groups = value.groups
        self._settings = value.settings
        self._locks = dict(value.guest_locks)
        self._lrm = dict(value.lrm_status)
        self._commands = list(value.commands)

    def lrm_status(self) -> Mapping[str, LrmStatus]:
        """Return what each LRM wrote last."""
        return self._lrm

    def write_lrm_status(self, node: str, status: LrmStatus) -> None:
        """Keep what an LRM writes."""
        self._lrm[node] = status

    def resources(self) -> Mapping[str, ResourceConfig]:
        """Return the configured resources, each with the node of its guest."""
        if self._handed_out is None:
            self._handed_out = dict(self._resources)
        return self._handed_out

    def rules(self) -> RuleSet:
        """Return the configured rules."""
        return self._rules

    def groups(self) -> Mapping[str, GroupConfig]:
        """Return the legacy groups."""
        return self._groups

    def settings(self) -> DatacenterSettings:
        """Return the cluster's settings."""
        return self._settings

    def commands(self) -> tuple[str, ...]:
        """Return the commands that wait for a manager."""
        return tuple(self._commands)

    def queue_command(self, command: str) -> None:
        """Leave a command for the manager."""
        self._commands.append(command)

    def take_commands(self, count: int) -> None:
        """Take the first commands off the queue."""
        del self._commands[:count]

    def request(self, sid: str, state: RequestState) -> None:
        """Change what is wanted of a resource."""
        self._replace(sid, replace(self._resources[sid], state=state))

    def add_resource(self, sid: str, config: ResourceConfig) -> None:
        """Put a resource under HA; raises KeyError if it is already."""
        if sid in self._resources:
            raise KeyError(f"resource {sid} is configured already")
        self._replace(sid, config)

    def delete_resource(self, sid: str) -> None:
        """Take a resource out of HA; raises KeyError if it is not in."""
        self._handed_out = None
        del self._resources[sid]
        self._locks.pop(sid, None)

    def replace_groups(self, act: ReplaceGroups) -> None:
        """Write the rules that replace the groups, and forget the groups."""
        self._rules = replace(act.rules, digest=write_rules(act.rules))
        for sid in act.grouped:
            config = self._resources[sid]
            failback = config.failback and sid not in act.failback_off
            self._replace(sid, replace(config, group=None, failback=failback))
        self._groups = {}

    def guest_locks(self) -> Mapping[str, str]:
        """Return the locks on guests, by resource."""
        return self._locks

    def lock_guest(self, sid: str, lock: str) -> None:
        """Lock a guest; raises KeyError if it is not under HA."""
        if sid not in self._resources:
            raise KeyError(sid)
        self._locks[sid] = lock

    def unlock_guest(self, sid: str) -> None:
        """Remove the lock on a guest."""
        self._locks.pop(sid, None)

    def place_guest(self, sid: str, node: str) -> None:
        """Make a guest another node's."""
        self._replace(sid, replace(self._resources[sid], node=node))

    def _replace(self, sid: str, config: ResourceConfig) -> None:
        self._resources[sid] = config
        self._handed_out = None
