"""One term of a master: it keeps the picture between rounds, and decides in each of them."""

from collections.abc import Callable, Mapping
from dataclasses import field, replace

from virton.frozen import frozen
from virton.ha.causes import NodeFenced
from virton.ha.environment import LockAnswer, agent_lock
from virton.ha.events.cluster import (
    FenceWithoutServices,
    RuleDropped,
    SchedulerFallback,
    SchedulerModeChanged,
    SchedulerModeUsed,
)
from virton.ha.events.daemon import LockAcquired, MasterOffline
from virton.ha.events.resource import ResourceAdded, ResourceRemoved
from virton.ha.manager.agenda import Agenda, AgendaMemory
from virton.ha.manager.balance import Balancer
from virton.ha.manager.commands import take_commands
from virton.ha.manager.disarm import disarm, resources_under_way
from virton.ha.manager.groups import (
    FIRST_TRY_ROUNDS,
    GroupsMigration,
    with_group_failback,
    with_named_groups,
)
from virton.ha.manager.nodes import NodesMemory, NodeWatch, Tell
from virton.ha.manager.plan import Plan
from virton.ha.manager.round import Round, RoundFailedError
from virton.ha.manager.services import BoardMemory, ServiceBoard
from virton.ha.manager.transitions import advance
from virton.ha.manager.view import View
from virton.ha.model import (
    DERIVED,
    DatacenterSettings,
    Disarm,
    GroupConfig,
    LrmResult,
    ManagerStatus,
    ResourceConfig,
    ServiceStatus,
)
from virton.ha.placement.load import Load, measure_load
from virton.ha.rules.compiled import CompiledRules, prepare
from virton.ha.rules.config import RuleSet
from virton.ha.rules.groups import rules_from_groups
from virton.ha.states import (
    DisarmState,
    LrmMode,
    NodeState,
    RequestState,
    SchedulerMode,
    ServiceState,
)

AskLock = Callable[[str], LockAnswer]


@frozen
class RulesMemory:
    """What the rules in force were compiled from, and the files that told to do so."""

    ready: RuleSet
    nodes: tuple[str, ...]
    configured: RuleSet
    groups: Mapping[str, GroupConfig]
    compiled: CompiledRules | None = field(default=None, metadata=DERIVED)


@frozen
class ManagerMemory:
    """What a manager remembers between its rounds.

    `term` is unlike that of any other term, and makes the uids of this one unique.
    """

    term: str
    nodes: NodesMemory
    board: BoardMemory
    maintenance: frozenset[str] = frozenset()
    disarm: Disarm | None = None
    scheduler: SchedulerMode = SchedulerMode.BASIC
    uids: int = 0
    fully_disarmed: bool = False
    uneven_rounds: int = 0
    groups_rounds_left: int = FIRST_TRY_ROUNDS
    rules: RulesMemory | None = None
    taken_over: Mapping[str, ResourceConfig] | None = field(default=None, metadata=DERIVED)
    agenda: AgendaMemory | None = field(default=None, metadata=DERIVED)


def take_office(
    node: str, term: str, status: ManagerStatus, settings: DatacenterSettings, tell: Tell
) -> "Manager":
    """Begin a term with what the last manager wrote."""
    mode = settings.scheduler.mode
    if mode is not SchedulerMode.BASIC:
        tell(SchedulerModeUsed(mode))
    nodes, board = NodesMemory(status.node_status), BoardMemory(status.service_status)
    memory = ManagerMemory(
        term, nodes, board, status.maintenance_requests, status.disarm, scheduler=mode
    )
    return Manager(node, memory)


class _Uids:
    """Makes the uids of a term."""

    def __init__(self, term: str, count: int) -> None:
        self._term = term
        self.count = count

    def __call__(self) -> str:
        self.count += 1
        return f"{self._term}.{self.count}"


class Manager:
    """The manager of a cluster for as long as its CRM is master."""

    def __init__(self, node: str, memory: ManagerMemory) -> None:
        self.node = node
        self.term = memory.term
        self._uids = _Uids(memory.term, memory.uids)
        self.nodes = NodeWatch(memory.nodes)
        self.board = ServiceBoard(memory.board, self._uids)
        self.maintenance = set(memory.maintenance)
        self.disarm = memory.disarm
        self.fully_disarmed = memory.fully_disarmed
        self.rules = CompiledRules()
        self._rules_memory = memory.rules
        self._scheduler = memory.scheduler
        self._balancer = Balancer(memory.uneven_rounds)
        self._groups = GroupsMigration(memory.groups_rounds_left)
        self._taken_over = memory.taken_over
        self._ungrouped: Mapping[str, ResourceConfig] | None = None
        self._agenda = Agenda(memory.agenda)
        if (rules := memory.rules) is not None:
            self.rules = rules.compiled or prepare(rules.ready, rules.nodes)[0]

    def memory(self) -> ManagerMemory:
        """Return what another manager needs to go on as this one would."""
        rules = self._rules_memory
        return ManagerMemory(
            term=self.term,
            nodes=self.nodes.memory(),
            board=self.board.memory(),
            maintenance=frozenset(self.maintenance),
            disarm=self.disarm,
            scheduler=self._scheduler,
            uids=self._uids.count,
            fully_disarmed=self.fully_disarmed,
            uneven_rounds=self._balancer.rounds,
            groups_rounds_left=self._groups.rounds_left,
            rules=rules and replace(rules, compiled=self.rules),
            taken_over=self._taken_over,
            agenda=self._agenda.memory(),
        )

    def round(self, view: View, plan: Plan, ask_lock: AskLock) -> None:
        """Decide on one view of the cluster, and fill the plan with what comes of it."""
        nodelist_changed = self.nodes.differ_from(view.members)
        known = {node: view.lrm.get(node) for node in self.nodes.names()}
        # an LRM that has not said anything yet counts as active
        modes = {node: lrm.mode if lrm else LrmMode.ACTIVE for node, lrm in known.items()}
        self.nodes.update(view.members, modes, view.now_s, plan.tell)
        if not self.nodes.is_operational(self.node):
            plan.events.append(MasterOffline())
            return
        self._follow_scheduler_mode(view, plan)
        view = self._groups.attempt(view, self.nodes, self.board.publish(), plan)
        self._take_over_resources(view, plan)
        self._begin_load(view, plan)
        grouped = view if view.resources is self._ungrouped else with_group_failback(view)
        if grouped is view:
            self._ungrouped = view.resources
        self._follow_rules(grouped, plan, nodelist_changed=nodelist_changed)
        # of two LRMs that tell of the same uid, the first by name counts
        told = (lrm for lrm in reversed(known.values()) if lrm is not None)
        results: dict[str, LrmResult] = {}
        for lrm in told:
            results.update(lrm.results)
        round_ = self._new_round(grouped, plan, ask_lock, modes, results)
        take_commands(round_)
        self.disarm = round_.disarm
        self._decide(round_)
        self.board.load.end()

    def _decide(self, round_: Round) -> None:
        plan, view = round_.plan, round_.view
        only: list[str] | None = None
        if self.disarm is not None:
            only = resources_under_way(round_)
            if not only:
                self.disarm = disarm(round_, self.disarm)
                self.fully_disarmed = self.disarm.state is DisarmState.DISARMED
                plan.status = self._status(view)
                return
        else:
            self._balancer.balance(round_)
        self.fully_disarmed = False
        self._advance_all(round_, only)
        plan.status = self._status(view)

    # what precedes the decisions

    def _follow_scheduler_mode(self, view: View, plan: Plan) -> None:
        mode = view.settings.scheduler.mode
        if mode is not self._scheduler:
            plan.events.append(SchedulerModeChanged(self._scheduler, mode))
            self._scheduler = mode

    def _take_over_resources(self, view: View, plan: Plan) -> None:
        """Add the resources that came under HA and remove those that left it."""
        if self.disarm is not None:
            self._taken_over = None
            return
        if view.resources is self._taken_over:
            return
        self._taken_over = view.resources
        board, resources = self.board, view.resources
        for sid in sorted(resources.keys() - board.statuses.keys()):
            config = resources[sid]
            if config.state is RequestState.IGNORED or config.node is None:
                continue
            plan.events.append(ResourceAdded(sid, config.node))
            started = config.state is RequestState.STARTED
            # taken to be running, so that a running guest is not moved when it comes under HA
            state = ServiceState.REQUEST_START if started else ServiceState.REQUEST_STOP
            board.add(sid, state, config.node)
        for sid in list(board):
            kept = resources.get(sid)
            if kept is None or kept.state is RequestState.IGNORED:
                reason = "no config" if kept is None else "ignored state requested"
                plan.events.append(ResourceRemoved(sid, reason))
                board.remove(sid)

    def _begin_load(self, view: View, plan: Plan) -> None:
        report, online = view.load, sorted(self.nodes.online)
        mode = view.settings.scheduler.mode
        plan.events += report.warnings
        if not report.usable:
            plan.tell(SchedulerFallback())
            mode = SchedulerMode.BASIC

        def build() -> Load:
            return measure_load(mode, online, report.nodes, report.resources, report.measure)

        disarmed, statuses = self.disarm is not None, self.board.statuses

        def beside() -> dict[str, ServiceStatus]:
            return _beside(view, statuses, disarmed=disarmed)

        # no part of it knows the board, so that a manager nobody needs is freed at once
        basis = (mode, report, view.running, view.resources if disarmed else None)
        self.board.load.begin(build, statuses, beside, self.nodes.online, plan.tell, basis)
        if mode is not SchedulerMode.BASIC:
            # what cannot be counted is told here, before anything is decided
            self.board.load()

    def _follow_rules(self, view: View, plan: Plan, *, nodelist_changed: bool) -> None:
        """Compile the rules if they, the groups or the nodes changed."""
        known = self._rules_memory
        if known is not None and not nodelist_changed:
            before = (known.configured.rules, known.groups)
            if before == (view.rules.rules, view.groups):
                return
        names = tuple(self.nodes.names())
        rules = rules_from_groups(view.rules, with_named_groups(view), view.resources)
        self.rules, objections = prepare(rules, names)
        plan.events += [RuleDropped(o.rule, o.reason) for o in objections]
        self._rules_memory = RulesMemory(rules, names, view.rules, view.groups)

    def _new_round(
        self,
        view: View,
        plan: Plan,
        ask_lock: AskLock,
        modes: dict[str, LrmMode],
        results: dict[str, LrmResult],
    ) -> Round:
        def claim(node: str) -> bool:
            lock = agent_lock(node)
            answer = ask_lock(lock)
            if answer is LockAnswer.ACQUIRED:
                plan.events.append(LockAcquired(lock))
            return bool(answer)

        return Round(
            view=view,
            nodes=self.nodes,
            board=self.board,
            rules=self.rules,
            claim=claim,
            modes=modes,
            results=results,
            maintenance=self.maintenance,
            disarm=self.disarm,
            plan=plan,
        )

    # the decisions

    def _advance_all(self, round_: Round, only: list[str] | None) -> None:
        """Bring every resource on, and fence, until nothing changes any more."""
        if only is None:
            self._follow_agenda(round_)
            return
        self._agenda.forget()
        again = True
        while again:
            changed = _look_at(round_, only)
            again = self._fence(round_) or changed

    def _follow_agenda(self, round_: Round) -> None:
        agenda, again = self._agenda, True
        agenda.begin(round_)
        try:
            while again:
                changed = agenda.look(round_, advance)
                again = self._fence(round_) or changed
                agenda.follow(round_)
        except RoundFailedError:
            agenda.forget()
            raise

    def _fence(self, round_: Round) -> bool:
        """Fence the nodes whose resources wait for it; True if some can be recovered now."""
        fenced: dict[str, bool] = {}
        recovered = False
        for sid in sorted(self.board.fencing):
            node = self.board[sid].node
            if node not in fenced:
                fenced[node] = self.nodes.fence(node, round_.claim, round_.tell)
            if fenced[node]:
                round_.change(sid, ServiceState.RECOVERY, NodeFenced(node))
                recovered = True
        if NodeState.FENCE not in self.nodes.states.values():
            return recovered
        for node in self.nodes.names():
            if node not in fenced and self.nodes.state(node) is NodeState.FENCE:
                # an administrator took its resources away meanwhile
                round_.tell(FenceWithoutServices(node))
                recovered |= self.nodes.fence(node, round_.claim, round_.tell)
        return recovered

    def _status(self, view: View) -> ManagerStatus:
        return ManagerStatus(
            master_node=self.node,
            timestamp=view.now_s,
            node_status=dict(self.nodes.states),
            service_status=self.board.publish(),
            maintenance_requests=frozenset(self.maintenance),
            disarm=self.disarm,
        )


def _look_at(round_: Round, sids: list[str]) -> bool:
    """Bring some resources on; True if one came into another state."""
    changed = False
    for sid in sids:
        state = round_.board[sid].state
        advance(round_, sid)
        changed |= round_.board[sid].state is not state
    return changed


def _beside(
    view: View, statuses: Mapping[str, ServiceStatus], *, disarmed: bool
) -> dict[str, ServiceStatus]:
    """Return what runs beside the resources looked after, by its node.

    That is what is not under HA, and what came under it while the HA stack is disarmed.
    """
    places = dict(view.running)
    if disarmed:
        places |= {
            sid: config.node
            for sid, config in view.resources.items()
            if config.state is RequestState.STARTED and config.node
        }
    return {
        sid: ServiceStatus(ServiceState.STARTED, node, "", running=True)
        for sid, node in places.items()
        if sid not in statuses
    }
