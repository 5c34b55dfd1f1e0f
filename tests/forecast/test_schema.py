"""What `virton forecast --json` answers is what the published schema says."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.forecast.clusters import cluster, rule
from virton.forecast.ask import ask
from virton.forecast.question import Loss, Question, parse_split

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "forecast.schema.json").read_text())
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def wrong(value: Any, schema: dict[str, Any], path: str = "$") -> str | None:
    """Return where a value is not what a schema (of the kinds used here) allows."""
    if "const" in schema and value != schema["const"]:
        return f"{path}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{path}: {value!r} is none of {schema['enum']}"
    for ways in (schema[key] for key in ("anyOf", "oneOf") if key in schema):
        told = [wrong(value, way, path) for way in ways]
        if None not in told:
            return told[-1]
    kinds = schema.get("type", list(TYPES))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not any(isinstance(value, TYPES[kind]) for kind in kinds):
        return f"{path}: {value!r} is no {kinds}"
    parts: list[tuple[str, Any, Any]] = []
    if isinstance(value, dict):
        known, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
        if missing := sorted(set(schema.get("required", ())) - value.keys()):
            return f"{path}: lacks {missing[0]}"
        if rest is False and (more := sorted(value.keys() - known.keys())):
            return f"{path}: {more[0]} is not in the schema"
        parts = [(key, one, known.get(key, rest)) for key, one in value.items()]
    elif isinstance(value, list):
        first = schema.get("prefixItems", [])
        rest = schema.get("items", {})
        parts = [
            (str(at), one, first[at] if at < len(first) else rest) for at, one in enumerate(value)
        ]
    found = (wrong(one, part, f"{path}.{key}") for key, one, part in parts if part is not False)
    return next((told for told in found if told is not None), None)


@pytest.mark.parametrize(
    "question",
    [
        Question(),
        Question((Loss("node1"),)),
        Question((Loss("node2"), Loss("node3", at_s=30))),
        Question((Loss("node1", cut=True),), failing=("vm:1",)),
        Question(split=parse_split("node1|node2|node3", ("node1", "node2", "node3"))),
        Question(maintenance=("node2",)),
        Question((Loss("node1"),), as_version="9.9"),
    ],
)
def test_answers_are_what_the_schema_says(question: Question) -> None:
    rules = [rule("bound", ["vm:1"], nodes={"node1": 0}, strict=1)]
    situation = cluster({"vm:1": "node1", "vm:2": "node2", "vm:3": "node1"}, rules=rules)
    told = json.loads(json.dumps(ask(situation, question).to_json()))
    assert wrong(told, SCHEMA) is None


def test_what_is_not_in_the_schema_is_found() -> None:
    told = ask(cluster({"vm:1": "node1"}), Question((Loss("node1"),))).to_json()
    assert wrong(told | {"more": 1}, SCHEMA) is not None
    del told["quorate"]
    assert wrong(told, SCHEMA) == "$: lacks quorate"
