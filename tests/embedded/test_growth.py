"""No handler's work grows faster than the cluster: what it calls is counted, not timed."""

import math
import sys
from types import FrameType
from typing import Any

import pytest

from tests.embedded.large import large_cluster
from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.dispatch import Request, dispatch
from virton.embedded.endpoints.everything import REGISTRY

SIZES = (160, 640)
STEEPEST = 1.1
THERE = {"{node}": "node05", "{vmid}": "100", "{storage}": "shared", "{sid}": "vm:100"}


@pytest.fixture(scope="module")
def clusters() -> tuple[EmbeddedCluster, ...]:
    return tuple(large_cluster(size, nodes=8) for size in SIZES)


def paths() -> list[str]:
    """Return every path that can be read without more being said."""
    found = []
    for endpoint in REGISTRY:
        path = endpoint.path
        for name, value in THERE.items():
            path = path.replace(name, value)
        named = {part.strip("{}") for part in endpoint.parts if part.startswith("{")}
        needed = {name for name, param in endpoint.parameters.items() if not param.optional}
        if endpoint.method == "GET" and "{" not in path and "lxc" not in path and needed <= named:
            found.append(path)
    return found


def calls(cluster: EmbeddedCluster, path: str) -> int:
    """Return how many calls an answer takes, once it has been given before."""
    request = Request("GET", path)
    dispatch(REGISTRY, cluster, Caller("root@pam"), request)
    counted = 0

    def count(_frame: FrameType, event: str, _arg: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        dispatch(REGISTRY, cluster, Caller("root@pam"), request)
    finally:
        sys.setprofile(before)
    return counted


@pytest.mark.parametrize("path", paths())
def test_an_answer_takes_no_more_than_its_cluster_is_larger(
    clusters: tuple[EmbeddedCluster, ...], path: str
) -> None:
    few, many = (calls(cluster, path) for cluster in clusters)
    assert math.log(many / few) / math.log(SIZES[1] / SIZES[0]) <= STEEPEST
