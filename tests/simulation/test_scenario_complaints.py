"""A scenario file that is wrong is told so, by the name of the field."""

import json
from pathlib import Path
from typing import Any

import pytest

from virton.ha.events import Record
from virton.simulation.commands import CommandError
from virton.simulation.scenario import ScenarioError, read_scenario, run_scenario, scenario_from

OFF = {"power": "off", "network": "off"}


def scenario(**parts: Any) -> dict[str, Any]:
    return {"nodes": {"node1": OFF}, "resources": {}, "commands": []} | parts


def rule(**fields: Any) -> dict[str, Any]:
    return scenario(rules=[{"id": "r", "resources": ["vm:1"], **fields}])


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ([], "the file: must be an object"),
        ({}, "nodes: is missing"),
        ({"nodes": {}, "resources": {}}, "commands: is missing"),
        (scenario(nodes=3), "nodes: must be an object"),
        (scenario(nodes={"node1": {"power": "on"}}), "nodes.node1.network: is missing"),
        (
            scenario(nodes={"node1": {"power": "warm", "network": "on"}}),
            "nodes.node1.power: must be one of on, off, not 'warm'",
        ),
        (
            scenario(nodes={"node1": {**OFF, "maxcpu": "many"}}),
            "nodes.node1.maxcpu: must be a number, not 'many'",
        ),
        (scenario(resources={"vm:1": {}}), "resources.vm:1.node: is missing"),
        (
            scenario(resources={"vm:1": {"node": "node1", "state": "up"}}),
            "resources.vm:1.state: must be one of started, stopped, disabled, ignored, not 'up'",
        ),
        (
            scenario(resources={"vm:1": {"node": "node1", "max_relocate": "x"}}),
            "resources.vm:1.max_relocate: must be a whole number, not 'x'",
        ),
        (
            scenario(resources={"vm:1": {"node": "node1", "failback": "perhaps"}}),
            "resources.vm:1.failback: must be true or false, not 'perhaps'",
        ),
        (rule(), "rules[1].type: is missing"),
        (
            rule(type="resource-affinity", affinity="none"),
            "rules[1].affinity: must be one of positive, negative, not 'none'",
        ),
        (rule(type="node-affinity"), "rules[1].nodes: is missing"),
        (rule(type="node-affinity", resources=[1]), "rules[1].resources: must be a list of texts"),
        (
            rule(type="node-affinity", nodes={"node1": "high"}),
            "rules[1].nodes.node1: must be a whole number, not 'high'",
        ),
        (
            scenario(datacenter={"crs": {"ha": "best"}}),
            "datacenter.crs.ha: must be one of basic, static, dynamic, not 'best'",
        ),
        (scenario(running={"node2": {}}), "running.node2: there is no such node"),
        (scenario(commands=["power node1 on"]), "commands[1]: must be a list of commands"),
        (scenario(static_stats={"vm:1": {"maxcpu": []}}), "static_stats.vm:1.maxcpu: must be"),
        (scenario(manager_status={"node_status": {"node1": "x"}}), "manager_status: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_complaint_names_the_field(data: Any, complaint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario_from(data, "test")
    assert str(caught.value).startswith(complaint)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_json_is_told_so_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text("{\n  nodes\n}")
    with pytest.raises(ScenarioError, match=r"broken\.json: is not JSON \(line 2"):
        read_scenario(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ScenarioError, match="is not a text in UTF-8"):
        read_scenario(file)
    with pytest.raises(ScenarioError, match="No such file or directory"):
        read_scenario(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("fly node1", "not a command: fly node1"),
        ("power node9 on", "there is no node node9: power node9 on"),
        ("delay soon", "'soon' is not a whole number"),
        ("skip-round crm often", "'often' is not a whole number"),
        ("service vm:1 stop now", "'now' is not a whole number"),
        ("service vm:9 stopped", "there is no resource vm:9"),
        ("service vm:1 dance", "not a command to a service: dance"),
        ("service vm:2 add node1 maybe", "'maybe' is none of started, stopped, disabled, ignored"),
        ("service vm:1 set-static-stats maxcpu few", "'few' is not a number"),
    ],
)
def test_a_command_that_cannot_be_carried_out_is_told_so(command: str, complaint: str) -> None:
    resources = {"vm:1": {"node": "node1"}}
    case = scenario_from(scenario(resources=resources, commands=[[command]]), "test")
    with pytest.raises(CommandError, match=complaint):
        run_scenario(case, lambda record: None)


def test_a_scenario_runs_until_a_second_and_nothing_happens_after_it() -> None:
    commands = [["power node1 on"], ["service vm:1 stopped"]]
    data = scenario(resources={"vm:1": {"node": "node1", "state": "started"}}, commands=commands)
    whole: list[Record] = []
    run_scenario(scenario_from(data, "test"), whole.append)
    for second in sorted({record.time_s for record in whole} | {0, 19, 50, 119, 130}):
        part: list[Record] = []
        run_scenario(scenario_from(json.loads(json.dumps(data)), "test"), part.append, second)
        assert part == [record for record in whole if record.time_s <= second]
