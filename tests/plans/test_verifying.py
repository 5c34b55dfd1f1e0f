"""`virton verify`: objectives hold or are broken by the smallest fault, which opens in the page."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_scenario_verbs import virton
from tests.forecast.clusters import cluster, rule
from virton.forecast.ask import ask
from virton.forecast.question import question_of
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.ha.model import Disarm, ServiceTable
from virton.ha.states import DisarmMode, DisarmState, ServiceState
from virton.language.sentences import Sentences
from virton.plans.desired import DesiredError, read_desired
from virton.plans.junit import junit
from virton.plans.objectives import objectives
from virton.plans.verifying import Counterexample, verify

WEB = {"vm:1": "node1", "vm:2": "node2", "vm:3": "node3"}
RACKS = "fault_domains: {rack A: [node1, node2], rack B: [node3]}\n"


def broken(situation: Situation, text: str) -> Counterexample | None:
    desired = read_desired(
        f"version: 1\n{RACKS}groups: {{web: [vm:1, vm:2]}}\nobjectives: {{it: {text}}}"
    )
    wanted = objectives(desired, situation)
    [found] = verify(situation, wanted, desired.domains)
    assert found.tried > 0
    return found.broken


def seen(found: Counterexample | None) -> tuple[str, str, str] | None:
    return found and (found.case.kind, found.case.name, found.how)


def test_guests_that_come_together_after_a_loss_are_found_and_a_rule_ends_that() -> None:
    apart = rule("apart", ["vm:1", "vm:2"], affinity="negative")
    found = broken(cluster(WEB), "{apart: [vm:1, vm:2], after: node}")
    assert seen(found) == ("node", "node1", "together")
    assert found is not None
    assert found.address == "/whatif?lose=node1"
    assert broken(cluster(WEB, rules=[apart]), "{apart: [vm:1, vm:2], after: node}") is None


@pytest.mark.parametrize("after", ["[]", "[[node]]", "rain"])
def test_an_objective_of_which_nothing_could_be_tried_is_refused(after: str) -> None:
    with pytest.raises(DesiredError, match="after"):
        broken(cluster(WEB), f"{{back: vm:1, within_s: 240, after: {after}}}")


def test_what_is_broken_already_needs_no_fault() -> None:
    found = broken(cluster({"vm:1": "node1", "vm:2": "node1"}), "{apart: [web]}")
    assert seen(found) == ("rest", "", "together")


def test_a_resource_is_back_in_time_or_the_loss_is_named_that_makes_it_late() -> None:
    situation = cluster(WEB)
    assert broken(situation, "{back: vm:1, within_s: 240, after: node}") is None
    late = broken(situation, "{back: [web], within_s: 100, after: node}")
    assert late is not None
    course = ask(situation, question_of({"lose": ["node1"]}, situation)).resources["vm:1"]
    assert course.after_s is not None
    assert (seen(late), late.fields["found"]) == (("node", "node1", "late"), course.after_s[1])
    pair = broken(situation, "{back: vm:1, within_s: 240, after: [node, pair]}")
    assert seen(pair) == ("pair", "node1 + node2", "never")
    bound = rule("bound", ["vm:1"], nodes={"node1": 0}, strict=1)
    never = broken(cluster(WEB, rules=[bound]), "{back: vm:1, within_s: 240}")
    assert never is not None
    assert never.fields == {"sid": "vm:1", "verdict": "not_placed"}


def with_first(state: str) -> Situation:
    """Return the cluster with the first guest as HA does not look after it."""
    if state in ("stopped", "disabled", "ignored"):
        return cluster({**WEB, "vm:1": {"node": "node1", "state": state}})
    situation = replace(at_rest(cluster(WEB))[0], kept=None)
    manager = situation.manager
    if state == "disarmed":
        disarm = Disarm(DisarmMode.FREEZE, DisarmState.DISARMED)
        return replace(situation, manager=replace(manager, disarm=disarm))
    one = replace(manager.service_status["vm:1"], state=ServiceState.ERROR)
    services = ServiceTable({**manager.service_status, "vm:1": one})
    return replace(situation, manager=replace(manager, service_status=services))


@pytest.mark.parametrize("state", ["stopped", "disabled", "ignored", "error", "disarmed"])
def test_of_a_guest_that_ha_does_not_look_after_nothing_is_kept(state: str) -> None:
    situation = with_first(state)
    for text in (
        "{back: web, within_s: 240}",
        "{back: vm:1, within_s: 240, after: domain}",
        "{apart: [web], after: []}",
        "{share: [web], most: 1, after: split}",
        *(["{tolerates: true, after: node}"] if state not in ("stopped", "disabled") else ()),
    ):
        found = broken(situation, text)
        assert seen(found) == ("rest", "", "unprotected")
        assert found is not None
        assert found.fields == {"sid": "vm:1", "state": state}


def test_a_share_of_nodes_does_not_count_domains_that_are_called_like_them() -> None:
    text = "objectives: {it: {share: [vm:1, vm:2], of: node, most: 1/2, after: node}}"
    desired = read_desired(f"version: 1\nfault_domains: {{node room: [node1, node2]}}\n{text}")
    apart = rule("apart", ["vm:1", "vm:2"], affinity="negative")
    situation = cluster(WEB, rules=[apart])
    [found] = verify(situation, objectives(desired, situation), desired.domains)
    assert found.broken is None


def test_no_rack_takes_more_than_its_share() -> None:
    four = {"vm:1": "node1", "vm:2": "node2", "vm:3": "node3", "vm:4": "node3"}
    text = "{share: [vm:1, vm:2, vm:3, vm:4], of: rack, most: 1/2, after: node}"
    found = broken(cluster(four), text)
    assert found is not None
    assert (found.case.kind, found.fields["where"], found.fields["of"]) == ("node", "rack A", 4)
    assert broken(cluster(four), text.replace("1/2", "1")) is None


def test_a_name_that_xml_cannot_hold_makes_no_broken_report() -> None:
    desired = read_desired(
        'version: 1\nobjectives: {"bell \\a & <": {tolerates: true, after: node}}'
    )
    found = verify(cluster(WEB), objectives(desired, cluster(WEB)))
    suites = ET.fromstring(junit(found, "c", Sentences.of("ko")))  # noqa: S314
    assert [case.get("name") for case in suites.iter("testcase")] == [
        "bell \N{REPLACEMENT CHARACTER} & <"
    ]


def test_a_split_can_be_the_smallest_counterexample() -> None:
    found = broken(cluster(WEB), "{tolerates: true, after: [split, node]}")
    assert seen(found) == ("split", "node1 | node2 | node3", "never")
    assert found is not None
    assert found.address == "/whatif?split=node1|node2|node3"


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        ("{}", "objectives.it", "one_objective"),
        ("{apart: [vm:1, vm:2], back: vm:1}", "objectives.it", "one_objective"),
        ("{apart: [vm:1]}", "objectives.it.apart", "two_guests"),
        ("{back: vm:1}", "objectives.it.within_s", "count"),
        ("{back: vm:9, within_s: 1}", "objectives.it.back", "no_guest"),
        ("{share: [web], most: 3/2}", "objectives.it.most", "fraction"),
        ("{share: [web], of: row, most: 1/2}", "objectives.it.of", "value"),
        ("{share: [web], most: 1e999999999}", "objectives.it.most", "fraction"),
        ("{tolerates: true, after: flood}", "objectives.it.after", "value"),
        ("{tolerates: false}", "objectives.it.tolerates", "value"),
        ("{apart: [[vm:1], vm:2]}", "objectives.it.apart", "list"),
        ("{tolerates: true, within: 1}", "objectives.it.within", "unknown"),
    ],
)
def test_what_is_wrong_with_an_objective_is_named(text: str, field: str, problem: str) -> None:
    with pytest.raises(DesiredError) as complaint:
        broken(cluster(WEB), text)
    assert (complaint.value.field, complaint.value.problem) == (field, problem)


def test_the_verb_names_counterexamples_and_writes_junit(tmp_path: Path) -> None:
    file, desired, written = (tmp_path / name for name in ("c.json", "d.yaml", "j.xml"))
    names = {name: {"power": "on", "network": "on"} for name in ("node1", "node2", "node3")}
    resources: dict[str, Any] = {s: {"node": n, "state": "started"} for s, n in WEB.items()}
    file.write_text(json.dumps({"nodes": names, "resources": resources, "commands": []}))
    apart = "rules: {ab: {type: resource-affinity, affinity: negative, resources: [vm:1, vm:2]}}\n"
    text = "objectives:\n  web: {apart: [vm:1, vm:2], after: node}\n  all: {tolerates: true, after: node}\n"
    desired.write_text(f"version: 1\n{apart}{text}")
    told = virton(
        "verify", desired, file, "--junit", written, "--lang", "en", "--console", "http://c/"
    )
    assert told.exit_code == 3
    assert "web: broken when node1 is lost: vm:1, vm:2 run together on node2" in told.stdout
    assert "http://c/whatif?lose=node1" in told.stdout
    assert "http://c/whatif?lose=node1" in written.read_text()
    suite = ET.fromstring(written.read_text()).find("testsuite")  # noqa: S314
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert virton("verify", desired, file, "--planned").exit_code == 0
    desired.write_text(f"version: 1\n{apart.replace('vm:2]', 'vm:22]')}{text}")
    wrong = virton("verify", desired, file, "--lang", "en")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "d.yaml:2: rules.ab.resources: the cluster has no guest vm:22; is vm:2" in wrong.stderr
    desired.write_text("version: 1\nobjectives: {all: {tolerates: true}}\n")
    none = virton("verify", desired, file, "--after", "domain", "--lang", "en")
    assert (none.exit_code, none.stdout) == (1, "")
    assert "--after: domain: no fault domain" in none.stderr
    desired.write_text(f"version: 1\n{text.replace('after: node', 'after: domain')}")
    assert "d.yaml:3: objectives.web.after" in virton("verify", desired, file).stderr
    desired.write_text(f"version: 1\n{apart}{text}")
    advised = virton("verify", desired, file, "--advise", "--lang", "en")
    assert "Helps: add rule apart: affinity negative, resources vm:1,vm:2" in advised.stdout
    assert "web: 지켜지지 않습니다" in virton("verify", desired, file, "--lang", "ko").stdout
