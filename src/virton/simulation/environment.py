"""The HA stack's port onto a simulated world."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TYPE_CHECKING

from virton.ha.causes import Cause
from virton.ha.environment import GuestOperation, LockAnswer, UnreadableError
from virton.ha.events import Event
from virton.ha.events.simulation import Overcommitted
from virton.ha.manager.plan import Act
from virton.ha.manager.view import LoadReport, View
from virton.ha.model import DatacenterSettings, LrmStatus, ManagerStatus, ResourceConfig
from virton.ha.placement.reasons import Decision
from virton.ha.states import SchedulerMode
from virton.simulation.files import carry_out
from virton.simulation.hosts import Host
from virton.simulation.locks import Asker

if TYPE_CHECKING:
    from virton.simulation.world import World


class DaemonEnvironment:
    """One daemon's world on its `node`. `clock_s` is its own time, set by whoever runs it.

    `saw` is what it saw of the members where its round had to wait and began before it went on;
    `refused_s` is when it last was refused a lock by others.
    """

    def __init__(self, world: World, host: Host, daemon: str) -> None:
        self._world = world
        self._host = host
        self._source = f"{host.name}/{daemon}"
        self.node = host.name
        self.clock_s = 0
        self.saw: Mapping[str, bool] | None = None
        self.refused_s: int | None = None

    def now_s(self) -> int:
        """Return the daemon's time."""
        return self.clock_s

    def tell(
        self, event: Event, cause: Cause | None = None, decision: Decision | None = None
    ) -> None:
        """Make an event known; figures that cannot be right are the hardware's own news."""
        source = "hardware" if isinstance(event, Overcommitted) else self._source
        self._world.tell(self.clock_s, source, event, cause, decision)

    def quorate(self) -> bool:
        """Tell whether this node is part of a quorate cluster."""
        return self._world.membership.quorate(self.node)

    def cluster_state_consistent(self) -> bool:
        """Tell whether the cluster's state could be brought up to date."""
        return self._host.state_consistent

    def node_shutdown(self) -> str | None:
        """Tell whether the node goes down, and how."""
        return self._host.going_down

    def max_workers(self) -> int:
        """Return how many operations may run at once."""
        return self._world.max_workers

    # locks and watchdogs

    def acquire_lock(self, lock: str) -> LockAnswer:
        """Take or renew a lock; without quorum there is none to be had."""
        if not self.quorate():
            self._world.locks.lose(lock, self._source)
            return LockAnswer.REFUSED
        answer = self._world.locks.acquire(lock, self._asker())
        if answer is LockAnswer.REFUSED:
            self.refused_s = self.clock_s
        return answer

    def release_lock(self, lock: str) -> bool:
        """Give a lock back."""
        return self.quorate() and self._world.locks.release(lock, self._asker())

    def _asker(self) -> Asker:
        judge = self._world.judge(self.node)
        return Asker(
            self.node, self._source, self.clock_s, judge.files_since_s, judge is self._host
        )

    def open_watchdog(self) -> str:
        """Open a watchdog."""
        return self._world.new_watchdog(self._host)

    def feed_watchdog(self, handle: str) -> None:
        """Keep a watchdog from firing."""
        self._world.feed_watchdog(self._host, handle)

    def close_watchdog(self, handle: str) -> None:
        """Close a watchdog."""
        self._host.watchdogs.pop(handle, None)

    # shared files

    def read_manager_status(self) -> ManagerStatus:
        """Return what the manager wrote last."""
        self._need_files()
        return self._world.files.manager_status

    def write_manager_status(self, status: ManagerStatus) -> None:
        """Publish the manager's status."""
        self._need_files()
        self._world.files.manager_status = status

    def write_lrm_status(self, status: LrmStatus) -> None:
        """Publish the LRM's status."""
        self._need_files()
        self._world.files.write_lrm_status(self.node, status)

    def read_resources(self) -> Mapping[str, ResourceConfig]:
        """Return the configured resources."""
        self._need_files()
        return self._world.files.resources()

    def datacenter(self) -> DatacenterSettings:
        """Return the cluster's settings."""
        return self._world.files.settings()

    def commands_pending(self) -> bool:
        """Tell whether operator commands wait."""
        return bool(self._world.files.commands())

    def _need_files(self) -> None:
        if not self._host.files_usable:
            raise UnreadableError

    def view(self) -> View:
        """Return the cluster as it stands now."""
        self._need_files()
        world, files = self._world, self._world.files
        settings = files.settings()
        measured = settings.scheduler.mode is not SchedulerMode.BASIC
        return View(
            now_s=self.clock_s,
            quorate=self.quorate(),
            members=self.saw or world.membership.online(self.node),
            lrm=files.lrm_status(),
            settings=settings,
            resources=files.resources(),
            rules=files.rules(),
            groups=files.groups(),
            commands=files.commands(),
            guest_locks=files.guest_locks(),
            versions={name: host.version for name, host in world.hosts.items()},
            running=world.running_guests(),
            load=world.load_report() if measured else LoadReport(),
        )

    def carry_out(self, act: Act) -> None:
        """Do what the manager decided."""
        carry_out(act, self._world.files)

    # guests

    def running_guests(self) -> Set[str]:
        """Return the guests that run on this node."""
        return self._host.running

    def guest_runs(self, sid: str) -> bool:
        """Tell whether a guest runs on this node."""
        return self._world.guests.run_on(self._host, sid)

    def start_guest(self, sid: str) -> GuestOperation:
        """Start a guest on this node."""
        return self._world.guests.start(self._host, sid)

    def stop_guest(self, sid: str, timeout_s: int | None) -> GuestOperation:
        """Stop a guest on this node."""
        return self._world.guests.stop(self._host, sid, timeout_s)

    def move_guest(self, sid: str, target: str, *, live: bool) -> GuestOperation:
        """Move a guest from this node to another."""
        return self._world.guests.move(self._host, sid, target, live=live)

    def operation(self, number: int) -> GuestOperation:
        """Return an operation that was begun before, by its number."""
        return self._world.guests.operation(number)
