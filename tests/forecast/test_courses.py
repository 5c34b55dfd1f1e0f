"""When things happen: ranges over phases, and the same whether a cluster is large or small."""

import pytest

from tests.bench.scale import cluster as large_cluster
from tests.forecast.clusters import cluster
from virton.forecast import ask as asking
from virton.forecast.answer import Answer
from virton.forecast.ask import ask
from virton.forecast.bystanders import bystanders
from virton.forecast.phases import assignments
from virton.forecast.question import Loss, Question, parse_split
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation, situation_of

EVERYWHERE = {"vm:1": "node1", "vm:2": "node2", "vm:3": "node3"}


def phases(answer: Answer) -> dict[tuple[str, str | None], tuple[int, int]]:
    return {(phase.what, phase.node): phase.at_s for phase in answer.phases}


def test_a_lost_slave_is_fenced_after_a_minute_and_recovered_after_two() -> None:
    answer = ask(cluster(EVERYWHERE), Question((Loss("node3"),)))
    told = phases(answer)
    assert told["unknown", "node3"] == (7, 19)
    assert told["fence", "node3"] == (57, 69)
    after_s = answer.resources["vm:3"].after_s
    assert after_s is not None
    assert after_s[0] <= 128
    assert after_s[1] >= 150


def test_a_lost_master_takes_a_minute_more() -> None:
    answer = ask(cluster(EVERYWHERE), Question((Loss("node1"),)))
    after_s = answer.resources["vm:1"].after_s
    assert after_s is not None
    assert after_s[0] <= 180
    assert after_s[1] >= 200


def test_a_node_that_is_cut_off_resets_itself_and_one_without_power_does_not() -> None:
    situation = cluster({"vm:1": "node3"})
    assert ask(situation, Question((Loss("node3", cut=True),))).resets == ("node3",)
    assert ask(situation, Question((Loss("node3"),))).resets == ()


def test_a_large_cluster_takes_longer_to_miss_a_node_and_is_waited_for() -> None:
    situation = cluster({f"vm:{n}": f"node{n}" for n in range(1, 17)}, nodes=16)
    split = parse_split("node3", situation.nodes)
    answer = ask(situation, Question(split=split))
    assert answer.resets == ("node3",)
    assert str(answer.resources["vm:3"].fate.verdict) == "back"


def test_the_second_of_two_losses_is_counted_from_the_first() -> None:
    situation = cluster({"vm:1": "node4", "vm:2": "node5"}, nodes=5)
    question = Question((Loss("node4"), Loss.parse("node5@+300")))
    told = phases(ask(situation, question))
    assert told["unknown", "node5"][0] >= 300


@pytest.mark.parametrize("node", ["node05", "node01"])
def test_a_large_cluster_is_answered_as_whole_courses_would(
    node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    situation = _large()
    quickly = ask(situation, Question((Loss(node),)))
    monkeypatch.setattr(asking, "quick", lambda *_: None)
    wholly = ask(situation, Question((Loss(node),)))
    assert quickly.nodes == wholly.nodes
    assert quickly.resources.keys() == wholly.resources.keys()
    for sid, row in wholly.resources.items():
        assert quickly.resources[sid].fate == row.fate
        assert _holds(quickly.resources[sid].after_s, row.after_s)
    told = phases(quickly)
    assert all(_holds(told[step], span) for step, span in phases(wholly).items())


@pytest.mark.parametrize(
    ("question", "lost"),
    [
        (Question((Loss("node3"),)), False),
        (Question((Loss("node3", cut=True),)), False),
        (Question((Loss("node2"), Loss("node3", at_s=5))), True),
        (Question(maintenance=("node2",), going_down=(("shutdown", "node3"),)), False),
    ],
    ids=["power", "network", "quorum", "shutdown"],
)
def test_crms_that_try_in_vain_would_have_changed_nothing(
    question: Question, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    situation = at_rest(cluster(EVERYWHERE))[0]
    assert bool(bystanders(situation, question)) is not lost
    answer = ask(situation, question)
    monkeypatch.setattr(asking, "bystanders", lambda *_: frozenset())
    assert answer == ask(situation, question)


def test_where_the_master_goes_against_what_was_expected_all_crms_have_their_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    situation, question = at_rest(cluster(EVERYWHERE))[0], Question((Loss("node1"),))
    monkeypatch.setattr(asking, "assignments", lambda *asked: assignments(*asked)[:2])
    answer = ask(situation, question)
    monkeypatch.setattr(asking, "bystanders", lambda *_: frozenset({"node2"}))
    assert answer == ask(situation, question)


def _holds(wide: tuple[int, int] | None, narrow: tuple[int, int] | None) -> bool:
    if wide is None or narrow is None:
        return wide is narrow
    return wide[0] <= narrow[0] and narrow[1] <= wide[1]


def _large() -> Situation:
    return at_rest(situation_of(large_cluster(160, 6, 12)))[0]
