"""The Cluster Resource Manager: one a node, of which the holder of the manager's lock is master."""

from virton.frozen import frozen
from virton.ha.environment import (
    ENDED,
    MANAGER_LOCK,
    CrmEnvironment,
    LockAnswer,
    NextRound,
    UnreadableError,
)
from virton.ha.events.cluster import ArmDone, DisarmTakenOver, DisarmWatchdogReleased
from virton.ha.events.daemon import (
    DaemonConfigReadFailed,
    DaemonIdle,
    DaemonRoundFailed,
    DaemonRoundSkipped,
    DaemonShutdownRequested,
    DaemonState,
    DaemonStatusReadFailed,
    LockAcquired,
    LockReleased,
    LockReleaseFailed,
)
from virton.ha.manager.manager import Manager, ManagerMemory, take_office
from virton.ha.manager.plan import Plan
from virton.ha.manager.round import RoundFailedError
from virton.ha.model import ManagerStatus
from virton.ha.states import CrmState, DisarmState, NodeState

IDLE_ROUNDS = 90
"""Rounds without any resource (about 15 minutes) after which a master lets go of everything."""

MASTER_ROUND_S = 10
WAITING_ROUND_S = 5


_SOON, _AS_MASTER = NextRound(WAITING_ROUND_S), NextRound(MASTER_ROUND_S)


@frozen
class CrmMemory:
    """What a CRM remembers between its rounds."""

    state: CrmState = CrmState.WAIT_FOR_QUORUM
    watchdog: str | None = None
    idle_rounds: int = 0
    disarmed: bool = False
    ending: bool = False
    consistent: bool = False
    masterships: int = 0
    manager: ManagerMemory | None = None


class Crm:
    """A CRM daemon; `round` is to be called again and again.

    One that is given another one's memory goes on where that one was; else it starts up.
    """

    def __init__(self, environment: CrmEnvironment, memory: CrmMemory | None = None) -> None:
        kept = memory or CrmMemory()
        self._world = environment
        self._watchdog = kept.watchdog
        self._idle_rounds = kept.idle_rounds
        self._disarmed = kept.disarmed
        self._ending = kept.ending
        self._consistent = kept.consistent
        self._masterships = kept.masterships
        self.manager = None if kept.manager is None else Manager(environment.node, kept.manager)
        self.last_plan: Plan | None = None
        self.state = kept.state
        if memory is None:
            self._world.tell(DaemonState("startup", self.state))

    def memory(self) -> CrmMemory:
        """Return what another CRM needs to go on as this one would."""
        return CrmMemory(
            state=self.state,
            watchdog=self._watchdog,
            idle_rounds=self._idle_rounds,
            disarmed=self._disarmed,
            ending=self._ending,
            consistent=self._consistent,
            masterships=self._masterships,
            manager=None if self.manager is None else self.manager.memory(),
        )

    def request_shutdown(self) -> None:
        """Have the daemon end at its next round."""
        if not self._ending:
            self._world.tell(DaemonShutdownRequested())
        self._ending = True

    def round(self) -> NextRound:
        """Look after the daemon's own state, then do the work of that state."""
        self._consistent = self._world.cluster_state_consistent()
        self._change_state()
        match self.state:
            case CrmState.MASTER:
                return self._work_as_master()
            case CrmState.LOST_MANAGER_LOCK:
                return self._let_go_after_loss()
            case CrmState.WAIT_FOR_QUORUM | CrmState.SLAVE:
                return ENDED if self._ending else _SOON

    # its own state

    def _change_state(self) -> None:
        match self.state:
            case CrmState.WAIT_FOR_QUORUM:
                if self._may_be_active():
                    self._set_state(CrmState.MASTER if self._hold_lock() else CrmState.SLAVE)
            case CrmState.SLAVE:
                if not self._may_be_active():
                    self._set_state(CrmState.WAIT_FOR_QUORUM)
                elif self._hold_lock():
                    self._set_state(CrmState.MASTER)
            case CrmState.LOST_MANAGER_LOCK:
                if self._healthy(self._manager_status()) and self._hold_lock():
                    self._set_state(CrmState.MASTER)
            case CrmState.MASTER:
                self._stay_master()

    def _stay_master(self) -> None:
        if not self._hold_lock():
            self._set_state(CrmState.LOST_MANAGER_LOCK)
        elif not self._may_be_idle():
            self._idle_rounds = 0
        elif (rounds := self._idle_rounds + 1) <= IDLE_ROUNDS:
            self._idle_rounds = rounds
        else:
            self._idle_rounds = 0
            self._world.tell(DaemonIdle(IDLE_ROUNDS))
            self._world.release_lock(MANAGER_LOCK)
            # safe: from here on this daemon does not touch the manager's status any more
            self._close_watchdog()
            self._set_state(CrmState.WAIT_FOR_QUORUM)

    def _set_state(self, state: CrmState) -> None:
        if state is self.state:
            return
        self._world.tell(DaemonState(self.state, state))
        self.state = state
        self.manager = self._take_office() if state is CrmState.MASTER else None

    def _take_office(self) -> Manager:
        self._masterships += 1
        world = self._world
        term = f"{world.node}.{world.now_s()}.{self._masterships}"
        return take_office(
            world.node, term, world.read_manager_status(), world.datacenter(), world.tell
        )

    # what it may do

    def _manager_status(self) -> ManagerStatus | None:
        try:
            return self._world.read_manager_status()
        except UnreadableError:
            self._world.tell(DaemonStatusReadFailed())
            return None

    def _healthy(self, status: ManagerStatus | None) -> bool:
        """Tell whether the cluster's state can be acted upon, and this node is not to be fenced."""
        if not self._world.quorate() or not self._consistent or status is None:
            return False
        return self._world.node not in status.service_status.nodes_to_fence

    def _may_be_active(self) -> bool:
        status = self._manager_status()
        if status is None or not self._healthy(status):
            return False
        try:
            if self._world.read_resources():
                return True
        except UnreadableError:
            self._world.tell(DaemonConfigReadFailed())
            return False
        return self._is_in_charge(status) and self._has_leftovers(status)

    def _is_in_charge(self, status: ManagerStatus) -> bool:
        """Tell whether what is left to do without resources is this node's business."""
        master = status.master_node
        if master is None or master == self._world.node:
            return True
        return status.node_status.get(master) is not NodeState.ONLINE

    def _has_leftovers(self, status: ManagerStatus) -> bool:
        """Tell whether there is anything to manage although no resource is configured."""
        in_maintenance = (n for n, s in status.node_status.items() if s is NodeState.MAINTENANCE)
        if any(node not in status.maintenance_requests for node in in_maintenance):
            return True
        if self._world.commands_pending():
            return True
        return bool(status.service_status) or status.disarm is not None

    def _may_be_idle(self) -> bool:
        status = self._manager_status()
        if status is None or not self._healthy(status) or status.disarm is not None:
            return False
        try:
            return not self._world.read_resources() and not status.service_status
        except UnreadableError:
            self._world.tell(DaemonConfigReadFailed())
            return False

    # lock and watchdog

    def _hold_lock(self) -> bool:
        """Take or renew the manager's lock, and with it the watchdog."""
        if not self._claim(MANAGER_LOCK):
            return False
        if self._watchdog is not None:
            self._world.feed_watchdog(self._watchdog)
        elif not self._disarmed:
            self._open_watchdog()
        return True

    def _claim(self, lock: str) -> bool:
        answer = self._world.acquire_lock(lock)
        if answer is LockAnswer.ACQUIRED:
            self._world.tell(LockAcquired(lock))
        return answer is not LockAnswer.REFUSED

    def _open_watchdog(self) -> None:
        try:
            disarm = self._world.read_manager_status().disarm
        except UnreadableError:
            disarm = None
        if disarm is not None and disarm.state is DisarmState.DISARMED:
            self._world.tell(DisarmTakenOver())
            self._disarmed = True
        else:
            self._watchdog = self._world.open_watchdog()

    def _close_watchdog(self) -> None:
        """Give up self-fencing: safe for a CRM, which runs no resources itself."""
        if self._watchdog is not None:
            self._world.close_watchdog(self._watchdog)
            self._watchdog = None

    # its work

    def _work_as_master(self) -> NextRound:
        if self._ending:
            # safe: this daemon ends and does not touch the manager's status any more
            self._close_watchdog()
            self._world.tell(LockReleased())
            if not self._world.release_lock(MANAGER_LOCK):
                self._world.tell(LockReleaseFailed())
            return ENDED
        if self._consistent:
            self._manage()
        else:
            self._world.tell(DaemonRoundSkipped())
        return _AS_MASTER

    def _manage(self) -> None:
        manager = self.manager
        if manager is None:
            raise RuntimeError("a master without a manager")
        self.last_plan = None
        try:
            view = self._world.view()
            plan = Plan()
            try:
                manager.round(view, plan, self._world.acquire_lock)
            finally:
                self._carry_out(plan)
        except (UnreadableError, RoundFailedError):
            self._world.tell(DaemonRoundFailed())
            return
        self._follow_disarm(manager)

    def _carry_out(self, plan: Plan) -> None:
        self.last_plan = plan
        for at, event in enumerate(plan.events):
            self._world.tell(event, plan.causes.get(at), plan.decisions.get(at))
        for act in plan.acts:
            self._world.carry_out(act)
        if plan.status is not None:
            self._world.write_manager_status(plan.status)

    def _follow_disarm(self, manager: Manager) -> None:
        if manager.fully_disarmed and not self._disarmed:
            self._world.tell(DisarmWatchdogReleased())
            self._close_watchdog()
            self._disarmed = True
        elif not manager.fully_disarmed and self._disarmed:
            self._world.tell(ArmDone())
            self._disarmed = False

    def _let_go_after_loss(self) -> NextRound:
        # safe: neither in this state nor in the next one the manager's status is touched
        self._close_watchdog()
        if self._ending:
            return ENDED
        self._set_state(CrmState.WAIT_FOR_QUORUM)
        return _SOON
