"""The API as recorded from the real handlers, and as its schema describes it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.api import run_case
from virton.embedded.endpoints.everything import REGISTRY
from virton.embedded.registry import Anyone, Endpoint
from virton.embedded.schema import Param

SHARED = Path(__file__).parents[3] / "shared" / "api"
SCHEMA = SHARED / "schema.json"

pytestmark = pytest.mark.skipif(not SCHEMA.exists(), reason="the recorded calls are not here")


@pytest.mark.parametrize("path", sorted((SHARED / "cases").glob("*.json")), ids=lambda p: p.stem)
def test_a_recorded_call_is_answered_as_recorded(path: Path) -> None:
    assert run_case(json.loads(path.read_text(encoding="utf-8"))) is None


def _described() -> list[Any]:
    if not SCHEMA.exists():
        return []
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return [
        pytest.param(path, method, described, id=f"{method} {path}")
        for path, methods in schema.items()
        for method, described in methods.items()
    ]


@pytest.mark.parametrize(("path", "method", "described"), _described())
def test_an_endpoint_takes_the_parameters_that_the_schema_describes(
    path: str, method: str, described: dict[str, Any]
) -> None:
    endpoint = next(e for e in REGISTRY if (e.path, e.method) == (path, method))
    known = {name: param for name, param in endpoint.parameters.items() if not param.newer}
    got = {name: _as_described(param) for name, param in known.items()}
    wanted = described["parameters"]["properties"]
    assert got == {name: _without_mandatory(param) for name, param in wanted.items()}


@pytest.mark.parametrize(("path", "method", "described"), _described())
def test_an_endpoint_asks_for_the_privilege_that_the_schema_describes(
    path: str, method: str, described: dict[str, Any]
) -> None:
    endpoint = next(e for e in REGISTRY if (e.path, e.method) == (path, method))
    assert _permission(endpoint) == described["permissions"]


def test_nothing_below_cluster_ha_is_beyond_the_schema() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    ours = {(e.path, e.method) for e in REGISTRY if e.path.startswith("/cluster/ha")}
    assert ours == {(path, method) for path, methods in schema.items() for method in methods}


def _as_described(param: Param) -> dict[str, Any]:
    described: dict[str, Any] = {"type": param.type}
    if param.optional:
        described["optional"] = 1
    if param.default is not None:
        default = param.default
        described["default"] = int(default) if isinstance(default, bool) else default
    if param.enum:
        described["enum"] = list(param.enum)
    if param.types:
        described |= {"instance-types": list(param.types), "type-property": "type"}
    plain = {"format": param.format, "minimum": param.minimum, "maxLength": param.max_length}
    return described | {name: value for name, value in plain.items() if value is not None}


def _without_mandatory(described: dict[str, Any]) -> dict[str, Any]:
    """Return the description without the remark that a parameter is not optional."""
    return {key: value for key, value in described.items() if (key, value) != ("optional", 0)}


def _permission(endpoint: Endpoint) -> dict[str, Any]:
    if isinstance(endpoint.permission, Anyone):
        return {"user": endpoint.permission.value}
    return {"check": ["perm", endpoint.permission.path, list(endpoint.permission.privileges)]}
