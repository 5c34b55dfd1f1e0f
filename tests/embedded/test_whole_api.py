"""The API as a whole: what it tells of itself, and the form in which Proxmox's own page asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.asking import AppClient
from tests.embedded.living import Living
from virton.embedded.endpoints.everything import REGISTRY
from virton.embedded.registry import Anyone, split_path

NAMES = ("subdir", "name", "id", "type")
INDICES = {
    endpoint.path
    for endpoint in REGISTRY
    if endpoint.handler.__module__ == "virton.embedded.endpoints.indices"
}


def filled(path: str, upid: str) -> str:
    """Return a path of the registry with what is there in place of its parameters."""
    kind = "lxc" if "/lxc/" in path else "qemu"
    there = {
        "{node}": "phum01",
        "{vmid}": "200" if kind == "lxc" else "121",
        "{storage}": "shared",
        "{upid}": upid,
        "{userid}": "root@pam",
    }
    for name, value in there.items():
        path = path.replace(name, value)
    return path


def told(living: Living, path: str) -> list[str]:
    """Return the names that an index tells."""
    entries = living.get(path)
    return [next(entry[key] for key in NAMES if key in entry) for entry in entries]


@pytest.fixture
def living(tmp_path: Path) -> Living:
    living = Living(tmp_path)
    living.send("POST", "/nodes/phum01/qemu/101/status/stop")
    return living


@pytest.fixture
def upid(living: Living) -> str:
    found: str = living.get("/cluster/tasks")[0]["upid"]
    return found


def served() -> Iterator[tuple[str, ...]]:
    """Yield the parts of every path that is served, and of every path above it."""
    for endpoint in REGISTRY:
        parts = split_path(endpoint.path)
        for length in range(len(parts) + 1):
            yield parts[:length]


def test_indices_tell_exactly_what_is_served(living: Living, upid: str) -> None:
    paths = set(served())
    for index in sorted(INDICES):
        parts = split_path(index)
        below = {p[-1] for p in paths if len(p) == len(parts) + 1 and p[:-1] == parts}
        assert sorted(told(living, filled(index, upid))) == sorted(below), index


def test_whatever_is_above_something_served_can_be_asked_itself(living: Living) -> None:
    lists = {endpoint.path for endpoint in REGISTRY if endpoint.method == "GET"}
    paths = set(served())
    for parts in sorted(paths):
        path = "/" + "/".join(parts)
        if not parts or not parts[-1].startswith("{"):
            deeper = [p for p in paths if len(p) > len(parts) and p[: len(parts)] == parts]
            assert not deeper or path in lists, path


def test_everything_that_is_told_answers(living: Living, upid: str) -> None:
    for endpoint in REGISTRY:
        needed = {n for n, p in endpoint.parameters.items() if not p.optional}
        given = {part.strip("{}") for part in endpoint.parts if part.startswith("{")}
        path = filled(endpoint.path, upid)
        if endpoint.method == "GET" and needed <= given and "{" not in path:
            answer = living.client.get(path)
            if "/agent/" in path or path == "/cluster/ha/groups":
                assert answer.status_code == 500, path  # as a real one refuses them
                continue
            assert answer.status_code == 200, (path, answer.text)
            assert answer.json()["data"] is not None or path == "/access/ticket", path


def ext(living: Living) -> AppClient:
    """Return root's client of the form in which Proxmox's own page asks."""
    client = AppClient(living.running.app, base_url="https://phum/api2/extjs")
    client.cookies = living.client.cookies
    client.headers = living.client.headers
    return client


def test_the_page_of_proxmox_is_told_of_success_in_the_body(living: Living) -> None:
    answer = ext(living).get("/nodes/phum01/tasks", params={"limit": 1, "source": "all"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["success"], body["total"], len(body["data"])) == (1, 1, 1)


def test_the_page_of_proxmox_is_told_of_failure_in_the_body(living: Living) -> None:
    answer = ext(living).post("/cluster/ha/resources", data={"sid": "vm:555", "max_restart": "-1"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["success"], body["status"]) == (0, 400)
    assert list(body["errors"]) == ["max_restart"]
    missing = ext(living).get("/nothing/here").json()
    assert (missing["success"], missing["status"], missing["data"]) == (0, 501, None)


def test_without_a_login_the_page_of_proxmox_is_told_so_by_the_status(living: Living) -> None:
    client = AppClient(living.running.app, base_url="https://phum/api2/extjs")
    assert client.get("/cluster/status").status_code == 401
    assert client.get("/access/domains").json()["success"] == 1


def test_nothing_is_served_to_the_world_but_the_way_in() -> None:
    world = {(e.method, e.path) for e in REGISTRY if e.permission is Anyone.WORLD}
    assert world == {
        ("GET", "/access/domains"),
        ("GET", "/access/ticket"),
        ("POST", "/access/ticket"),
    }
