"""The Local Resource Manager: one a node, starting, stopping and moving the guests there."""

from dataclasses import field

from virton.frozen import frozen
from virton.ha.environment import (
    ENDED,
    GuestOperation,
    LockAnswer,
    LrmEnvironment,
    NextRound,
    UnreadableError,
    agent_lock,
)
from virton.ha.events.daemon import (
    DaemonIdle,
    DaemonRoundFailed,
    DaemonRoundSkipped,
    DaemonState,
    DaemonStatusReadFailed,
    DaemonStatusUpdateFailed,
    DaemonStatusWriteFailed,
    LockAcquired,
)
from virton.ha.events.lrm import (
    FenceRequested,
    LrmDisarmed,
    LrmDisarmedInMaintenance,
    ShutdownLockLost,
    ShutdownWithoutLock,
)
from virton.ha.lrm_duty import duty
from virton.ha.model import Instant, LrmStatus, ManagerStatus
from virton.ha.shutdown import Shutdown, decide_shutdown
from virton.ha.states import LrmMode, LrmState
from virton.ha.workers import Workers, WorkersMemory

IDLE_ROUNDS = 60
"""Rounds without a resource on the node (about 10 minutes) after which the LRM lets go."""

LOST_LOCK_PATIENCE_S = 90
WORK_S = 8
"""How long within a round the LRM waits for guests to start, stop or move."""

ACTIVE_ROUND_S = 10
OTHER_ROUND_S = 5

_ON_REQUEST = (LrmMode.MAINTENANCE, LrmMode.DISARM)
_SOON, _ACTIVE, _AT_WORK = NextRound(OTHER_ROUND_S), NextRound(ACTIVE_ROUND_S), NextRound(1)


def round_s(state: LrmState | None) -> int:
    """Return how long the rounds of an LRM are; None: of one that was never heard."""
    return ACTIVE_ROUND_S if state is LrmState.ACTIVE else OTHER_ROUND_S


@frozen
class LrmMemory:
    """What an LRM remembers between its rounds; `status` is what it read of the manager's last."""

    state_since_s: Instant
    state: LrmState = LrmState.WAIT_FOR_AGENT_LOCK
    mode: LrmMode = LrmMode.ACTIVE
    announced: bool = False
    watchdog: str | None = None
    idle_rounds: int = 0
    shutdown_since_s: Instant | None = None
    consistent: bool = False
    working_since_s: Instant | None = None
    manager_spoke_s: Instant | None = None
    status: ManagerStatus = field(default_factory=ManagerStatus)
    workers: WorkersMemory = field(default_factory=WorkersMemory)


class Lrm:
    """An LRM daemon; `round` is to be called again and again.

    One that is given another one's memory goes on where that one was; else it starts up.
    """

    def __init__(self, environment: LrmEnvironment, memory: LrmMemory | None = None) -> None:
        kept = memory or LrmMemory(state_since_s=environment.now_s())
        self._world = environment
        self._lock = agent_lock(environment.node)
        self._watchdog = kept.watchdog
        self._idle_rounds = kept.idle_rounds
        self._state_since_s = kept.state_since_s
        self._shutdown_since_s = kept.shutdown_since_s
        self._consistent = kept.consistent
        self._working_since_s = kept.working_since_s
        self._manager_spoke_s = kept.manager_spoke_s
        self._duty = duty(kept.status, environment.node)
        self._workers = Workers(environment, kept.workers)
        self._workers.services = kept.status.service_status
        self.announced = kept.announced
        self.mode = kept.mode
        self.state = kept.state
        if memory is None:
            self._world.tell(DaemonState("startup", self.state))

    def memory(self) -> LrmMemory:
        """Return what another LRM needs to go on as this one would."""
        return LrmMemory(
            state_since_s=self._state_since_s,
            state=self.state,
            mode=self.mode,
            announced=self.announced,
            watchdog=self._watchdog,
            idle_rounds=self._idle_rounds,
            shutdown_since_s=self._shutdown_since_s,
            consistent=self._consistent,
            working_since_s=self._working_since_s,
            manager_spoke_s=self._manager_spoke_s,
            status=self._duty.status,
            workers=self._workers.memory(),
        )

    @property
    def operations(self) -> list[GuestOperation]:
        """Return what is being done to guests, or over but not looked at yet."""
        return self._workers.operations

    def request_shutdown(self) -> None:
        """Have the daemon end, with its node or in order to be restarted."""
        if self._shutdown_since_s is not None:
            return
        decision: Shutdown = decide_shutdown(
            self._world.node_shutdown(),
            self._world.datacenter().shutdown_policy,
            in_maintenance=self.mode is LrmMode.MAINTENANCE,
        )
        if decision.stop_all:
            for sid, _ in self._duty.own:
                self._workers.queue_shutdown_stop(sid)
        for event in decision.events:
            self._world.tell(event)
        self.mode = decision.mode or self.mode
        self._shutdown_since_s = self._world.now_s()
        if not self._publish():
            self._world.tell(DaemonStatusUpdateFailed())

    def round(self) -> NextRound:
        """Look after the daemon's own state, then do the work of that state."""
        if self._working_since_s is not None:
            return self._go_on_working(self._working_since_s)
        self._consistent = self._world.cluster_state_consistent()
        if not self.announced:
            if not self._publish():
                return ENDED if self._ending else _SOON
            self.announced = True
        self._read_duty()
        self._change_state()
        match self.state:
            case LrmState.WAIT_FOR_AGENT_LOCK:
                return self._wait()
            case LrmState.ACTIVE:
                return self._work()
            case LrmState.LOST_AGENT_LOCK:
                return self._hope()
            case LrmState.MAINTENANCE:
                return self._clear_out()

    @property
    def _ending(self) -> bool:
        return self._shutdown_since_s is not None

    # what the cluster wants of it

    def _read_duty(self) -> bool:
        """Read the manager's status, and with it this LRM's mode."""
        try:
            status = self._world.read_manager_status()
        except UnreadableError:
            self._world.tell(DaemonStatusReadFailed())
            return False
        if status is not self._duty.status:
            self._duty = duty(status, self._world.node, self._duty)
            self._workers.services = status.service_status
        if not self._ending:
            self.mode = self._requested_mode(status)
        return True

    def _requested_mode(self, status: ManagerStatus) -> LrmMode:
        if self._world.node in status.maintenance_requests:
            return LrmMode.MAINTENANCE
        if status.disarm is not None:
            return LrmMode.DISARM
        return LrmMode.ACTIVE if self.mode in _ON_REQUEST else self.mode

    def _publish(self) -> bool:
        """Write this LRM's status; False if that cannot be done."""
        if not self._world.quorate():
            return False
        status = LrmStatus(self.state, self.mode, self._world.now_s(), self._workers.results)
        try:
            self._world.write_lrm_status(status)
        except UnreadableError:
            self._world.tell(DaemonStatusWriteFailed())
            return False
        return True

    # its own state

    def _change_state(self) -> None:
        match self.state:
            case LrmState.WAIT_FOR_AGENT_LOCK:
                self._leave_waiting()
            case LrmState.LOST_AGENT_LOCK:
                if not self._duty.fence_requested and self._world.quorate() and self._hold_lock():
                    self._set_state(LrmState.ACTIVE)
            case LrmState.ACTIVE:
                self._stay_active()
            case LrmState.MAINTENANCE:
                self._stay_in_maintenance()

    def _leave_waiting(self) -> None:
        if (
            self.mode is not LrmMode.DISARM
            and not self._duty.fence_requested
            and self._duty.active_count
            and self._world.quorate()
            and self._hold_lock()
        ):
            self._set_state(LrmState.ACTIVE)

    def _stay_active(self) -> None:
        if self._duty.fence_requested:
            self._world.tell(FenceRequested())
            self._set_state(LrmState.LOST_AGENT_LOCK)
        elif not self._hold_lock():
            self._set_state(LrmState.LOST_AGENT_LOCK)
        elif self.mode is LrmMode.MAINTENANCE:
            self._set_state(LrmState.MAINTENANCE)
        elif self.mode is LrmMode.DISARM and not self._workers.run():
            self._world.tell(LrmDisarmed())
            # safe: no fencing is asked for and nothing is being done
            self._let_go()
        elif self._duty.own or self._workers.run():
            self._idle_rounds = 0
        else:
            self._count_idle_round()

    def _count_idle_round(self) -> None:
        self._idle_rounds += 1
        if self._idle_rounds > IDLE_ROUNDS:
            self._idle_rounds = 0
            self._world.tell(DaemonIdle(IDLE_ROUNDS))
            # safe: for a long time nothing was here and nothing is being done
            self._let_go()

    def _stay_in_maintenance(self) -> None:
        if self._duty.fence_requested:
            self._world.tell(FenceRequested(maintenance=True))
            self._set_state(LrmState.LOST_AGENT_LOCK)
            return
        busy = bool(self._duty.active_count or self._workers.run())
        if self.mode is LrmMode.DISARM and not busy:
            self._world.tell(LrmDisarmedInMaintenance())
            # safe: nothing runs here and nothing is being done
            self._let_go()
        elif busy:
            if not self._hold_lock():
                self._set_state(LrmState.LOST_AGENT_LOCK)
        elif self.mode is not LrmMode.MAINTENANCE:
            held = self._hold_lock()
            self._set_state(LrmState.ACTIVE if held else LrmState.LOST_AGENT_LOCK)

    def _set_state(self, state: LrmState) -> None:
        if state is not self.state:
            self._world.tell(DaemonState(self.state, state))
            self.state = state
            self._state_since_s = self._world.now_s()

    # lock and watchdog

    def _hold_lock(self) -> bool:
        """Take or renew this node's lock, and with it the watchdog."""
        answer = self._world.acquire_lock(self._lock)
        if answer is LockAnswer.REFUSED:
            return False
        if answer is LockAnswer.ACQUIRED:
            self._world.tell(LockAcquired(self._lock))
        if self._watchdog is None:
            self._watchdog = self._world.open_watchdog()
        else:
            self._world.feed_watchdog(self._watchdog)
        return True

    def _close_watchdog(self) -> None:
        """Give up self-fencing: only when nothing runs here that another node could start too."""
        if self._watchdog is not None:
            self._world.close_watchdog(self._watchdog)
            self._watchdog = None

    def _let_go(self) -> None:
        self._world.release_lock(self._lock)
        self._close_watchdog()
        self._set_state(LrmState.WAIT_FOR_AGENT_LOCK)

    # its work

    def _wait(self) -> NextRound:
        if self._ending:
            return ENDED
        self._publish()
        return _SOON

    def _work(self) -> NextRound:
        ended = working = False
        try:
            if self._read_duty():
                ended = self._end_if_done() if self._ending else self._look_after_resources()
                working = self._workers.under_way and not ended
        except UnreadableError:
            self._world.tell(DaemonRoundFailed())
        if working:
            self._working_since_s = self._world.now_s()
            return _AT_WORK
        self._publish()
        return ENDED if ended else _ACTIVE

    def _go_on_working(self, since_s: int) -> NextRound:
        """Wait for what is under way, for as long as a round may; then tell the results."""
        try:
            left = self._workers.run()
        except UnreadableError:
            self._world.tell(DaemonRoundFailed())
            left = 0
        worked_s = self._world.now_s() - since_s
        if left and worked_s < WORK_S:
            return _AT_WORK
        self._working_since_s = None
        self._publish()
        return NextRound(max(1, ACTIVE_ROUND_S - worked_s))

    def _look_after_resources(self) -> bool:
        if self._consistent:
            self._manage_resources()
        else:
            self._world.tell(DaemonRoundSkipped())
        return False

    def _manage_resources(self) -> None:
        self._workers.forget_retries_of_removed()
        status = self._duty.status
        self._workers.queue_all(
            self._duty.share.work,
            # a manager that disarms looks after nothing that runs
            again=status.timestamp != self._manager_spoke_s and status.disarm is None,
        )
        self._manager_spoke_s = status.timestamp
        self._workers.run()

    def _end_if_done(self) -> bool:
        """Finish what is under way; True once this LRM may end."""
        under_way = self._workers.run()
        if self.mode is LrmMode.RESTART:
            if under_way or self._duty.active_count:
                return False
        elif under_way:
            return False
        elif self._workers.shutdown_errors:
            return True
        # safe: nothing runs here any more that another node could start too
        self._close_watchdog()
        self._world.release_lock(self._lock)
        return True

    def _hope(self) -> NextRound:
        """Hope for the lock: the watchdog is not fed and will fire soon."""
        if not self._ending:
            return _SOON
        count = self._duty.active_count
        if count == 0:
            # safe: all resources are stopped
            self._close_watchdog()
            return ENDED
        self._world.tell(ShutdownWithoutLock(count))
        waited_s = self._world.now_s() - self._state_since_s
        if self.mode is LrmMode.RESTART and waited_s > LOST_LOCK_PATIENCE_S:
            self._world.tell(ShutdownLockLost())
            return ENDED
        return _SOON

    def _clear_out(self) -> NextRound:
        """Wait until every resource has left the node."""
        if not self._read_duty():
            return ENDED
        if self._duty.active_count == 0 and self._workers.run() == 0:
            # safe: every active resource has moved away
            self._close_watchdog()
            self._world.release_lock(self._lock)
            if self._ending:
                self._publish()
                return ENDED
        self._manage_resources()
        self._publish()
        return _SOON
