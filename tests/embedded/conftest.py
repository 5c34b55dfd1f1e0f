from collections.abc import Callable

import pytest

from tests.embedded.asking import AppClient
from tests.embedded.still_world import PASSWORD, StillWorld, make_cluster
from tests.quick_hashes import quick_hashes
from virton.embedded.access.access import Access
from virton.embedded.app import create_app
from virton.embedded.cluster import EmbeddedCluster

__all__ = ["quick_hashes"]

Login = Callable[[str], AppClient]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def cluster() -> EmbeddedCluster:
    return make_cluster()


@pytest.fixture
def world(cluster: EmbeddedCluster) -> StillWorld:
    assert isinstance(cluster.world, StillWorld)
    return cluster.world


@pytest.fixture
def clock(cluster: EmbeddedCluster) -> Clock:
    clock = Clock()
    cluster.access = Access(cluster.files, clock, clock)
    return clock


@pytest.fixture
def outside(cluster: EmbeddedCluster) -> AppClient:
    """Return a client that is not logged in."""
    return AppClient(create_app(cluster), base_url="https://small/api2/json")


@pytest.fixture
def login(cluster: EmbeddedCluster) -> Login:
    """Return a function that returns a client logged in as somebody."""

    def log_in(userid: str) -> AppClient:
        client = AppClient(create_app(cluster), base_url="https://small/api2/json")
        answer = client.post("/access/ticket", data={"username": userid, "password": PASSWORD})
        ticket = answer.json()["data"]
        client.cookies.set("PVEAuthCookie", ticket["ticket"])
        client.headers["CSRFPreventionToken"] = ticket["CSRFPreventionToken"]
        return client

    return log_in


@pytest.fixture
def root(login: Login) -> AppClient:
    return login("root@pam")
