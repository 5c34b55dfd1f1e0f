"""Hashing passwords costs memory and time: few at once, and nobody takes all the room."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from virton.embedded.access import credentials
from virton.embedded.errors import Refusal
from virton.embedded.hashing import AT_ONCE, MOST_OF_ONE, MOST_WAITING, HashingDoor
from virton.embedded.pmxcfs import ClusterFiles

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Work:
    """Work that goes on until the test lets it end, and counts how much is done at once."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.full = threading.Event()
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
            if self.inside == AT_ONCE:
                self.full.set()
        self.go.wait(10)
        with self._lock:
            self.inside -= 1
        return "done"


def callers(door: HashingDoor, work: Callable[[], str], addresses: list[str]) -> asyncio.Future:
    return asyncio.gather(*(door.run(a, work) for a in addresses), return_exceptions=True)


async def test_two_are_let_in_at_once_and_the_others_wait() -> None:
    door, work = HashingDoor(), Work()
    there = callers(door, work, [f"192.0.2.{number}" for number in range(20)])
    await asyncio.to_thread(work.full.wait, 10)
    work.go.set()
    assert await there == ["done"] * 20
    assert work.most == AT_ONCE


async def test_of_one_network_few_may_wait_and_others_find_room() -> None:
    door, work = HashingDoor(), Work()
    flood = callers(door, work, [f"2001:db8::{number}" for number in range(400)])
    await asyncio.sleep(0)
    other = asyncio.ensure_future(door.run("192.0.2.1", work))
    await asyncio.sleep(0)
    work.go.set()
    assert await other == "done"
    answers = await flood
    assert answers.count("done") == MOST_OF_ONE
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert len(refused) == 400 - MOST_OF_ONE
    assert {(refusal.status, refusal.retry_after_s) for refusal in refused} == {(503, 5)}
    assert await callers(door, work, ["2001:db8::1"]) == ["done"]


async def test_in_all_there_is_an_end_of_waiting() -> None:
    door, work = HashingDoor(patience_s=0.0), Work()
    there = callers(door, work, [f"10.0.0.{number}" for number in range(250)])
    await asyncio.sleep(0)
    work.go.set()
    answers = await there
    assert answers.count("done") <= AT_ONCE + MOST_WAITING
    assert all(answer == "done" or isinstance(answer, Refusal) for answer in answers)


def test_a_hash_that_asks_for_more_memory_than_there_is_is_never_reckoned() -> None:
    greedy = "$argon2id$v=19$m=104857600,t=3,p=4$c29tZXNhbHQ$" + "A" * 43
    files = ClusterFiles({"priv/shadow.cfg": f"root@pam {greedy}\n"})
    assert not credentials.password_matches(files, "root@pam", "x")
