"""The figures in the conformance scenarios, against what the reference made of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from virton.ha.placement.load import (
    Candidate,
    DynamicLoad,
    ImbalanceMeasure,
    NodeStats,
    ResourceUsage,
    StaticLoad,
)
from virton.ha.states import BalanceMethod

SCENARIOS = Path(__file__).parents[4] / "shared" / "scenarios"
MIB = 1 << 20

pytestmark = pytest.mark.skipif(
    not SCENARIOS.is_dir(), reason="the conformance scenarios (../shared/scenarios) are not here"
)

BALANCED = [
    "crs-dynamic-auto-rebalance2",
    "crs-dynamic-auto-rebalance3",
    "crs-dynamic-auto-rebalance-topsis2",
    "crs-dynamic-auto-rebalance-topsis3",
    "crs-dynamic-constrained-auto-rebalance1",
    "crs-dynamic-constrained-auto-rebalance2",
    "crs-dynamic-constrained-auto-rebalance3",
    "crs-dynamic-constrained-auto-rebalance4",
    "crs-static-auto-rebalance2",
    "crs-static-auto-rebalance3",
]
"""The scenarios in which something is moved for balance; in none of them does a guest rest then."""


class Lab:
    """A scenario's guests, all of them running, as its events leave them."""

    def __init__(self, name: str) -> None:
        self.scenario: dict[str, Any] = json.loads((SCENARIOS / f"{name}.json").read_text())
        resources = self.scenario["resources"]
        self.where = {sid: resource["node"] for sid, resource in resources.items()}
        self.dynamic = self.scenario["datacenter"]["crs"]["ha"] == "dynamic"
        self.figures: dict[str, dict[str, float]] = {}
        for sid in self.where:
            defaults = {"maxcpu": 4.0, "maxmem": 4096 * MIB, "cpu": 2.0, "mem": 2048 * MIB}
            static = self.scenario.get("static_stats", {}).get(sid, {})
            dynamic = self.scenario.get("dynamic_stats", {}).get(sid, {})
            self.figures[sid] = defaults | static | dynamic

    def take_in(self, kind: str, fields: dict[str, Any]) -> None:
        if kind == "lrm.move_ended":
            self.where[fields["sid"]] = fields["target"]
        elif kind == "command" and fields["command"].startswith("service "):
            _, sid, verb, *words = fields["command"].split()
            if verb == "add":
                self.where[sid] = words[0]
                self.figures[sid] = {}
            for name, value in zip(words[::2], words[1::2], strict=False):
                if verb in ("set-static-stats", "set-dynamic-stats"):
                    self.figures[sid][name] = float(value) * (MIB if "mem" in name else 1)

    def load(self) -> StaticLoad | DynamicLoad:
        usages = {
            sid: ResourceUsage(f["maxcpu"], int(f["maxmem"]), f.get("cpu"), int(f.get("mem", 0)))
            for sid, f in self.figures.items()
        }
        nodes = {}
        for name, node in self.scenario["nodes"].items():
            here = [usages[sid] for sid, where in self.where.items() if where == name]
            cpu, mem = sum(u.cpu or 0.0 for u in here), sum(u.mem or 0 for u in here)
            nodes[name] = NodeStats(node["maxcpu"], node["maxmem"], cpu, mem)
        kind = DynamicLoad if self.dynamic else StaticLoad
        load = kind(nodes, usages, ImbalanceMeasure.VARIATION)
        for sid, node in self.where.items():
            load.add(sid, node, None, True)
        return load

    def candidates(self) -> list[Candidate]:
        return [
            Candidate(leader, nodes, bundle)
            for leader, bundle in self._bundles()
            if (nodes := self._open_to(leader))
        ]

    def _bundles(self) -> Iterator[tuple[str, list[str]]]:
        together = [
            sorted(rule["resources"])
            for rule in self.scenario.get("rules", [])
            if rule.get("affinity") == "positive"
        ]
        for sid in sorted(self.where):
            bundle = next((group for group in together if sid in group), [sid])
            if sid == bundle[0]:
                yield sid, bundle

    def _open_to(self, sid: str) -> list[str]:
        nodes = set(self.scenario["nodes"]) - {self.where[sid]}
        for rule in self.scenario.get("rules", []):
            if sid not in rule["resources"]:
                continue
            if rule["type"] == "node-affinity":
                nodes &= set(rule["nodes"])
            elif rule["affinity"] == "negative":
                nodes -= {self.where[other] for other in rule["resources"] if other != sid}
        return sorted(nodes)


@pytest.mark.parametrize("name", BALANCED)
def test_the_moves_for_balance_are_the_reference_s(name: str) -> None:
    lab = Lab(name)
    method = BalanceMethod(
        lab.scenario["datacenter"]["crs"].get("ha-auto-rebalance-method", "bruteforce")
    )
    found, expected = [], []
    for _, _, kind, fields in lab.scenario["expect"]:
        lab.take_in(kind, fields)
        if kind == "resource.rebalanced":
            load = lab.load()
            move = load.best_move(lab.candidates(), method)
            assert move is not None
            imbalances = f"{load.imbalance():.2f}", f"{move.imbalance:.2f}"
            found.append((move.sid, move.target, *map(float, imbalances)))
            told = ("sid", "target", "imbalance_from", "imbalance_to")
            expected.append(tuple(fields[field] for field in told))
    assert found == expected != []


@pytest.mark.parametrize("name", ["crs-static-rebalance1", "crs-dynamic-rebalance1"])
def test_the_nodes_for_first_starts_are_the_reference_s(name: str) -> None:
    lab = Lab(name)
    events = [
        event for event in lab.scenario["expect"] if event[2] == "resource.rebalance_on_start"
    ]
    first_round = [fields for time, _, _, fields in events if time == events[0][0]]
    nodes = {n: NodeStats(v["maxcpu"], v["maxmem"]) for n, v in lab.scenario["nodes"].items()}
    usages = {
        sid: ResourceUsage(f["maxcpu"], int(f["maxmem"]), f["cpu"], int(f["mem"]))
        for sid, f in lab.figures.items()
    }
    load = (DynamicLoad if lab.dynamic else StaticLoad)(nodes, usages)
    for sid, resource in lab.scenario["resources"].items():
        # Those not to be started count where they are, until they are known to be stopped.
        if resource.get("state") != "started":
            load.add(sid, resource["node"], None, True)
    for fields in first_round:
        sid, chosen = fields["sid"], fields["node"]
        scores = load.start_scores(sid)
        assert (sid, min(scores, key=lambda node: (scores[node], node))) == (sid, chosen)
        if fields["choice"] == "current":
            load.add(sid, chosen, None, False)
        else:
            load.add(sid, None, chosen, False)
    assert len(first_round) > 3
