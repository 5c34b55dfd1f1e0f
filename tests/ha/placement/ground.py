"""Clusters on which to place resources in tests, written out and at random."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.ha.rules.make import rule_set
from virton.ha.model import ResourceConfig, ServiceStatus
from virton.ha.placement.choice import Choice, Ground, Preference, choose
from virton.ha.placement.load import BasicLoad
from virton.ha.placement.positions import counts_as_running, used_nodes
from virton.ha.placement.reasons import Explanation, explain
from virton.ha.rules.compiled import prepare
from virton.ha.rules.config import NodeAffinityRule, ResourceAffinityRule, Rule, RuleSet
from virton.ha.states import NodeState, ServiceState

MOVING = (ServiceState.MIGRATE, ServiceState.RELOCATE, ServiceState.REQUEST_START_BALANCE)


def started(node: str, **details: object) -> ServiceStatus:
    """Return the status of a running resource."""
    return ServiceStatus(ServiceState.STARTED, node, "", running=True, **details)  # type: ignore[arg-type]


@dataclass(slots=True)
class Cluster:
    """Nodes, resources and rules; `place` chooses a node for a resource and explains it."""

    nodes: dict[str, NodeState]
    statuses: dict[str, ServiceStatus]
    rules: RuleSet = field(default_factory=rule_set)

    @property
    def online(self) -> frozenset[str]:
        return frozenset(n for n, state in self.nodes.items() if state is NodeState.ONLINE)

    def load(self) -> BasicLoad:
        load = BasicLoad(sorted(self.online))
        for sid, status in self.statuses.items():
            current, target = used_nodes(status, self.online)
            load.add(sid, current, target, counts_as_running(status, current))
        return load

    def ground(self) -> Ground:
        compiled, _ = prepare(self.rules, sorted(self.nodes))
        return Ground(self.nodes, self.online, compiled, self.statuses, self.load)

    def choose(self, sid: str, preference: Preference, *, failback: bool = True) -> Choice:
        config = ResourceConfig(self.statuses[sid].node, failback=failback)
        return choose(sid, self.statuses[sid], config, self.ground(), preference)

    def place(
        self, sid: str, preference: Preference = Preference.STAY, *, failback: bool = True
    ) -> Explanation:
        return explain(sid, self.choose(sid, preference, failback=failback), self.ground())


def cluster(nodes: str, *rules: Rule, **resources: str | ServiceStatus) -> Cluster:
    """Return a cluster: `node1 node2=maintenance`, rules, and `vm1="node1"` or a whole status."""
    states = dict(word.split("=") if "=" in word else (word, "online") for word in nodes.split())
    return Cluster(
        {node: NodeState(state) for node, state in states.items()},
        {
            f"vm:{name[2:]}": started(where) if isinstance(where, str) else where
            for name, where in resources.items()
        },
        rule_set(*rules),
    )


SIDS = [f"vm:{number}" for number in range(100, 104)]
_members = st.frozensets(st.sampled_from(SIDS), min_size=2, max_size=3).map(lambda m: m | {SIDS[0]})
_affinities = st.sampled_from(["positive", "negative"])


@st.composite
def _rules(draw: st.DrawFn, nodes: list[str]) -> RuleSet:
    some = st.dictionaries(st.sampled_from(nodes), st.integers(0, 2), min_size=1)
    found: list[Rule] = [
        ResourceAffinityRule(f"r{number}", draw(_members), draw(_affinities))
        for number in range(draw(st.integers(0, 2)))
    ]
    if draw(st.booleans()):
        found.append(NodeAffinityRule("n", frozenset(SIDS[:1]), draw(some), draw(st.booleans())))
    return rule_set(*found)


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """Draw a cluster with some nodes away, resources in all states, and rules for vm:100."""
    nodes = [f"node{number}" for number in range(1, draw(st.integers(1, 5)) + 1)]
    states = st.sampled_from([NodeState.ONLINE] * 8 + list(NodeState))
    node = st.sampled_from(nodes)
    statuses = {}
    for sid in SIDS:
        state = draw(st.sampled_from([ServiceState.STARTED] * 8 + list(ServiceState)))
        statuses[sid] = ServiceStatus(
            state,
            draw(node),
            "",
            target=draw(node) if state in MOVING else None,
            running=draw(st.booleans()),
            failed_nodes=tuple(draw(st.lists(node, max_size=1))),
            maintenance_node=draw(st.sampled_from([None, None, *nodes])),
        )
    return Cluster({n: draw(states) for n in nodes}, statuses, draw(_rules(nodes)))
