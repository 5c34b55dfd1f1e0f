"""Advice mends a broken objective, is the smallest that does, and holds once it is applied."""

import random
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from tests.forecast.clusters import GIB, cluster, rule
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.plans.advising import Advice, advise, options, with_options
from virton.plans.conflicts import dropped
from virton.plans.desired import read_desired
from virton.plans.objectives import Objective, objectives
from virton.plans.verifying import verify

CASES = 10
"""Of the 300 that `python -m tests.plans.proof` tries, so many are tried always."""


def first(situation: Situation, text: str) -> tuple[Objective, Advice | None]:
    desired = read_desired(f"version: 1\nobjectives: {{it: {text}}}")
    [objective] = objectives(desired, situation)
    [found] = verify(situation, [objective])
    assert found.broken is not None
    return objective, advise(situation, objective, found.broken)


def kinds(advice: Advice | None) -> list[str]:
    assert advice is not None
    return [option.kind for option in advice.options]


def test_guests_that_come_together_are_kept_apart_by_a_rule() -> None:
    web = cluster({"vm:1": "node1", "vm:2": "node2", "vm:3": "node3"})
    _, advice = first(web, "{apart: [vm:1, vm:2], after: node}")
    assert kinds(advice) == ["apart"]


def test_a_guest_that_ha_does_not_look_after_is_to_be_started_first() -> None:
    """Once it is, the two come together after a loss, which a rule ends."""
    stopped = {"node": "node1", "state": "stopped"}
    web = cluster({"vm:1": stopped, "vm:2": "node2", "vm:3": "node3"})
    _, advice = first(web, "{back: vm:1, within_s: 300, after: node}")
    assert kinds(advice) == ["start"]
    _, advice = first(web, "{apart: [vm:1, vm:2], after: node}")
    assert kinds(advice) == ["start", "apart"]


def test_of_two_that_help_the_cheaper_one_is_advised() -> None:
    """A rule on node1 alone: made a preference, nothing moves."""
    bound = rule("bound", ["vm:1"], nodes={"node1": 0}, strict=1)
    _, advice = first(
        cluster({"vm:1": "node1"}, rules=[bound]), "{back: vm:1, within_s: 300, after: node}"
    )
    assert kinds(advice) == ["relax"]
    assert advice is not None
    assert (advice.price.moves, advice.price.worse) == ((), ())


def test_where_the_votes_are_too_few_one_is_added() -> None:
    situation = cluster({"vm:1": "node1"}, nodes=2)
    _, advice = first(situation, "{back: vm:1, within_s: 300, after: node}")
    assert kinds(advice) == ["vote"]


def test_a_crowd_that_is_only_at_rest_is_moved_by_hand() -> None:
    text = "{share: [vm:1, vm:2], of: node, most: 1/2, after: []}"
    _, advice = first(cluster({"vm:1": "node1", "vm:2": "node1"}), text)
    assert kinds(advice) == ["move"]


def of_sizes(places: dict[str, Any], *sizes: int, **parts: Any) -> Situation:
    """Return a cluster of nodes with so many GiB each; a guest has 4."""
    hosts = {
        f"node{at}": {"power": "on", "network": "on", "maxmem": size * GIB}
        for at, size in enumerate(sizes, 1)
    }
    return cluster(places, hosts=hosts, **parts)


def test_of_a_node_that_is_too_full_a_guest_is_moved_and_before_a_loss_a_rule_widened() -> None:
    """vm:1 may run on node1 and node2 alone, and would find vm:2 there."""
    crowd = {"vm:1": "node1", "vm:2": "node1", "vm:3": "node3"}
    situation = of_sizes(crowd, 8, 8, 16)
    _, advice = first(situation, "{memory: 90%, after: []}")
    assert advice is not None
    assert [(one.kind, one.sid, one.node) for one in advice.options] == [("move", "vm:1", "node3")]
    assert (advice.price.moves, advice.price.restarts) == (("vm:1",), ())
    bound = rule("bound", ["vm:1"], nodes={"node1": 1, "node2": 0}, strict=1)
    situation = of_sizes({"vm:1": "node1", "vm:2": "node2"}, 8, 8, 16, rules=[bound])
    _, advice = first(situation, "{memory: 90%, after: node}")
    assert kinds(advice) == ["add_node"]


def test_where_no_guest_can_go_elsewhere_one_gives_memory_and_the_price_is_its_restart() -> None:
    """Neither move nor rule helps two nodes of which each takes the guest of the other."""
    two = of_sizes({"vm:1": "node1", "vm:2": "node2"}, 8, 8)
    _, advice = first(replace(two, device_votes=1), "{memory: 3/4, after: node}")
    assert advice is not None
    told = advice.to_json()
    assert [one["kind"] for one in told["options"]] == ["less_memory"]
    assert {k: told["options"][0][k] for k in ("frees_mib", "memory_mib")} == {
        "frees_mib": 2048,
        "memory_mib": 2048,
    }
    assert told["price"] == {"moves": [], "worse": [], "restarts": ["vm:1"]}


def generated(dice: random.Random) -> tuple[Situation, str]:
    """Return a small cluster with up to 12 rules, and an objective for it."""
    nodes, count = dice.choice((3, 3, 4)), dice.randint(2, 6)
    names = [f"node{n}" for n in range(1, nodes + 1)]
    sids = [f"vm:{n}" for n in range(1, count + 1)]
    rules: list[dict[str, Any]] = []
    for number in range(dice.randint(0, 12)):
        chosen = dice.sample(sids, dice.randint(1, min(3, count)))
        if dice.random() < 0.6:
            places = {
                node: dice.choice((0, 0, 1)) for node in dice.sample(names, dice.randint(1, 2))
            }
            more = {"nodes": places, "strict": dice.randint(0, 1)}
            rules.append(rule(f"rule{number}", chosen, **more))
        elif len(chosen) > 1:
            rules.append(
                rule(f"rule{number}", chosen, affinity=dice.choice(("positive", "negative")))
            )
    sizes = (dice.choice((12, 12, 16, 24)) for _ in names)
    situation = of_sizes({sid: dice.choice(names) for sid in sids}, *sizes, rules=rules)
    pair = ", ".join(dice.sample(sids, 2))
    return situation, dice.choice(
        (
            f"{{apart: [{pair}], after: node}}",
            f"{{back: [{pair}], within_s: 600, after: node}}",
            f"{{share: [{', '.join(sids)}], most: 2/3, after: node}}",
            "{tolerates: true, after: node}",
            f"{{memory: {dice.choice(('3/4', '90%'))}, after: node}}",
        )
    )


def is_minimal(seed: int) -> bool | None:
    """Tell whether advice for a generated case holds and none smaller does; None: nothing broken."""
    situation, text = generated(random.Random(seed))  # noqa: S311
    [objective] = objectives(read_desired(f"version: 1\nobjectives: {{it: {text}}}"), situation)
    [found] = verify(situation, [objective])
    if found.broken is None:
        return None
    advice = advise(situation, objective, found.broken)
    base, _ = at_rest(situation)
    pool = list(options(base, objective, found.broken, {}))
    if advice is not None and not _mends(base, advice.options, objective):
        return False
    smaller = range(1, 3 if advice is None else min(3, len(advice.options)))
    tried = (chosen for size in smaller for chosen in combinations(pool, size))
    return not any(_mends(base, chosen, objective) for chosen in tried)


def _mends(base: Situation, chosen: tuple[Any, ...], objective: Objective) -> bool:
    names = [option.edit.name for option in chosen if option.edit]
    if len(names) > len(set(names)):
        return False
    after = with_options(base, chosen)
    [found] = verify(after, [objective])
    return found.broken is None and dropped(after) <= dropped(base)


@pytest.mark.parametrize("seed", range(CASES))
def test_no_smaller_change_mends_a_generated_case(seed: int) -> None:
    assert is_minimal(seed) is not False
