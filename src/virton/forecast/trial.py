"""A cluster in which only decisions count: the real manager, and guests that obey at once.

A trial answers what becomes of every resource; when, is the business of a course. It leaves out
the rounds in which the stack only waits: for a node to be missed, for its lock to run out. What is
decided is the same, as the decisions of those rounds change nothing.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import replace
from typing import NamedTuple

from virton.forecast.load import load_report
from virton.forecast.patience import go_on
from virton.forecast.situation import Guest, Situation
from virton.ha.causes import Cause
from virton.ha.environment import LockAnswer, agent_lock
from virton.ha.events import Event
from virton.ha.lrm_duty import duty
from virton.ha.manager.manager import Manager, take_office
from virton.ha.manager.nodes import FENCE_DELAY_S
from virton.ha.manager.plan import Plan
from virton.ha.manager.round import RoundFailedError
from virton.ha.manager.view import View
from virton.ha.manager.why import why_now
from virton.ha.model import LrmResult, LrmStatus, ServiceStatus, resource_type
from virton.ha.placement.reasons import Decision, Explanation
from virton.ha.rules.compiled import CompiledRules
from virton.ha.states import MOVING, STOPPING, ExitCode, LrmMode, LrmState, ServiceState
from virton.simulation.files import MemoryFiles, carry_out
from virton.simulation.value import FilesValue

ROUND_S = 10
MOST_ROUNDS = 60
"""After so many rounds a cluster that still moves is taken to move to and fro for good."""


class Told(NamedTuple):
    """Something that the manager told, in which round, why, and by which choice."""

    round: int
    event: Event
    cause: Cause | None = None
    decision: Decision | None = None


class Trial:
    """A situation that is thrown away when it has shown what becomes of it."""

    def __init__(self, situation: Situation, online: Collection[str]) -> None:
        self.situation = situation
        self.online = frozenset(online)
        self.settled = False
        self.rounds = 0
        self.told: list[Told] = []
        self.running = situation.running
        self.missing: dict[str, tuple[str, ...]] = {}
        self._files = MemoryFiles(
            FilesValue(
                resources=situation.resources,
                rules=situation.rules,
                groups=situation.groups,
                settings=situation.settings,
                manager_status=situation.manager,
                guest_locks=situation.guest_locks,
            )
        )
        self._now_s = 0
        self._claimable: frozenset[str] | None = None
        self._modes: dict[str, LrmMode] = {}
        self._results: dict[str, Mapping[str, LrmResult]] = {
            node: status.results for node, status in situation.lrm.items()
        }
        self._lrm: dict[str, LrmStatus] = {}
        self._done: dict[str, ServiceStatus] = {}
        self._manager = self._first_manager()

    def _first_manager(self) -> Manager:
        """Return the manager of the trial before this one where there was one, else a new one."""
        kept, master = self.situation.kept, self.situation.master
        if kept is None or master is None or master not in self.online:
            return self._new_manager()
        self._now_s = kept.nodes.now_s + ROUND_S
        self._done |= self.situation.manager.service_status
        return Manager(master, kept)

    def _new_manager(self) -> Manager:
        master = self.situation.master
        node = master if master in self.online else min(self.online)
        return take_office(
            node,
            f"trial{self.situation.generation}.{self.rounds}",
            self._files.manager_status,
            self._files.settings(),
            self._hear,
        )

    def _hear(self, event: Event, /, cause: Cause | None = None) -> None:
        self.told.append(Told(self.rounds, event, cause))

    # what is done to it

    def command(self, words: str) -> None:
        """Leave a command for the manager, as an operator does."""
        self._files.queue_command(words)

    def lose(self, nodes: Collection[str], *, first: Collection[str] | None = None) -> None:
        """Take nodes away; of `first` alone the locks can be had in the first round."""
        lost = self.online & frozenset(nodes)
        self._manager.nodes.update(self._members(), self._modes, self._now_s, lambda *_, **__: None)
        self.online -= lost
        self.running = {sid: node for sid, node in self.running.items() if node not in lost}
        if self._manager.node in lost and self.online:
            # a new master decides as the old one would have, so it may go on with what that one knew
            self._manager = Manager(min(self.online), self._manager.memory())
        self._now_s += FENCE_DELAY_S
        self.allow(first)

    def allow(self, nodes: Collection[str] | None) -> None:
        """Let the locks of these nodes alone be had in the next round; None: of all."""
        self._claimable = None if nodes is None else frozenset(nodes)

    def fork(self) -> "Trial":
        """Return a trial that goes on from here by itself."""
        twin = copy(self)
        twin.told, twin.running, twin.missing = (
            list(self.told),
            dict(self.running),
            {**self.missing},
        )
        twin._results, twin._lrm, twin._done = dict(self._results), dict(self._lrm), {**self._done}
        twin._modes, twin._files = dict(self._modes), MemoryFiles(self._files_value())
        twin._manager = Manager(self._manager.node, self._manager.memory())
        return twin

    def _files_value(self) -> FilesValue:
        files = self._files
        return FilesValue(
            resources=files.resources(),
            rules=files.rules(),
            groups=files.groups(),
            settings=files.settings(),
            manager_status=files.manager_status,
            guest_locks=files.guest_locks(),
        )

    def settle(self, *, thorough: bool = False) -> None:
        """Play until nothing happens any more, or it is clear that this never ends.

        A round in which guests were merely started where they should be changes no decision; it is
        played to the end only where it is to be `thorough`, or where balance is sought.
        """
        thorough |= self.situation.settings.scheduler.auto_rebalance
        for _ in range(MOST_ROUNDS):
            changed, worked = self.step()
            if not (worked or (changed and thorough)):
                self.settled = True
                return

    def step(self) -> tuple[bool, bool]:
        """Play one round of the manager, and the work that follows: was anything changed, done?"""
        go_on()
        board = self._manager.board
        version = board.version
        self._round()
        worked = self._work() or self._claimable is not None
        self._claimable = None
        return board.version != version, worked

    # the manager's round

    def _members(self) -> dict[str, bool]:
        return {name: name in self.online for name in self.situation.nodes}

    def _view(self) -> View:
        files = self._files
        return View(
            now_s=self._now_s,
            quorate=True,
            members=self._members(),
            lrm=self._lrm,
            settings=files.settings(),
            resources=files.resources(),
            rules=files.rules(),
            groups=files.groups(),
            commands=files.commands(),
            guest_locks=files.guest_locks(),
            versions={name: node.version for name, node in self.situation.nodes.items()},
            running=self.running,
            load=load_report(self.situation, self.running),
        )

    def _ask_lock(self, lock: str) -> LockAnswer:
        may = self._claimable is None or any(lock == agent_lock(node) for node in self._claimable)
        return LockAnswer.ACQUIRED if may else LockAnswer.REFUSED

    def _round(self) -> None:
        plan = Plan()
        self._publish_lrms()
        with suppress(RoundFailedError):
            self._manager.round(self._view(), plan, self._ask_lock)
        self.told += (
            Told(self.rounds, event, plan.causes.get(at), plan.decisions.get(at))
            for at, event in enumerate(plan.events)
        )
        for act in plan.acts:
            carry_out(act, self._files)
        if plan.status is not None:
            self._files.manager_status = plan.status
        self.rounds += 1
        self._now_s += ROUND_S

    # the LRMs' work

    def _publish_lrms(self) -> None:
        asked = self._files.manager_status.maintenance_requests
        for node in self.situation.nodes:
            mode = LrmMode.MAINTENANCE if node in asked else LrmMode.ACTIVE
            if node in self.online:
                self._modes[node] = mode
                results = self._results.setdefault(node, {})
                self._lrm[node] = LrmStatus(LrmState.ACTIVE, mode, self._now_s, results)
            elif node in self.situation.lrm:
                self._lrm.setdefault(node, self.situation.lrm[node])

    def _work(self) -> bool:
        """Do what the states ask for; True if anything new came of it."""
        asked = self._files.manager_status.maintenance_requests
        new = any((mode is LrmMode.MAINTENANCE) != (n in asked) for n, mode in self._modes.items())
        fresh: dict[str, dict[str, LrmResult]] = {}
        for sid, status in self._files.manager_status.service_status.items():
            if self._done.get(sid) is status or not self._works(status.node):
                continue
            self._done[sid] = status
            if status.uid in self._results.get(status.node, ()):
                continue
            code = self._carry(sid, status)
            if code is None:
                continue
            result = LrmResult(sid, status.state, code)
            fresh.setdefault(status.node, {})[status.uid] = result
            new |= code != ExitCode.SUCCESS or status.state is not ServiceState.STARTED
        for node, results in fresh.items():
            told = {result.sid for result in results.values()}
            before = self._results.get(node, {})
            kept = {uid: result for uid, result in before.items() if result.sid not in told}
            self._results[node] = kept | results
        return new

    def _works(self, node: str) -> bool:
        return node in self.online and not self.situation.is_silent(node, "lrm")

    def _carry(self, sid: str, status: ServiceStatus) -> int | None:
        """Do one resource's work; return how it ended, None where there is none to do."""
        config = self._files.resources().get(sid)
        if config is None or config.node is None:
            return ExitCode.UNKNOWN_SERVICE
        if config.node != status.node:
            return ExitCode.WRONG_NODE
        if status.state is ServiceState.STARTED:
            return self._start(sid, status.node)
        if status.state in STOPPING:
            self.running.pop(sid, None)
            return ExitCode.SUCCESS
        if status.state in MOVING:
            return self._move(sid, status)
        return None

    def _start(self, sid: str, node: str) -> int:
        if self.running.get(sid) == node:
            return ExitCode.SUCCESS
        self.missing[sid] = self.situation.missing(sid, node)
        if self.missing[sid] or sid in self.situation.failing or self._is_locked(sid):
            return ExitCode.ERROR
        self.running[sid] = node
        return ExitCode.SUCCESS

    def _is_locked(self, sid: str) -> bool:
        return sid in self._files.guest_locks()

    def _move(self, sid: str, status: ServiceStatus) -> int:
        target = status.target
        if target is None or target not in self.online or self._is_locked(sid):
            return ExitCode.ERROR
        runs = self.running.get(sid) == status.node
        if status.state is ServiceState.REQUEST_START_BALANCE and runs:
            return ExitCode.IGNORED
        if self.situation.missing(sid, target):
            return ExitCode.ERROR
        self.running.pop(sid, None)
        self._files.place_guest(sid, target)
        if runs and status.state is ServiceState.MIGRATE and resource_type(sid) == "vm":
            self.running[sid] = target
        return ExitCode.SUCCESS

    # what came of it

    @property
    def statuses(self) -> Mapping[str, ServiceStatus]:
        """Every resource's status."""
        return self._files.manager_status.service_status

    @property
    def rules(self) -> CompiledRules:
        """The rules as the manager applies them."""
        return self._manager.rules

    def why(self, sid: str) -> Explanation | None:
        """Tell how the manager would place a resource now; None where it does not know it."""
        config = self._files.resources().get(sid)
        decision = why_now(self._manager, sid, config) if config else None
        return decision.explain() if decision else None

    def after(self) -> Situation:
        """Return the situation as the trial leaves it."""
        files = self._files
        guests = {sid: self._guest(guest) for sid, guest in self.situation.guests.items()}
        nodes = {
            name: node
            if node.online == (name in self.online)
            else replace(node, online=name in self.online)
            for name, node in self.situation.nodes.items()
        }
        return replace(
            self.situation,
            nodes=nodes,
            guests=guests,
            resources=files.resources(),
            rules=files.rules(),
            groups=files.groups(),
            manager=files.manager_status,
            lrm={node: self._lrm_afterwards(node) for node in self._lrm},
            generation=self.situation.generation + 1,
            guest_locks=dict(files.guest_locks()),
            kept=self._manager.memory(),
        )

    def _lrm_afterwards(self, node: str) -> LrmStatus:
        """Return an LRM's status, active only where it has something to look after, or had."""
        status, before = self._lrm[node], self.situation.lrm.get(node)
        was_active = before is not None and before.state is LrmState.ACTIVE
        if was_active or duty(self._files.manager_status, node).active_count:
            return status
        return replace(status, state=LrmState.WAIT_FOR_AGENT_LOCK)

    def _guest(self, guest: Guest) -> Guest:
        config = self._files.resources().get(guest.sid)
        node, running = (config.node if config else None) or guest.node, guest.sid in self.running
        if (node, running) == (guest.node, guest.running):
            return guest
        return replace(guest, node=node, running=running)
