"""A trial, which leaves the waiting out, and a course of the whole stack come to the same fates."""

import random

import pytest

from tests.forecast.clusters import cluster, random_resources, random_rules, random_sids
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
    sids = random_sids(dice)
    rules = random_rules(dice, names, sids)
    resources = random_resources(dice, names, sids)
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
