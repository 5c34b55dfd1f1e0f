"""Clusters on which to place resources in tests, written out and at random."""

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Literal

from hypothesis import strategies as st

from tests.ha.rules.make import rule_set
from virton.ha.model import ResourceConfig, ServiceStatus
from virton.ha.placement.choice import Choice, Ground, Preference, choose
from virton.ha.placement.load import BasicLoad
from virton.ha.placement.positions import counts_as_running, used_nodes
from virton.ha.placement.reasons import Explanation, explain
from virton.ha.rules.compiled import CompiledRules, prepare
from virton.ha.rules.config import NodeAffinityRule, ResourceAffinityRule, Rule, RuleSet
from virton.ha.states import NodeState, ServiceState

MOVING = (ServiceState.MIGRATE, ServiceState.RELOCATE, ServiceState.REQUEST_START_BALANCE)


def started(node: str, **details: object) -> ServiceStatus:
    """Return the status of a running resource."""
    return ServiceStatus(ServiceState.STARTED, node, "", running=True, **details)  # type: ignore[arg-type]


@dataclass
class Cluster:
    """Nodes, resources and rules; `place` chooses a node for a resource and explains it."""

    nodes: dict[str, NodeState]
    statuses: dict[str, ServiceStatus]
    rules: RuleSet = field(default_factory=rule_set)

    @property
    def online(self) -> frozenset[str]:
        return frozenset(n for n, state in self.nodes.items() if state is NodeState.ONLINE)

    @cached_property
    def compiled(self) -> CompiledRules:
        return prepare(self.rules, sorted(self.nodes))[0]

    def load(self) -> BasicLoad:
        load = BasicLoad(sorted(self.online))
        for sid, status in self.statuses.items():
            current, target = used_nodes(status, self.online)
            load.add(sid, current, target, counts_as_running(status, current))
        return load

    def ground(self) -> Ground:
        return Ground(self.nodes, self.online, self.compiled, self.statuses, self.load)

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
_relations = st.tuples(_members, st.sampled_from(["positive", "negative"]))
_either = st.booleans()
_node_states = st.sampled_from([NodeState.ONLINE] * 8 + list(NodeState))
_states = st.sampled_from([ServiceState.STARTED] * 8 + list(ServiceState))


def _rules(nodes: list[str]) -> st.SearchStrategy[RuleSet]:
    some = st.dictionaries(st.sampled_from(nodes), st.integers(0, 2), min_size=1)
    bound = st.builds(NodeAffinityRule, st.just("n"), st.just(frozenset(SIDS[:1])), some, _either)
    return st.builds(_rule_set, st.lists(_relations, max_size=2), st.none() | bound)


def _rule_set(
    relations: list[tuple[frozenset[str], Literal["positive", "negative"]]],
    bound: NodeAffinityRule | None,
) -> RuleSet:
    found: list[Rule] = [ResourceAffinityRule(f"r{n}", *one) for n, one in enumerate(relations)]
    return rule_set(*found, *([] if bound is None else [bound]))


def _statuses(nodes: list[str]) -> st.SearchStrategy[ServiceStatus]:
    node = st.sampled_from(nodes)
    return st.builds(
        lambda state, target, **details: ServiceStatus(
            state, uid="", target=target if state in MOVING else None, **details
        ),
        state=_states,
        node=node,
        target=node,
        running=_either,
        failed_nodes=st.lists(node, max_size=1).map(tuple),
        maintenance_node=st.sampled_from([None, None, *nodes]),
    )


@cache
def _clusters(count: int) -> st.SearchStrategy[Cluster]:
    """Return what draws clusters of so many nodes; to make it takes longer than to draw from it."""
    nodes = [f"node{number}" for number in range(1, count + 1)]
    return st.builds(
        Cluster,
        st.fixed_dictionaries(dict.fromkeys(nodes, _node_states)),
        st.fixed_dictionaries(dict.fromkeys(SIDS, _statuses(nodes))),
        _rules(nodes),
    )


clusters = st.integers(1, 5).flatmap(_clusters)
"""Clusters with some nodes away, resources in all states, and rules for vm:100."""
