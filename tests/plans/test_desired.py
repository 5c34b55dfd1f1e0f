"""The file that says what should be: written, read, kept with its comments, and complained of."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.forecast.clusters import cluster, rule
from tests.forecast.test_schema import wrong
from virton.forecast.situation import Situation
from virton.plans.configured import configured
from virton.plans.desired import SETTINGS, DesiredError, read_desired
from virton.plans.edits import edits
from virton.plans.entries import Configured, Kind
from virton.plans.export import export
from virton.plans.yaml_file import read_tree

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "desired.schema.json").read_text())


def small() -> Situation:
    rules = [
        rule("near", ["vm:1"], nodes={"node1": 2, "node2": 0}, strict=1),
        rule("apart", ["vm:1", "vm:2"], affinity="negative"),
    ]
    stopped = {"node": "node3", "state": "stopped", "max_restart": 4, "failback": 0}
    return cluster({"vm:1": "node1", "vm:2": "node2", "ct:3": stopped}, rules=rules)


def now(**document: Any) -> Configured:
    return configured(small(), document, {"rack A": ["node1", "node2"]})


def found(text: str, **document: Any) -> list[tuple[str, ...]]:
    made = edits(now(**document), read_desired(f"version: 1\n{text}"))
    return [(edit.verb, edit.name, *edit.told_properties) for edit in made]


def test_what_is_exported_is_what_the_schema_says_and_changes_nothing() -> None:
    resources = {"vm:1": {"comment": "데이터베이스: #1"}}
    text = export(now(resources=resources))
    assert wrong(read_tree(text), SCHEMA) is None
    assert edits(now(resources=resources), read_desired(text)) == ()
    assert "rack A: [node1, node2]" in text
    assert "nodes: [node1:2, node2]" in text
    assert "데이터베이스: #1" in text


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("resources: {vm:1: absent, vm:2: , ct:3: {state: stopped}}\nrules: {apart: absent}", True),
        ("fault_domains: {rack A: absent, rack B: [node1]}\nprune: [rules]\ngroups:", True),
        ("objectives: {a: {back: web, within_s: 9}, b: {share: [web], most: 1/2}}", True),
        ("resources: {vm:1: gone}", False),
        ("rules: {apart: {affinity: positive}}", False),
        ("prune: guests", False),
        ("objectives: {a: {back: web}}", False),
        ("objectives: {a: {tolerates: false}}", False),
    ],
)
def test_an_editor_that_knows_the_schema_tells_right_from_wrong(text: str, is_right: bool) -> None:
    told = wrong(read_tree(f"version: 1\n{text}\n"), SCHEMA)
    assert (told is None) is is_right, told


def test_the_schema_and_the_reader_know_the_same_keys() -> None:
    parts = SCHEMA["properties"]
    told = {name: set(part["properties"]) for name, part in parts["settings"]["properties"].items()}
    assert told == {name: set(keys) for name, keys in SETTINGS.items()}
    for part in (Kind.RESOURCE, Kind.RULE):
        entry = parts[part]["additionalProperties"]["anyOf"][1]["properties"]
        name = "vm:1" if part is Kind.RESOURCE else "near\n  type: node-affinity"
        name = name.replace("\n  ", ":\n    ") if part is Kind.RULE else f"{name}:"
        with pytest.raises(DesiredError) as complaint:
            read_desired(f"version: 1\n{part}:\n  {name}\n    zzz: 1\n")
        assert set(complaint.value.fields["known"]) == set(entry) - {"type"}


ODD = """\
# ours
version: 1   # stays
rules:
  apart:   # for a reason
    resources: ["vm:2",   vm:1]
    type: resource-affinity
    affinity: positive  # wrong
  # before near
  near: {type: node-affinity, resources: [vm:1, # one
      vm:9, # nine
    ], nodes: {node1: 3, node3: 1}, strict: yes}
resources:
    ct:3: {max_restart: 4, state: 'stopped'}
    vm:9:
        state: started
    # before eight
    vm:8: absent   # never again
    vm:1:   # as usual
    # end of resources

# guests that belong together
groups: {web: [vm:1]}
fault_domains:
  rack A:
  - node3   # third
  # second
  7: absent  # the seventh
# end"""
BACK = """\
# ours
version: 1   # stays
rules:
  apart:   # for a reason
    resources: ["vm:2",   vm:1]
    type: resource-affinity
    affinity: negative  # wrong
  # before near
  near: {type: node-affinity, resources: [vm:1, # one
       # nine
    ], nodes: {node1: 2, node2: 0}, strict: true}
resources:
    ct:3: {max_restart: 4, state: 'stopped', failback: false}
    # before eight
    vm:8: absent   # never again
    vm:1:   # as usual
    vm:2:
      state: started
    # end of resources

# guests that belong together
groups: {web: [vm:1]}
fault_domains:
  rack A:
  - node1
  - node2
  # second
  7: absent  # the seventh
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_of_a_file_only_what_differs_is_changed(ends: str) -> None:
    back = export(now(), ODD.replace("yes", "true").replace("\n", ends))
    body, settings = back.split(f"{ends}settings:")
    assert body + ends == BACK.replace("\n", ends)
    assert settings.endswith(f"shutdown_policy: conditional{ends}# end")
    assert edits(now(), read_desired(back)) == ()
    assert export(now(), back) == back


def test_of_a_capture_the_file_keeps_its_fault_domains() -> None:
    text = "version: 1\nfault_domains: {rack B: [node3]}\n"
    captured = configured(small(), {})
    assert "fault_domains: {rack B: [node3]}" in export(captured, text)
    assert edits(captured, read_desired(text)) == ()


def test_what_aliases_stand_for_is_written_out_where_it_differs() -> None:
    text = (
        "version: 1\nresources:\n  vm:1: &usual   # first\n    state: started\n  vm:2: *usual\n"
        "  ct:3:\n    <<: *usual\n    failback: false  # here\n"
    )
    back = export(now(), text)
    assert edits(now(), read_desired(back)) == ()
    assert "failback: false  # here" in back
    assert "# first" in back
    assert export(now(), back) == back


def test_what_the_file_does_not_name_is_left_alone_unless_it_is_pruned() -> None:
    assert found("resources: {vm:1: {max_restart: 3}}") == [("set", "vm:1", "max_restart")]
    assert found("rules: {apart: absent}") == [("remove", "apart", *_of("apart"))]
    text = "resources: {vm:1: {}, vm:2: }\nprune: resources"
    assert [edit[:2] for edit in found(text)] == [("remove", "ct:3")]
    pruned = found("prune: true")
    assert [edit[1] for edit in pruned] == ["ct:3", "vm:1", "vm:2", "apart", "near", "rack A"]


def _of(name: str) -> tuple[str, ...]:
    return tuple(sorted(now().of(Kind.RULE)[name].keys() - {"comment"}))


def test_where_the_stack_has_put_a_resource_is_never_a_difference() -> None:
    text = export(now())
    moved = small()
    elsewhere = replace(moved.resources["vm:1"], node="node2")
    moved = replace(moved, resources={**moved.resources, "vm:1": elsewhere})
    assert edits(configured(moved, {}), read_desired(text)) == edits(
        configured(small(), {}), read_desired(text)
    )


@pytest.mark.parametrize(
    ("text", "field", "problem", "line"),
    [
        ("a: [", "file", "not_yaml", 1),
        ("version: 1\nversion: 1", "file", "not_yaml", 2),
        ("version: 1\nresources:\n  vm:1: !!int x\ngroups: {}", "file", "not_yaml", 3),
        ("version: true", "version", "value", 1),
        ("[]", "file", "map", 0),
        ("resources: {}", "version", "missing", 0),
        ("version: 2", "version", "value", 1),
        ("version: 1\nresorces: {}", "resorces", "unknown", 2),
        ("version: 1\nprune: guests", "prune", "value", 2),
        ("version: 1\nresources:\n  vm:1:\n    state: running", "resources.vm:1.state", "value", 4),
        ("version: 1\nresources:\n  vm:1: {failback: 2}", "resources.vm:1.failback", "switch", 3),
        ("version: 1\nresources:\n  vm:1: {max_restart: x}", "resources.vm:1.max_restart", "count", 3),
        ("version: 1\nresources:\n  disk:1: {}", "resources.disk:1", "sid", 3),
        ("version: 1\nrules:\n  1a: {type: node-affinity}", "rules.1a", "rule_name", 3),
        ("version: 1\nrules:\n  ab: {}", "rules.ab.type", "missing", 3),
        (
            "version: 1\nrules:\n  ab: {type: node-affinity, nodes: node1}",
            "rules.ab.nodes",
            "list",
            3,
        ),
        ("version: 1\nsettings: {crs: {ha: fast}}", "settings.crs.ha", "value", 2),
        ("version: 1\nsettings: {crs: {ha-auto-rebalance-margin: x}}", "settings.crs.ha-auto-rebalance-margin", "number", 2),
        ("version: 1\nsettings: {crs: {ha-auto-rebalance-threshold: .nan}}", "settings.crs.ha-auto-rebalance-threshold", "number", 2),
        ("version: 1\nsettings: {crs: {ha-auto-rebalance-margin: .inf}}", "settings.crs.ha-auto-rebalance-margin", "number", 2),
        ("version: 1\nsettings: {crs: {ha-auto-rebalance-margin: 30}}", "settings.crs.ha-auto-rebalance-margin", "number", 2),
        ("version: 1\nsettings: {crs: {ha-auto-rebalance-hold-duration: 1.5}}", "settings.crs.ha-auto-rebalance-hold-duration", "count", 2),
        ("version: 1\nresources:\n  vm:1: {comment: [a]}", "resources.vm:1.comment", "text", 3),
        ("version: 1\nfault_domains: {rack: []}", "fault_domains.rack", "list", 2),
        ("version: 1\nfault_domains:\n  7.5: [node1]", "fault_domains.7.5", "text", 3),
        ('version: 1\nfault_domains:\n  "": [node1]', "fault_domains.", "domain_name", 3),
        ("version: 1\nfault_domains:\n  rack:\n  - node1\n  - node9", "fault_domains.rack", "no_node", 5),
        ("version: 1\nresources: {vm:8: {}}", "resources.vm:8", "no_guest", 2),
        ("version: 1\nfault_domains: {rack: [node9]}", "fault_domains.rack", "no_node", 2),
        ("version: 1\nrules: {ab: {type: node-affinity}}", "rules.ab.resources", "needed", 2),
        ("version: 1\nrules: {near: {type: resource-affinity}}", "rules.near.type", "type_stays", 2),
        ("version: 1\nresources: {vm:1: {auto-rebalance: false}}", "resources.vm:1.auto-rebalance", "newer", 2),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_field_and_line(
    text: str, field: str, problem: str, line: int
) -> None:
    with pytest.raises(DesiredError) as complaint:
        edits(now(), read_desired(text))
    told = complaint.value
    assert (told.field, told.problem, told.line) == (field, problem, line)
