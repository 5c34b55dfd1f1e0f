"""The load on the nodes that are online, by which placement and balancing choose among them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import isfinite
from typing import Protocol

from virton.frozen import frozen
from virton.ha.placement.balance import (
    BestMove,
    Bundle,
    Candidate,
    ImbalanceMeasure,
    best_move,
    imbalance,
    start_scores,
)
from virton.ha.placement.gauge import Demand, Gauge, NodeStats, ResourceUsage
from virton.ha.states import BalanceMethod, SchedulerMode

__all__ = [
    "BasicLoad",
    "BestMove",
    "Candidate",
    "DynamicLoad",
    "ImbalanceMeasure",
    "Load",
    "NodeStats",
    "Problem",
    "ProblemKind",
    "ProblemReason",
    "ResourceUsage",
    "StaticLoad",
    "measure_load",
]


class ProblemKind(StrEnum):
    """What a load could not do."""

    MODE_UNUSABLE = "mode_unusable"
    NOT_COUNTED = "not_counted"
    START_NOT_SCORED = "start_not_scored"
    MOVES_NOT_SCORED = "moves_not_scored"


class ProblemReason(StrEnum):
    """Why a load could not do it."""

    NO_FIGURES = "no_figures"
    NO_CAPACITY = "no_capacity"
    ALREADY_COUNTED = "already_counted"
    UNKNOWN_NODE = "unknown_node"
    SAME_NODE = "same_node"
    NOT_FINITE = "not_finite"
    LEADER_NOT_COUNTED = "leader_not_counted"
    LEADER_MOVES = "leader_moves"
    LEADER_NOT_IN_BUNDLE = "leader_not_in_bundle"
    MEMBER_NOT_COUNTED = "member_not_counted"
    MEMBER_MOVES = "member_moves"
    MEMBER_ELSEWHERE = "member_elsewhere"


@frozen
class Problem:
    """Something that a load could not do, for the manager to report."""

    kind: ProblemKind
    reason: ProblemReason
    sid: str | None = None
    node: str | None = None


class Load(Protocol):
    """The load on a set of nodes, kept as resources come and go."""

    nodes: Sequence[str]
    problems: list[Problem]

    def add(self, sid: str, current: str | None, target: str | None, running: bool) -> None:
        """Count a resource on the node where it is and the one to which it moves."""

    def remove(self, sid: str) -> None:
        """Count a resource nowhere any more."""

    def start_scores(self, sid: str) -> dict[str, float]:
        """Score every node for a start of a resource; lower is better."""

    def imbalance(self) -> float:
        """Return how unevenly the nodes are loaded; 0 is evenly."""

    def best_move(self, candidates: Sequence[Candidate], method: BalanceMethod) -> BestMove | None:
        """Return the candidates' move that balances the nodes best, be it an improvement or not."""


class BasicLoad:
    """Load as the number of resources on a node."""

    def __init__(self, nodes: Sequence[str]) -> None:
        self.nodes: Sequence[str] = tuple(sorted(nodes))
        self.problems: list[Problem] = []
        self._count = dict.fromkeys(self.nodes, 0)
        self._where: dict[str, tuple[str, ...]] = {}

    def add(self, sid: str, current: str | None, target: str | None, running: bool) -> None:
        """Count a resource once on each of its nodes."""
        for node in (current, target):
            if node is None:
                continue
            if node not in self._count:
                reason = ProblemReason.UNKNOWN_NODE
                self.problems.append(Problem(ProblemKind.NOT_COUNTED, reason, sid, node))
            elif node not in (where := self._where.get(sid, ())):
                self._where[sid] = (*where, node)
                self._count[node] += 1

    def remove(self, sid: str) -> None:
        """Count a resource nowhere any more."""
        for node in self._where.pop(sid, ()):
            self._count[node] -= 1

    def start_scores(self, sid: str) -> dict[str, float]:
        """Score a node by the number of resources on it."""
        return {node: float(count) for node, count in self._count.items()}

    def imbalance(self) -> float:
        """Return 0: numbers of resources are not balanced."""
        return 0.0

    def best_move(self, candidates: Sequence[Candidate], method: BalanceMethod) -> BestMove | None:
        """Return None: numbers of resources are not balanced."""
        return None


@frozen
class _Counted:
    demand: Demand
    current: str
    target: str | None
    starts: bool


class _FigureLoad:
    """Load as cores and memory; `_starts` has resources counted, `_now` is what is balanced."""

    def __init__(
        self,
        starts: Gauge,
        now: Gauge,
        demands: Mapping[str, Demand],
        measure: ImbalanceMeasure,
    ) -> None:
        self.nodes: Sequence[str] = starts.names
        self.problems: list[Problem] = []
        self._starts = starts
        self._now = now
        self._demands = demands
        self._measure = measure
        self._counted: dict[str, _Counted] = {}

    def _counts_as_start(self, running: bool) -> bool:
        raise NotImplementedError

    def add(self, sid: str, current: str | None, target: str | None, running: bool) -> None:
        """Count a resource on its nodes; one that is on none yet is taken to be on its target."""
        if current is None:
            current, target = target, None
        if current is None:
            return
        reason = self._why_not(sid, current, target)
        if reason is not None:
            self.problems.append(Problem(ProblemKind.NOT_COUNTED, reason, sid))
            return
        starts = self._counts_as_start(running)
        counted = _Counted(self._demands[sid], current, target, starts)
        self._counted[sid] = counted
        if starts:
            for node in self._nodes_of(counted):
                self._starts.count(node, counted.demand)

    def _why_not(self, sid: str, current: str, target: str | None) -> ProblemReason | None:
        if sid not in self._demands:
            return ProblemReason.NO_FIGURES
        if sid in self._counted:
            return ProblemReason.ALREADY_COUNTED
        if current == target:
            return ProblemReason.SAME_NODE
        index = self._starts.index
        if current not in index or (target is not None and target not in index):
            return ProblemReason.UNKNOWN_NODE
        return None

    def _nodes_of(self, counted: _Counted) -> list[int]:
        index = self._starts.index
        return [index[node] for node in (counted.current, counted.target) if node is not None]

    def remove(self, sid: str) -> None:
        """Count a resource nowhere any more."""
        counted = self._counted.pop(sid, None)
        if counted is not None and counted.starts:
            for node in self._nodes_of(counted):
                self._starts.discount(node, counted.demand)

    def start_scores(self, sid: str) -> dict[str, float]:
        """Score every node for a start of a resource, or all alike where that cannot be done."""
        demand = self._demands.get(sid)
        if demand is None:
            return self._unscored(sid, ProblemReason.NO_FIGURES)
        gauge = self._starts
        cpu = [gauge.start_cpu(node, demand) for node in range(len(gauge.names))]
        try:
            scores = start_scores(gauge, cpu, demand.maxmem)
        except (OverflowError, ValueError):
            return self._unscored(sid, ProblemReason.NOT_FINITE)
        return {node: 0.0 - score for node, score in zip(self.nodes, scores, strict=True)}

    def _unscored(self, sid: str, reason: ProblemReason) -> dict[str, float]:
        self.problems.append(Problem(ProblemKind.START_NOT_SCORED, reason, sid))
        return dict.fromkeys(self.nodes, 0.0)

    def imbalance(self) -> float:
        """Return how unevenly the nodes are loaded; 0 is evenly."""
        return imbalance(self._now.loads(), self._measure)

    def best_move(self, candidates: Sequence[Candidate], method: BalanceMethod) -> BestMove | None:
        """Return the candidates' best move; None where there is none, or a candidate is amiss."""
        bundles = []
        for candidate in candidates:
            bundle = self._bundle(candidate)
            if isinstance(bundle, Problem):
                self.problems.append(bundle)
                return None
            bundles.append(bundle)
        try:
            return best_move(self._now, bundles, method, self._measure)
        except (OverflowError, ValueError):
            reason = ProblemReason.NOT_FINITE
            self.problems.append(Problem(ProblemKind.MOVES_NOT_SCORED, reason))
            return None

    def _bundle(self, candidate: Candidate) -> Bundle | Problem:
        leader = candidate.leader
        wrong = self._why_no_bundle(candidate)
        if wrong is not None:
            return Problem(ProblemKind.MOVES_NOT_SCORED, wrong[1], wrong[0])
        index = self._now.index
        source = index[self._counted[leader].current]
        targets = [index[node] for node in candidate.nodes if node in index]
        cpu, mem = 0.0, 0
        for sid in candidate.resources:
            demand = self._counted[sid].demand
            cpu += demand.cpu
            mem += demand.mem
        return Bundle(leader, source, [node for node in targets if node != source], cpu, mem)

    def _why_no_bundle(self, candidate: Candidate) -> tuple[str, ProblemReason] | None:
        leader = self._counted.get(candidate.leader)
        if leader is None:
            return candidate.leader, ProblemReason.LEADER_NOT_COUNTED
        if leader.target is not None:
            return candidate.leader, ProblemReason.LEADER_MOVES
        if candidate.leader not in candidate.resources:
            return candidate.leader, ProblemReason.LEADER_NOT_IN_BUNDLE
        for sid in candidate.resources:
            member = self._counted.get(sid)
            if member is None:
                return sid, ProblemReason.MEMBER_NOT_COUNTED
            if member.target is not None:
                return sid, ProblemReason.MEMBER_MOVES
            if member.current != leader.current:
                return sid, ProblemReason.MEMBER_ELSEWHERE
        return None


class StaticLoad(_FigureLoad):
    """Load as the cores and memory that the resources on a node are configured with."""

    def __init__(
        self,
        nodes: Mapping[str, NodeStats],
        resources: Mapping[str, ResourceUsage],
        measure: ImbalanceMeasure = ImbalanceMeasure.SHARE,
    ) -> None:
        gauge = Gauge(nodes, measured=False)
        demands = {
            sid: Demand(figures.maxcpu, figures.maxmem, figures.maxcpu, figures.maxmem)
            for sid, figures in resources.items()
            if isfinite(figures.maxcpu)
        }
        super().__init__(gauge, gauge, demands, measure)

    def _counts_as_start(self, running: bool) -> bool:
        return True


class DynamicLoad(_FigureLoad):
    """Load as the cores and memory in use on a node, and what those need that are yet to start."""

    def __init__(
        self,
        nodes: Mapping[str, NodeStats],
        resources: Mapping[str, ResourceUsage],
        measure: ImbalanceMeasure = ImbalanceMeasure.SHARE,
    ) -> None:
        demands = {
            sid: Demand(figures.cpu, figures.mem, figures.maxcpu, figures.maxmem)
            for sid, figures in resources.items()
            if figures.cpu is not None and figures.mem is not None
            if isfinite(figures.cpu) and isfinite(figures.maxcpu)
        }
        starts, now = Gauge(nodes, measured=True), Gauge(nodes, measured=True)
        super().__init__(starts, now, demands, measure)

    def _counts_as_start(self, running: bool) -> bool:
        return not running


def measure_load(
    mode: SchedulerMode,
    online: Sequence[str],
    nodes: Mapping[str, NodeStats],
    resources: Mapping[str, ResourceUsage],
    measure: ImbalanceMeasure = ImbalanceMeasure.SHARE,
) -> Load:
    """Return the still empty load of the online nodes; a basic one where a node lacks figures."""
    if mode is SchedulerMode.BASIC:
        return BasicLoad(online)
    problem = _why_unusable(online, nodes)
    if problem is not None:
        basic = BasicLoad(online)
        basic.problems.append(problem)
        return basic
    kind = StaticLoad if mode is SchedulerMode.STATIC else DynamicLoad
    return kind({name: nodes[name] for name in online}, resources, measure)


def _why_unusable(online: Sequence[str], nodes: Mapping[str, NodeStats]) -> Problem | None:
    for name in sorted(online):
        figures = nodes.get(name)
        if figures is None or not (isfinite(figures.maxcpu) and isfinite(figures.cpu)):
            return Problem(ProblemKind.MODE_UNUSABLE, ProblemReason.NO_FIGURES, node=name)
        # Shares of nothing are no numbers; the reference goes on with them and moves resources.
        if int(figures.maxcpu) <= 0 or int(figures.maxmem) <= 0:
            return Problem(ProblemKind.MODE_UNUSABLE, ProblemReason.NO_CAPACITY, node=name)
    return None
