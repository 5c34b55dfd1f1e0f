"""What an LRM does to guests: starts, stops and moves, one at a time for each resource."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from virton.frozen import frozen
from virton.ha.environment import GuestOperation, LrmEnvironment
from virton.ha.events.lrm import (
    ActionFailed,
    InErrorState,
    Locked,
    MissingConfig,
    MoveDidNotWork,
    MoveEnded,
    MoveStarted,
    RebalanceOnStartIgnoredLocally,
    Started,
    StartFailed,
    StartGaveUp,
    Starting,
    StartRetry,
    StopDidNotWork,
    StopForRelocate,
    Stopped,
    Stopping,
    UnknownAction,
    WrongNode,
)
from virton.ha.events.lrm import ContainerLiveMoveUnsupported as NoLiveMove
from virton.ha.lrm_duty import Services
from virton.ha.model import LrmResult, ResourceConfig, ServiceStatus, resource_type
from virton.ha.states import MOVING, STOPPING, ExitCode, ServiceState


@dataclass(slots=True)
class Job:
    """One resource's work: towards which state, and what is under way for it.

    `uid` is None for a stop that the LRM does by itself because its node goes down.
    """

    sid: str
    uid: str | None
    state: ServiceState
    target: str | None = None
    timeout_s: int | None = None
    tries: int = 0
    operation: GuestOperation | None = None
    how: str = ""


@frozen
class JobMemory:
    """A job as remembered, with the number of the operation that is under way for it."""

    sid: str
    uid: str | None
    state: ServiceState
    target: str | None = None
    timeout_s: int | None = None
    tries: int = 0
    operation: int | None = None
    how: str = ""


@frozen
class WorkersMemory:
    """What the workers of an LRM remember between its rounds."""

    jobs: tuple[JobMemory, ...] = ()
    retries: Mapping[str, int] = field(default_factory=dict)
    fresh: Mapping[str, LrmResult] = field(default_factory=dict)
    results: Mapping[str, LrmResult] = field(default_factory=dict)
    shutdown_errors: int = 0


@frozen
class Care:
    """What an LRM looks after: `new` are those not done yet, `started` those it started.

    Of these `started_here` are those that are on this node as far as their configuration tells.
    """

    services: Services
    results: Mapping[str, LrmResult]
    resources: Mapping[str, ResourceConfig]
    statuses: Mapping[str, ServiceStatus]
    new: Sequence[str]
    started: frozenset[str]
    started_here: frozenset[str]

    def is_of(
        self,
        services: Services,
        results: Mapping[str, LrmResult],
        resources: Mapping[str, ResourceConfig],
    ) -> bool:
        """Tell whether it was made of these."""
        return self.services is services and self.results is results and self.resources is resources


def _care(
    services: Services,
    results: Mapping[str, LrmResult],
    resources: Mapping[str, ResourceConfig],
    node: str,
) -> Care:
    new, started, here = [], set(), set()
    for sid, status in services:
        result = results.get(status.uid)
        if result is None or status.state is ServiceState.STOPPED:
            new.append(sid)
        elif status.state is ServiceState.STARTED and result.exit_code == ExitCode.SUCCESS:
            started.add(sid)
            config = resources.get(sid)
            if config is not None and config.node == node:
                here.add(sid)
    statuses = dict(services)
    return Care(services, results, resources, statuses, new, frozenset(started), frozenset(here))


class Workers:
    """The jobs of an LRM and their results."""

    def __init__(self, world: LrmEnvironment, memory: WorkersMemory) -> None:
        self._world = world
        self._jobs = {job.sid: _recalled(job, world) for job in memory.jobs}
        self._retries = dict(memory.retries)
        self._care: Care | None = None
        self.services: Mapping[str, ServiceStatus] = {}
        self._fresh = dict(memory.fresh)
        self.results = memory.results
        self.shutdown_errors = memory.shutdown_errors

    def memory(self) -> WorkersMemory:
        """Return what other workers need to go on as these would."""
        return WorkersMemory(
            jobs=tuple(_remembered(job) for job in self._jobs.values()),
            retries=dict(self._retries),
            fresh=dict(self._fresh),
            results=self.results,
            shutdown_errors=self.shutdown_errors,
        )

    @property
    def operations(self) -> list[GuestOperation]:
        """Return what is under way, or over but not looked at yet."""
        return [job.operation for job in self._jobs.values() if job.operation is not None]

    @property
    def under_way(self) -> bool:
        """Tell whether any job is waiting or being done."""
        return bool(self._jobs)

    def forget_retries_of_removed(self) -> None:
        """Forget the failed starts of resources that left HA."""
        for sid in [sid for sid in self._retries if sid not in self.services]:
            del self._retries[sid]

    def queue_all(self, services: Services, *, again: bool) -> None:
        """Queue what the resources' states ask for, unless that was done already.

        With `again` those that were started are looked after once more. Stopped ones are looked
        after every round: even without a master they must stay stopped.
        """
        care, resources = self._care, self._world.read_resources()
        if care is None or not care.is_of(services, self.results, resources):
            care = self._care = _care(services, self.results, resources, self._world.node)
        sids = care.new
        if again and (needy := self._needy(care)):
            sids = sorted({*sids, *needy})
        for sid in sids:
            status = care.statuses[sid]
            self._replace(Job(sid, status.uid, status.state, status.target, status.timeout))

    def _needy(self, care: "Care") -> Set[str]:
        """Return what was started here and does not run, or is about to be stopped.

        The stop for a node that goes down is given up while the manager wants the resource there.
        """
        well = care.started_here & self._world.running_guests()
        needy = care.started - well
        return needy | (care.started & self._jobs.keys()) if self._jobs else needy

    def queue_shutdown_stop(self, sid: str) -> None:
        """Queue the stop of a resource because the node goes down."""
        self._replace(Job(sid, None, ServiceState.REQUEST_STOP))

    def _replace(self, job: Job) -> None:
        waiting = self._jobs.get(job.sid)
        if waiting is None or waiting.operation is None:
            self._jobs[job.sid] = job

    def run(self) -> int:
        """Collect what has ended, begin what may begin; return how many jobs are left."""
        if not self._jobs:
            return 0
        resources = self._world.read_resources()
        limit = self._world.max_workers()
        busy = self._collect(resources)
        waiting = [job for job in self._jobs.values() if job.operation is None]
        for job in sorted(waiting, key=lambda job: (-job.tries, job.sid)):
            job.tries += 1
            if limit and busy >= limit:
                continue
            busy += not self._begin(job, resources)
        self._publish_results()
        return len(self._jobs)

    def _collect(self, resources: Mapping[str, ResourceConfig]) -> int:
        """Finish the jobs whose operation has ended; return how many are still being done."""
        busy = [job for job in self._jobs.values() if job.operation is not None]
        for job in busy:
            if job.operation is not None and job.operation.done:
                self._finish(job, self._end(job, job.operation), resources)
        return sum(1 for job in self._jobs.values() if job.operation is not None)

    def _begin(self, job: Job, resources: Mapping[str, ResourceConfig]) -> bool:
        """Begin a job; True if it has ended at once."""
        config = resources.get(job.sid)
        code = self._forbidden(job, config)
        if code is None:
            code = self._start_work(job)
        operation = job.operation
        if code is None and operation is not None and operation.done:
            code = self._end(job, operation)
        if code is None:
            return False
        self._finish(job, code, resources)
        return True

    def _forbidden(self, job: Job, config: ResourceConfig | None) -> int | None:
        if config is None:
            self._world.tell(MissingConfig(job.sid))
            return ExitCode.UNKNOWN_SERVICE
        if job.state is ServiceState.ERROR:
            self._world.tell(InErrorState(job.sid))
            return ExitCode.SUCCESS
        if config.node != self._world.node:
            self._world.tell(WrongNode(job.sid))
            return ExitCode.WRONG_NODE
        return None

    def _start_work(self, job: Job) -> int | None:
        """Begin the operation that a job asks for; return a code if there is none to begin."""
        running = self._world.guest_runs(job.sid)
        if job.state is ServiceState.STARTED:
            return ExitCode.SUCCESS if running else self._start(job)
        if job.state in STOPPING:
            return self._stop(job) if running else ExitCode.SUCCESS
        if job.state in MOVING:
            return self._move(job, running=running)
        self._world.tell(UnknownAction(job.sid, job.state))
        return ExitCode.UNKNOWN_COMMAND

    def _start(self, job: Job) -> int | None:
        self._world.tell(Starting(job.sid))
        job.operation = self._world.start_guest(job.sid)
        self._tell_lock(job, "start")
        return None

    def _stop(self, job: Job) -> int | None:
        self._world.tell(Stopping(job.sid, job.timeout_s))
        job.operation = self._world.stop_guest(job.sid, job.timeout_s)
        self._tell_lock(job, "shutdown")
        return None

    def _move(self, job: Job, *, running: bool) -> int | None:
        if job.target is None:
            self._world.tell(ActionFailed(job.sid))
            return ExitCode.FAILED_TO_RUN
        if job.target == self._world.node:
            return ExitCode.SUCCESS
        if job.state is ServiceState.REQUEST_START_BALANCE and running:
            self._world.tell(RebalanceOnStartIgnoredLocally(job.sid))
            return ExitCode.IGNORED
        live = job.state is ServiceState.MIGRATE
        if live and running and resource_type(job.sid) == "ct":
            self._world.tell(NoLiveMove())
            live = False
        job.how = "migrate" if live else "relocate"
        job.operation = self._world.move_guest(job.sid, job.target, live=live)
        if job.operation.attempted:
            self._world.tell(MoveStarted(job.sid, job.how, job.target))
            if not self._tell_lock(job, job.how) and not live and running:
                self._world.tell(StopForRelocate(job.sid))
                self._world.tell(Stopped(job.sid))
        return None

    def _tell_lock(self, job: Job, action: str) -> bool:
        lock = job.operation and job.operation.locked_by
        if lock:
            self._world.tell(Locked(job.sid, lock, action))
        return bool(lock)

    def _end(self, job: Job, operation: GuestOperation) -> int:
        """Look at what an operation came to."""
        if job.state in MOVING:
            return self._end_move(job, operation)
        running = self._world.guest_runs(job.sid)
        if job.state is ServiceState.STARTED:
            self._world.tell(Started(job.sid) if running else StartFailed(job.sid))
            return ExitCode.SUCCESS if running else ExitCode.ERROR
        self._world.tell(StopDidNotWork(job.sid) if running else Stopped(job.sid))
        return ExitCode.ERROR if running else ExitCode.SUCCESS

    def _end_move(self, job: Job, operation: GuestOperation) -> int:
        if operation.moved and job.target is not None:
            self._world.tell(MoveEnded(job.sid, job.how, job.target))
            return ExitCode.SUCCESS
        self._world.tell(MoveDidNotWork(job.sid))
        return ExitCode.ERROR

    def _finish(self, job: Job, code: int, resources: Mapping[str, ResourceConfig]) -> None:
        del self._jobs[job.sid]
        if job.uid is None:
            self.shutdown_errors += code != ExitCode.SUCCESS
            return
        if job.state is ServiceState.STARTED:
            config = resources.get(job.sid)
            code = self._apply_restart_policy(job.sid, code, config.max_restart if config else 0)
        if code != ExitCode.TRY_AGAIN:  # a retry is nobody else's business
            result = LrmResult(job.sid, job.state, code)
            if self.results.get(job.uid) != result:
                self._fresh[job.uid] = result

    def _apply_restart_policy(self, sid: str, code: int, max_restart: int) -> int:
        if code == ExitCode.SUCCESS:
            self._retries[sid] = 0
        if code != ExitCode.ERROR:
            return code
        retries = self._retries.get(sid, 0)
        if retries >= max_restart:
            self._world.tell(StartGaveUp(sid, retries))
            self._retries[sid] = 0
            return ExitCode.ERROR
        self._retries[sid] = retries + 1
        self._world.tell(StartRetry(retries + 1, sid))
        return ExitCode.TRY_AGAIN

    def _publish_results(self) -> None:
        """Keep each result until the manager has acted on it and given the resource a new uid.

        The results are the same object as before if none is new.
        """
        if not self._fresh:
            return
        known = {**self.results, **self._fresh}
        self._fresh = {}
        self.results = {uid: result for uid, result in known.items() if self._awaited(uid, result)}

    def _awaited(self, uid: str, result: LrmResult) -> bool:
        status = self.services.get(result.sid)
        return status is not None and status.uid == uid


def _remembered(job: Job) -> JobMemory:
    number = None if job.operation is None else job.operation.number
    return JobMemory(
        job.sid, job.uid, job.state, job.target, job.timeout_s, job.tries, number, job.how
    )


def _recalled(job: JobMemory, world: LrmEnvironment) -> Job:
    operation = None if job.operation is None else world.operation(job.operation)
    return Job(
        job.sid, job.uid, job.state, job.target, job.timeout_s, job.tries, operation, job.how
    )
