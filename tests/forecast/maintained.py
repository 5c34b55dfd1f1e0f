"""Maintenance of random clusters: what was announced, held against what the whole stack then does.

`python -m tests.forecast.maintained [COUNT [FIRST]]` plays so many clusters of 3 to 8 nodes.
"""

import json
import random
import sys
from collections.abc import Iterator, Sequence

from tests.forecast.clusters import (
    GIB,
    cluster,
    random_resources,
    random_rules,
    random_sids,
)
from virton.forecast.maintenance import Step, serviced
from virton.forecast.maintenance_plan import Orders, plan
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.forecast.staging import Phases, stage
from virton.ha.events import Record
from virton.simulation.freezing import Simulation, thaw

LONG_ENOUGH_S = 240
MOST_PERMUTED = 5


def random_cluster(seed: int, most_nodes: int = 8) -> Situation:
    """Return a cluster at rest with random places, rules and guests outside HA."""
    dice = random.Random(seed)  # noqa: S311  (which cluster is no secret)
    names = [f"node{number}" for number in range(1, dice.randint(3, most_nodes) + 1)]
    sids = random_sids(dice)
    outside = [f"vm:{number}" for number in range(900, 900 + dice.randint(0, 3))]
    resources = random_resources(dice, names, sids)
    hosts = {
        name: {"power": "on", "network": "on", "maxmem": dice.choice((16, 64)) * GIB}
        for name in names
    }
    return at_rest(
        cluster(
            resources,
            hosts=hosts,
            rules=random_rules(dice, names, sids),
            guests={sid: {"node": dice.choice(names), "status": "running"} for sid in outside},
        )
    )[0]


class Stack:
    """The whole stack on the paced clock, every daemon somewhere in its round."""

    def __init__(self, base: Situation, dice: random.Random) -> None:
        due_s = {
            (node, kind): dice.randint(1, 5 if kind == "crm" and node != base.master else 10)
            for node in sorted(base.nodes)
            for kind in ("crm", "lrm")
        }
        self.told: list[Record] = []
        self._simulation: Simulation = thaw(stage(base, Phases(due_s)), self.told.append)

    def do(self, command: str) -> dict[str, str]:
        """Do something to the hardware, wait, and return what runs where."""
        self._simulation.hardware.execute(command, "test")
        self._simulation.paced.step(LONG_ENOUGH_S)
        hosts = self._simulation.world.hosts.values()
        return {sid: host.name for host in hosts for sid in sorted(host.running)}


def broken_promises(seed: int, most_nodes: int = 8) -> list[str]:
    """Announce the maintenance of two nodes, have the stack do it, and return what came otherwise."""
    dice = random.Random(seed)  # noqa: S311
    base = random_cluster(seed, most_nodes)
    nodes = dice.sample(sorted(base.nodes), 2)
    said = plan(base, nodes)
    stack, found = Stack(base, dice), []
    placed = base.running
    for step in said.steps:
        began = dict(placed)
        placed |= {fate.sid: fate.node for fate in step.moves if fate.node and fate.sid in placed}
        found += _wrong(
            step, "during", placed, stack.do(f"crm {step.node} enable-node-maintenance")
        )
        placed |= {fate.sid: fate.node for fate in step.returns if fate.node and fate.sid in placed}
        came = stack.do(f"crm {step.node} disable-node-maintenance")
        found += _wrong(step, "afterwards", placed, came)
        placed = {sid: came.get(sid, node) for sid, node in placed.items() if sid in began}
    return found


def _wrong(step: Step, when: str, said: dict[str, str], came: dict[str, str]) -> Iterator[str]:
    for sid, node in sorted(said.items()):
        if came.get(sid) != node:
            yield f"{step.node} {when}: {sid} runs on {came.get(sid)}, said was {node}"


def brute_force(at: Situation, nodes: list[str], keep: int) -> bool:
    """Tell whether any order keeps so much, by trying them all."""
    return not nodes or any(_goes_on(at, node, nodes, keep) for node in nodes)


def _goes_on(at: Situation, node: str, nodes: list[str], keep: int) -> bool:
    step, after = serviced(at, node)
    kept = step.bears is not None and step.bears >= keep
    return kept and brute_force(after, [other for other in nodes if other != node], keep)


def _keeps(at: Situation, order: Sequence[str], keep: int) -> bool:
    for node in order:
        step, at = serviced(at, node)
        if step.bears is None or step.bears < keep:
            return False
    return True


def wrong_orders(seed: int, most_nodes: int = 8) -> list[str]:
    """Seek an order for some nodes of a random cluster, and return where brute force disagrees."""
    dice = random.Random(seed)  # noqa: S311
    base, found = random_cluster(seed, most_nodes), []
    nodes = dice.sample(sorted(base.nodes), min(len(base.nodes), dice.randint(3, MOST_PERMUTED)))
    for keep in (0, 1):
        search = Orders(base).search(base, nodes, keep)
        if search.order is not None and not _keeps(base, search.order, keep):
            found.append(f"{search.order} does not keep {keep}")
        if (search.order is not None) != brute_force(base, nodes, keep):
            found.append(f"{nodes} keep {keep}: found {search.order}")
    return found


def main(arguments: list[str]) -> int:
    """Play the clusters, print what was missed, and the summary."""
    count = int(arguments[0]) if arguments else 200
    first = int(arguments[1]) if len(arguments) > 1 else 0
    missed = 0
    for seed in range(first, first + count):
        for words in (*broken_promises(seed), *wrong_orders(seed)):
            missed += 1
            print(f"{seed}: {words}", flush=True)
    print(json.dumps({"clusters": count, "missed": missed}))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
