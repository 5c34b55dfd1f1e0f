"""A trial, which leaves the waiting out, and a course of the whole stack come to the same fates."""

import random

import pytest

from tests.forecast.clusters import cluster, rule
from virton.forecast.ask import ask
from virton.forecast.question import Loss, Question
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.forecast.tolerance import cases, rows


def random_cluster(seed: int) -> Situation:
    """Return a cluster at rest with random places and rules."""
    dice = random.Random(seed)  # noqa: S311  (which cluster is no secret)
    nodes = dice.choice((3, 4, 5))
    names = [f"node{number}" for number in range(1, nodes + 1)]
    sids = [f"{dice.choice(('vm', 'vm', 'ct'))}:{number}" for number in range(1, 11)]
    rules = []
    for number in range(dice.randint(0, 3)):
        chosen = dice.sample(sids, dice.randint(2, 3))
        affinity = dice.choice(("positive", "negative"))
        rules.append(rule(f"res{number}", chosen, affinity=affinity))
    for number in range(dice.randint(0, 3)):
        prefer = {name: dice.randint(0, 2) for name in dice.sample(names, dice.randint(1, 2))}
        strict = dice.randint(0, 1)
        rules.append(rule(f"node{number}", [dice.choice(sids)], nodes=prefer, strict=strict))
    resources = {
        sid: {
            "node": dice.choice(names),
            "state": "stopped" if dice.random() < 0.1 else "started",
            "failback": dice.random() < 0.7,
        }
        for sid in sids
    }
    return at_rest(cluster(resources, nodes=nodes, rules=rules))[0]


@pytest.mark.parametrize("seed", range(5))
def test_a_trial_and_a_course_come_to_the_same_fates(seed: int) -> None:
    assert disagreements(seed) == []


def disagreements(seed: int) -> list[str]:
    """Return where the table says what no course comes to."""
    base, found = random_cluster(seed), []
    single = [case for case in cases(base) if case.kind == "node"]
    for row in rows(base, single):
        answer = ask(base, Question(tuple(Loss(node) for node in row.case.nodes)))
        for sid, said in answer.resources.items():
            possible = {(f.verdict, f.node) for f in (said.fate, *said.others)}
            tried = {(f.verdict, f.node) for f in row.touched.get(sid, ())}
            if tried and not tried & possible:
                found.append(f"{row.case.name}: {sid} {sorted(tried)} {sorted(possible)}")
            elif not tried and "stays" not in {verdict for verdict, _ in possible}:
                found.append(f"{row.case.name}: {sid} stays, {sorted(possible)}")
    return found
