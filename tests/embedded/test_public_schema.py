"""Parameters and answers, held against the schema that Proxmox publishes of its API.

The schema comes with `fakepve`. What is known to differ, and why, stands in the tables here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fakepve import schema as public

from tests.embedded.living import Living
from virton.embedded.endpoints.everything import REGISTRY
from virton.embedded.registry import Endpoint

PATHS: Mapping[str, Any] = public.load().paths
# The schema writes the parameters of the two types of rules as alternatives.
OF_TWO_TYPES = {("POST", "/cluster/ha/rules"), ("PUT", "/cluster/ha/rules/{rule}")}
# The schema does not know the root, whose index a real server answers.
UNPUBLISHED = {("GET", "/")}
# What a real server answers otherwise than its schema says: text for a number, and the like.
ANSWERED_OTHERWISE = {
    "/cluster/options.crs",  # an object of its parts
    "/cluster/config/join.nodelist[].nodeid",  # a text, as corosync.conf has it
    "/cluster/config/join.nodelist[].quorum_votes",
    "/nodes/{node}/qemu/{vmid}/pending[].value",  # a number stays one
    "/nodes/{node}/lxc/{vmid}/pending[].value",
}
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (int,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def published(endpoint: Endpoint) -> Mapping[str, Any]:
    found: Mapping[str, Any] = PATHS[endpoint.path][endpoint.method]
    return found


@pytest.mark.parametrize("endpoint", list(REGISTRY), ids=lambda e: f"{e.method} {e.path}")
def test_an_endpoint_takes_what_the_schema_says(endpoint: Endpoint) -> None:
    if (endpoint.method, endpoint.path) in UNPUBLISHED | OF_TWO_TYPES:
        return
    known = published(endpoint).get("parameters", {}).get("properties", {})
    assert sorted(endpoint.parameters) == sorted(known)
    for name, param in endpoint.parameters.items():
        assert param.type == known[name].get("type", "string"), name
        assert param.optional == bool(known[name].get("optional")), name


def wrong(where: str, schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    """Yield what an answer has otherwise than the schema of it says."""
    kind = schema.get("type")
    if where in ANSWERED_OTHERWISE or kind in (None, "any"):
        return
    if not isinstance(value, TYPES[kind]) or (kind != "boolean" and isinstance(value, bool)):
        yield f"{where} is {value!r}, not of type {kind}"
    elif schema.get("enum") and value not in schema["enum"]:
        yield f"{where} is {value!r}, not one of {schema['enum']}"
    elif kind == "array":
        for entry in value:
            yield from wrong(f"{where}[]", schema.get("items", {}), entry)
    elif kind == "object":
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from wrong(f"{where}.{name}", inner, value[name])
            elif not inner.get("optional"):
                yield f"{where} lacks {name}"


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Living:
    """Return a cluster in which there is something of everything."""
    living = Living(tmp_path_factory.mktemp("cluster"), version="9.2.11")
    rule = {"type": "resource-affinity", "rule": "pair", "affinity": "negative"}
    living.send("POST", "/cluster/ha/rules", **rule, resources="vm:121,vm:122")
    home = {"type": "node-affinity", "rule": "home", "nodes": "phum03"}
    living.send("POST", "/cluster/ha/rules", **home, resources="vm:100")
    living.send("PUT", "/cluster/options", crs="ha=static", **{"registered-tags": "a;b"})
    living.send("POST", "/cluster/ha/resources/vm:121/migrate", node="phum02")
    living.send("POST", "/pools", poolid="web")
    living.send("PUT", "/pools/web", vms="101", storage="shared")
    living.send("POST", "/access/groups", groupid="night")
    living.send("POST", "/access/users", userid="ann@pve", groups="night", comment="night")
    living.send("POST", "/access/users/ann@pve/token/one")
    living.step(60)
    return living


THERE = {"{storage}": "shared", "{sid}": "vm:100", "{rule}": "home", "{poolid}": "web"}
THERE |= {"{groupid}": "night", "{userid}": "ann@pve", "{tokenid}": "one", "{roleid}": "PVEAdmin"}
MORE: Mapping[str, str] = {"timeframe": "hour", "feature": "snapshot"}


@pytest.fixture(scope="module")
def upid(living: Living) -> str:
    found: str = living.get("/nodes/phum01/tasks")[0]["upid"]
    return found


def asked(endpoint: Endpoint, upid: str) -> str | None:
    """Return the path and the query of a call that can be made, None if something is not there."""
    guest = {"lxc": ("phum01", "200"), "qemu": ("phum03", "100")}
    kind = "lxc" if "/lxc" in endpoint.path else "qemu"
    there = {**THERE, "{node}": guest[kind][0], "{vmid}": guest[kind][1], "{upid}": upid}
    if "{upid}" in endpoint.path:
        there["{node}"] = "phum01"
    path = endpoint.path
    for name, value in there.items():
        path = path.replace(name, value)
    named = {part.strip("{}") for part in endpoint.parts if part.startswith("{")}
    needed = {n for n, p in endpoint.parameters.items() if not p.optional} - named
    query = "&".join(f"{name}={MORE[name]}" for name in sorted(needed & MORE.keys()))
    return None if "{" in path or needed - MORE.keys() else f"{path}?{query}"


READ = [endpoint for endpoint in REGISTRY if endpoint.method == "GET"]
# A cluster whose groups are migrated refuses these, as one without a guest agent those of agents.
REFUSED = ("/cluster/ha/groups", "/agent/")


@pytest.mark.parametrize("endpoint", READ, ids=lambda e: e.path)
def test_an_answer_is_as_the_schema_says(living: Living, upid: str, endpoint: Endpoint) -> None:
    path = asked(endpoint, upid)
    if path is None or endpoint.path == "/" or any(part in endpoint.path for part in REFUSED):
        return
    answer = living.client.get(path)
    assert answer.status_code == 200, answer.text
    returns = published(endpoint).get("returns", {})
    assert list(wrong(endpoint.path, returns, answer.json()["data"])) == []
