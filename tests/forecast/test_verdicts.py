"""What becomes of each resource: five verdicts where its node is lost, and three beside them."""

import json
from dataclasses import replace

import pytest

from tests.forecast.clusters import GIB, cluster, rule
from tests.ha.play import scene
from virton.forecast.answer import Answer
from virton.forecast.ask import ask
from virton.forecast.changes import Change
from virton.forecast.falling import falling
from virton.forecast.needs import Needs, Offers
from virton.forecast.question import Loss, Question, QuestionError, parse_split, question_of
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation, situation_of
from virton.language.forecasts import told_course
from virton.language.sentences import LOCALES, Sentences
from virton.simulation.captures import write_capture
from virton.simulation.freezing import freeze
from virton.simulation.scenario import run_scenario

APART = rule("apart", ["vm:1", "vm:2"], affinity="negative")
BOUND = rule("bound", ["vm:1"], nodes={"node1": 0}, strict=1)


def lose(situation: Situation, *nodes: str, **more: object) -> Answer:
    return ask(situation, Question(tuple(map(Loss.parse, nodes)), **more))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def two() -> Situation:
    """Return three nodes, on the first two of which a resource runs."""
    return cluster({"vm:1": "node1", "vm:2": "node2"})


@pytest.fixture(scope="module")
def first_lost(two: Situation) -> Answer:
    """Return what becomes of the two when the first node is lost."""
    return lose(two, "node1")


def verdicts(answer: Answer) -> dict[str, tuple[str, str | None]]:
    return {sid: (str(r.fate.verdict), r.fate.node) for sid, r in answer.resources.items()}


def test_a_resource_of_a_lost_node_is_back_on_another_and_the_others_stay(
    first_lost: Answer,
) -> None:
    assert verdicts(first_lost) == {"vm:1": ("back", "node3"), "vm:2": ("stays", "node2")}
    assert (first_lost.quorate, first_lost.resets) == (True, ())


def test_a_node_with_too_little_memory_squeezes_what_is_recovered_there() -> None:
    small = {name: {"power": "on", "network": "on", "maxmem": 6 * GIB} for name in ("a", "b", "c")}
    answer = lose(cluster({"vm:1": "a", "vm:2": "b", "vm:3": "c"}, hosts=small), "a")
    assert verdicts(answer)["vm:1"] == ("squeezed", "b")


def test_a_resource_bound_to_the_lost_node_is_not_placed_and_the_rule_is_named() -> None:
    answer = lose(cluster({"vm:1": "node1"}, rules=[BOUND]), "node1")
    assert verdicts(answer) == {"vm:1": ("not_placed", None)}
    objections = answer.to_json()["resources"]["vm:1"]["because"]["objections"]
    assert objections["node2"] == ["outside_rule", {"rules": ["bound"]}]


def test_a_resource_kept_apart_from_one_on_the_only_other_node_is_not_placed() -> None:
    resources = {"vm:1": "node1", "vm:2": "node2"}
    only = rule("only", ["vm:1", "vm:2"], nodes={"node1": 0, "node2": 0}, strict=1)
    answer = lose(cluster(resources, rules=[APART, only]), "node1")
    assert verdicts(answer)["vm:1"] == ("not_placed", None)
    objections = answer.to_json()["resources"]["vm:1"]["because"]["objections"]
    assert objections["node2"][0] == "kept_apart"


def test_a_guest_whose_storage_no_other_node_has_is_placed_where_it_cannot_start() -> None:
    situation = cluster({"vm:1": "node1"})
    guest = replace(situation.guests["vm:1"], needs=Needs(storages=("fast",), home="node1"))
    offers = {
        n: Offers(storages=frozenset({"fast"} if n == "node1" else ())) for n in situation.nodes
    }
    answer = lose(replace(situation, guests={"vm:1": guest}, offers=offers), "node1")
    assert str(answer.resources["vm:1"].fate.verdict) == "cannot_start"
    assert answer.resources["vm:1"].fate.why.missing == ("storage:fast",)


def test_a_guest_that_another_node_can_start_is_back_there_after_the_first_could_not() -> None:
    situation = cluster({"vm:1": "node1"})
    guest = replace(situation.guests["vm:1"], needs=Needs(bridges=("vmbr1",), home="node1"))
    offers = {
        n: Offers(bridges=frozenset({"vmbr1"} if n != "node2" else ())) for n in situation.nodes
    }
    answer = lose(replace(situation, guests={"vm:1": guest}, offers=offers), "node1")
    assert verdicts(answer) == {"vm:1": ("back", "node3")}


def test_without_quorum_nothing_is_recovered_and_the_node_left_over_resets_itself() -> None:
    answer = lose(cluster({"vm:1": "node1", "vm:3": "node3"}), "node1", "node2")
    assert not answer.quorate
    assert answer.resets == ("node3",)
    assert verdicts(answer) == {"vm:1": ("no_quorum", None), "vm:3": ("no_quorum", None)}


def test_an_idle_node_that_loses_quorum_does_not_reset_itself() -> None:
    answer = lose(cluster({"vm:1": "node1"}), "node1", "node2")
    assert (answer.quorate, answer.resets) == (False, ())


def test_a_qdevice_keeps_quorum_when_one_of_two_nodes_is_lost() -> None:
    two = cluster({"vm:1": "node2"}, nodes=2)
    assert not lose(two, "node2").quorate
    answer = lose(replace(two, device_votes=1), "node2")
    assert answer.quorate
    assert verdicts(answer) == {"vm:1": ("back", "node1")}


@pytest.mark.parametrize("guests", [2, 200])
def test_a_qdevice_gives_its_votes_to_no_node_that_is_cut_off(guests: int) -> None:
    two = cluster({f"vm:{n}": f"node{1 + n % 2}" for n in range(guests)}, nodes=2)
    answer = ask(replace(two, device_votes=1), Question((Loss("node1", cut=True),)))
    assert answer.quorate
    assert answer.resets == ("node1",)
    assert verdicts(answer)["vm:0"][1] == "node2"


@pytest.mark.parametrize("guests", [3, 300])
def test_a_qdevice_keeps_to_the_part_with_the_most_nodes_whatever_their_votes(guests: int) -> None:
    three = cluster({f"vm:{n}": f"node{1 + n % 3}" for n in range(guests)})
    heavy = replace(three.nodes["node1"], votes=3)
    three = replace(three, nodes={**three.nodes, "node1": heavy}, device_votes=2)
    split = parse_split("node1|node2,node3", three.nodes)
    answer = ask(three, Question(split=split))
    assert answer.resets == ("node1",)
    assert falling(at_rest(three)[0], (), split).resets == answer.resets


def test_a_node_with_more_votes_holds_the_quorum_alone() -> None:
    situation = cluster({"vm:1": "node1", "vm:2": "node2"}, nodes=2)
    heavy = replace(situation.nodes["node1"], votes=2)
    answer = lose(replace(situation, nodes={**situation.nodes, "node1": heavy}), "node2")
    assert verdicts(answer)["vm:2"] == ("back", "node1")


def test_of_a_network_in_two_parts_the_smaller_one_resets_itself() -> None:
    situation = cluster({"vm:1": "node1", "vm:3": "node3"})
    split = parse_split("node1,node2|node3", situation.nodes)
    answer = ask(situation, Question(split=split))
    assert answer.resets == ("node3",)
    assert verdicts(answer) == {"vm:1": ("stays", "node1"), "vm:3": ("back", "node2")}


def test_a_network_in_three_parts_leaves_no_quorum_anywhere() -> None:
    situation = cluster({"vm:1": "node1", "vm:3": "node3"})
    split = parse_split("node1|node2|node3", situation.nodes)
    answer = ask(situation, Question(split=split))
    assert (answer.quorate, answer.resets) == (False, ("node1", "node3"))


def test_guests_outside_ha_are_named_for_they_do_not_come_back() -> None:
    guests = {"vm:9": {"node": "node1", "status": "running", "name": "plain"}}
    answer = lose(cluster({"vm:1": "node1"}, guests=guests), "node1")
    assert answer.outside_ha == ("vm:9",)


def test_maintenance_moves_virtual_machines_live_and_containers_with_a_stop() -> None:
    situation = cluster({"vm:1": "node1", "ct:2": "node1", "vm:3": "node2"})
    answer = ask(situation, Question(maintenance=("node1",)))
    rows = answer.resources
    assert {str(rows[sid].fate.verdict) for sid in ("vm:1", "ct:2")} == {"moves"}
    assert (str(rows["vm:1"].fate.how), str(rows["ct:2"].fate.how)) == ("live", "stopped")
    assert verdicts(answer)["vm:3"] == ("stays", "node2")


FATES = {
    ("conditional", "reboot"): ("back", "node1", "started"),
    ("conditional", "shutdown"): ("back", "node2", "recovered"),
    ("freeze", "reboot"): ("back", "node1", "started"),
    ("freeze", "shutdown"): ("cannot_start", "node1", "not"),
    ("failover", "reboot"): ("back", "node2", "recovered"),
    ("migrate", "reboot"): ("moves", "node2", "live"),
}


@pytest.mark.parametrize(("policy", "how"), FATES)
def test_a_node_that_goes_down_takes_its_guests_by_the_shutdown_policy(
    policy: str, how: str
) -> None:
    situation = cluster({"vm:1": "node1", "vm:2": "node3", "vm:3": "node3"})
    asked = {how: ["node1"], "change": [f"ha shutdown_policy={policy}"]}
    answer = ask(situation, question_of(asked, situation))
    fate = answer.resources["vm:1"].fate
    assert (str(fate.verdict), fate.node, str(fate.how)) == FATES[policy, how]
    assert not answer.endless
    assert ("reboot" in [one.kind for one in answer.assumptions]) == (how == "reboot")


def test_a_reboot_that_a_guest_holds_up_is_not_waited_for() -> None:
    bound = rule("bound", ["vm:1"], nodes={"node1": 0}, strict=1)
    situation = cluster({"vm:1": "node1", "vm:2": "node1"}, rules=[bound])
    asked = {"reboot": ["node1"], "change": ["ha shutdown_policy=migrate"]}
    answer = ask(situation, question_of(asked, situation))
    assert verdicts(answer)["vm:1"] == ("stays", "node1")
    assert not answer.endless


def test_with_nothing_chosen_a_quiet_cluster_stays_as_it_is() -> None:
    answer = ask(cluster({"vm:1": "node1", "vm:2": "node2"}), Question())
    assert {verdict for verdict, _ in verdicts(answer).values()} == {"stays"}


@pytest.mark.parametrize("state", ["stopped", "disabled"])
def test_what_a_change_has_stopped_stops_and_does_not_fail_to_start(state: str) -> None:
    situation = cluster({"vm:1": "node1"})
    told = ask(situation, question_of({"change": [f"vm:1 state={state}"]}, situation))
    assert verdicts(told) == {"vm:1": ("stops", "node1")}


def test_a_supposed_change_is_in_force_before_the_loss() -> None:
    situation = cluster({"vm:1": "node1"}, rules=[BOUND])
    removed = lose(situation, "node1", changes=(Change.parse("remove", "bound"),))
    widened = lose(situation, "node1", changes=(Change.parse("set", "bound nodes=node1,node3"),))
    assert verdicts(removed) == {"vm:1": ("back", "node2")}
    assert verdicts(widened) == {"vm:1": ("back", "node3")}


@pytest.mark.parametrize("words", ["bound nodes=node1", "vm:7 state=started"])
def test_a_change_of_what_is_not_there_cannot_be_asked_about(words: str) -> None:
    with pytest.raises(QuestionError):
        lose(cluster({"vm:1": "node1"}), "node1", changes=(Change.parse("set", words),))


def test_asking_changes_nothing(two: Situation, first_lost: Answer) -> None:
    assert lose(two, "node1").to_json() == first_lost.to_json()


def test_an_exact_capture_is_asked_as_any_other() -> None:
    scenario = scene({"vm:1": "node1", "vm:2": "node2"})
    frozen = json.loads(write_capture(freeze(run_scenario(scenario, lambda _: None, 100)), "x"))
    assert verdicts(lose(situation_of(frozen), "node2"))["vm:2"] == ("back", "node3")


def test_guests_that_rules_send_to_and_fro_are_named_and_it_is_said_that_it_never_ends() -> None:
    # the rule sends it to a node that cannot start it, which sends it on, and so again and again
    rules = [rule("home", ["ct:1"], nodes={"node2": 1})]
    situation = cluster({"ct:1": "node1", "vm:2": "node3"}, rules=rules)
    needs = Needs(bridges=("vmbr1",), home="node1")
    guests = {**situation.guests, "ct:1": replace(situation.guests["ct:1"], needs=needs)}
    offers = {
        n: Offers(bridges=frozenset({"vmbr1"} if n != "node2" else ())) for n in situation.nodes
    }
    answer = ask(replace(situation, guests=guests, offers=offers), Question())
    assert answer.endless
    assert answer.to_and_fro == ("ct:1",)


def test_guests_that_rules_keep_apart_at_nodes_they_share_come_to_rest() -> None:
    rules = [
        rule("apart", ["vm:1", "vm:2"], affinity="negative"),
        rule("both", ["vm:1", "vm:2"], nodes={"node1": 2, "node2": 1}),
    ]
    answer = ask(cluster({"vm:1": "node1", "vm:2": "node1"}, rules=rules), Question())
    assert not answer.endless
    assert answer.to_and_fro == ()


def test_balancing_is_followed_for_an_hour_and_comes_to_rest() -> None:
    crs = {"ha": "dynamic", "ha-auto-rebalance": 1}
    resources = {f"vm:{n}": "node1" for n in range(1, 7)}
    answer = ask(cluster(resources, datacenter={"crs": crs}), Question())
    assert not answer.endless
    assert {str(row.fate.verdict) for row in answer.resources.values()} == {"stays", "moves"}


@pytest.mark.parametrize("locale", LOCALES)
def test_no_step_of_a_course_is_told_with_an_empty_name(locale: str, first_lost: Answer) -> None:
    told = told_course(first_lost.to_json(), Sentences.of(locale))
    steps = {row["what"]: row["says"] for row in told["phases"]}
    assert steps["master"]
    assert all(says == says.strip(" :") for says in steps.values())
