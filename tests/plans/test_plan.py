"""`virton plan`: each change with its effect, in a safe order, and what is required of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.cli.test_scenario_verbs import virton
from tests.forecast.clusters import cluster, rule
from virton.forecast.fates import How, fates
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.forecast.trial import Trial
from virton.language.plans import told_plan
from virton.language.sentences import Sentences
from virton.plans.configured import configured
from virton.plans.desired import read_desired
from virton.plans.objectives import slowest_return
from virton.plans.plan import Plan, make_plan
from virton.plans.playing import with_edits


def planned(situation: Situation, text: str) -> Plan:
    return make_plan(situation, configured(situation, {}), read_desired(f"version: 1\n{text}"))


TWINS = {"vm:1": "node1", "vm:2": "node1", "vm:3": "node2"}
APART = "rules: {apart: {type: resource-affinity, affinity: negative, resources: [vm:1, vm:2]}}"


def test_a_change_tells_who_moves_how_and_when() -> None:
    plan = planned(cluster(TWINS), APART)
    move, other = plan.moves  # the second cannot know in that round that the first one leaves
    assert (other.sid, other.to_node) == ("vm:2", "node2")
    assert (move.how, move.from_node, move.to_node) == ("live", "node1", "node3")
    assert move.after_s is not None
    assert 0 < move.after_s[0] < move.after_s[1] < 60
    container = planned(cluster({"ct:1": "node1", "ct:2": "node1"}), APART.replace("vm:", "ct:"))
    assert [move.how for move in container.stops] == ["stopped", "stopped"]


def test_the_steps_together_lead_to_where_the_whole_leads() -> None:
    situation = cluster(TWINS, rules=[rule("near", ["vm:3"], nodes={"node2": 0})])
    text = (
        APART + "\nresources: {vm:3: {state: stopped}}\nsettings: {ha: {shutdown_policy: migrate}}"
    )
    plan = planned(situation, text)
    base, _ = at_rest(situation)
    at_once = with_edits(base, [step.edit for step in plan.steps])
    trial = Trial(at_once, at_once.online)
    trial.settle(thorough=True)
    assert trial.running == plan.after.running
    assert {fate.how for fate in fates(at_once, trial, ()).values()} >= {How.LIVE}
    assert plan.after.settings.shutdown_policy == "migrate"
    assert [move.how for move in plan.moves if move.sid == "vm:3"] == ["stops"]


def test_an_order_is_found_in_which_nothing_moves_to_and_fro() -> None:
    """A rule takes another's place: added first, both would be left out; removed first, it moves."""
    rules = [rule("old", ["vm:1"], nodes={"node1": 0}, strict=1)]
    text = (
        "rules:\n  old: absent\n"
        "  new: {type: node-affinity, resources: [vm:1], nodes: [node1], strict: true}"
    )
    plan = planned(cluster(TWINS, rules=rules), text)
    assert [step.edit.verb for step in plan.steps] == ["remove", "add"]
    assert plan.moves == ()
    assert all(not step.drops for step in plan.steps)


def test_a_conflict_is_named_with_repairs_that_end_it() -> None:
    rules = [rule("with", ["vm:1", "vm:2"], affinity="positive")]
    plan = planned(cluster(TWINS, rules=rules), APART)
    [conflict] = plan.conflicts  # one, though either rule is objected to
    assert conflict.left_out == ("apart", "with")
    assert len(conflict.repairs) == 2
    for repair in conflict.repairs:
        mended = with_edits(plan.after, repair.edits)
        assert [one.enabled for one in mended.rules.rules.values()].count(True) == 1
    [line] = told_plan(plan.to_json(), Sentences.of("en"))["trouble"]
    assert line.startswith("Rules apart, with would be left out, as they contradict one another: ")


def test_a_repair_names_the_losses_that_are_borne_less_well_with_it() -> None:
    """Without the loose rule, the one that binds vm:1 to its node is in force."""
    rules = [
        rule("loose", ["vm:1"], nodes={"node1": 0, "node2": 0}, strict=1),
        rule("bound", ["vm:1"], nodes={"node1": 0}, strict=1),
    ]
    plan = planned(
        cluster({"vm:1": "node1"}, rules=rules[:1]),
        "rules: {bound: {type: node-affinity, resources: [vm:1], nodes: [node1], strict: true}}",
    )
    prices = {
        edit.words: one.worse for c in plan.conflicts for one in c.repairs for edit in one.edits
    }
    assert prices["set loose disable=1"] == ("node1",)
    assert prices["set bound disable=1"] == ()


def test_a_resource_that_would_not_come_back_any_more_is_named_with_what_helps() -> None:
    text = "rules: {bound: {type: node-affinity, resources: [vm:3], nodes: [node2], strict: true}}"
    plan = planned(cluster(TWINS), text)
    assert (plan.before.tolerates, plan.then.tolerates) == (1, 0)
    assert plan.worse == ("node2",)
    assert {sid for sid, _ in plan.repairs} == {"vm:3"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    names = ["node1", "node2", "node3"]
    resources = {sid: {"node": node, "state": "started"} for sid, node in TWINS.items()}
    scenario: dict[str, Any] = {
        "nodes": {name: {"power": "on", "network": "on"} for name in names},
        "resources": resources,
        "commands": [],
    }
    path = tmp_path / "cluster.json"
    path.write_text(json.dumps(scenario))
    return path


def asked(file: Path, text: str, *more: object) -> Result:
    desired = file.with_name("desired.yaml")
    desired.write_text(f"version: 1\n{text}\n")
    return virton("plan", desired, file, *more)


def test_the_exit_code_tells_what_there_is_to_do(file: Path) -> None:
    assert asked(file, "").exit_code == 0
    changed = asked(file, APART, "--lang", "en")
    assert changed.exit_code == 2
    assert "vm:1 moves live from node1 to node3" in changed.stdout
    assert "node1에서 node3으로" in asked(file, APART, "--lang", "ko").stdout
    kept = asked(file, APART, "--require", "moves<=2", "--require", "tolerance>=1")
    assert kept.exit_code == 2
    assert asked(file, APART, "--require", "moves<=1").exit_code == 3


def test_a_resource_can_be_required_to_be_back_in_time(file: Path) -> None:
    answer = asked(file, "", "--require", "back(vm:1)<=240s after node", "--json")
    assert answer.exit_code == 0
    [told] = json.loads(answer.stdout)["requirements"]
    assert 100 < told["found"] <= 240
    assert asked(file, "", "--require", f"back(vm:1)<={told['found'] - 1}").exit_code == 3
    assert asked(file, "", "--require", "back(vm:9)<=240s").exit_code == 1


def test_what_no_loss_could_be_tried_of_is_not_back() -> None:
    """With one node there is no pair to lose; a guest that is ignored is not brought back."""
    one = cluster({"vm:1": "node1"}, nodes=1)
    assert slowest_return(one, "vm:1", "pair") is None
    ignored = cluster({**TWINS, "vm:1": {"node": "node1", "state": "ignored"}})
    assert slowest_return(ignored, "vm:1", "node") is None


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("resources: {vm:1: {stat: started}}", [], "desired.yaml:2: resources.vm:1.stat"),
        ("", ["--require", "peace>=1"], "--require: peace>=1"),
        ("", ["--nonsense"], "nonsense"),
        ("", ["--proxmox", "http://x"], "either a file or --proxmox URL"),
    ],
)
def test_an_error_exits_with_one_and_names_what_is_wrong(
    file: Path, text: str, more: list[str], words: str
) -> None:
    result = (
        asked(file, text, *more, "--lang", "en")
        if "--nonsense" not in more
        else asked(file, text, *more)
    )
    assert result.exit_code == 1
    assert words in result.stderr


def test_an_export_is_written_and_brought_up_to_date(file: Path) -> None:
    assert json.loads(virton("export", "--schema").stdout)["$id"] == "virton-desired-1"
    out = file.with_name("out.yaml")
    assert virton("export", file, "--out", out).exit_code == 0
    assert virton("plan", out, file).exit_code == 0
    out.write_text("# kept\n" + out.read_text().replace("state: started", "state: stopped", 1))
    assert virton("plan", out, file).exit_code == 2
    assert virton("export", file, "--out", out).exit_code == 0
    assert out.read_text().startswith("# kept\n")
    out.write_bytes(out.read_bytes().replace(b"\n", b"\r\n"))
    windows = out.read_bytes()
    assert virton("export", file, "--out", out).exit_code == 0
    assert out.read_bytes() == windows
    assert virton("plan", out, file).exit_code == 0
