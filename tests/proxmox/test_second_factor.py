"""A login of two steps, as the client makes it."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
import pytest

from tests.proxmox.playback import NOW, ROOT, Playback, Refusal
from virton.proxmox import ApiFailure, ClusterApi, ProxmoxClient
from virton.proxmox.second_factor import (
    SecondFactorNeeded,
    SecondFactorRefused,
    parse_challenge,
)

pytestmark = pytest.mark.anyio

BOTH = 'PVE:!tfa!{"totp"%3Atrue,"recovery"%3A[0,4]}:6920C000::c2ln'


@pytest.fixture
def cluster() -> Playback:
    return Playback()


@pytest.fixture
async def client(cluster: Playback) -> AsyncIterator[ProxmoxClient]:
    """A client of two nodes of the cluster."""
    transport = httpx2.ASGITransport(app=cluster)
    client = ProxmoxClient(["http://a", "http://b"], transport=transport)
    yield client
    await client.aclose()


class Doorkeeper:
    """Asks for a second factor after every right password, and takes one answer."""

    def __init__(self, cluster: Playback, challenge: str, takes: str = "") -> None:
        self._cluster = cluster
        self._challenge = challenge
        self._takes = takes
        cluster.fault = self.answer

    @property
    def asked(self) -> list[Mapping[str, str]]:
        """Return what has been posted."""
        return [asked.params for asked in self._cluster.asked]

    async def answer(self, _path: str) -> Any:
        params = self.asked[-1]
        if "tfa-challenge" not in params:
            half = {"username": ROOT, "ticket": self._challenge, "CSRFPreventionToken": "c"}
            return half | {"NeedTFA": 1}
        if params["password"] != self._takes:
            return Refusal(401, "authentication failure")
        return {"username": ROOT, "ticket": f"PVE:{ROOT}:6920C000::eA", "CSRFPreventionToken": "d"}


async def log_in(client: ProxmoxClient, otp: str | None = None) -> str:
    return (await ClusterApi(client).log_in(ROOT, "root-password", NOW, otp)).ticket


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("123456", "totp:123456"),
        (" 123 456 ", "totp:123456"),
        ("8a1b-0000-ffff-9876", "recovery:8a1b-0000-ffff-9876"),
        ("8A1B-0000-FFFF-9876", "recovery:8a1b-0000-ffff-9876"),
    ],
)
async def test_a_code_is_sent_as_what_it_is(
    typed: str, sent: str, cluster: Playback, client: ProxmoxClient
) -> None:
    door = Doorkeeper(cluster, BOTH, takes=sent)
    assert await log_in(client, typed) == f"PVE:{ROOT}:6920C000::eA"
    first, second = door.asked
    assert first == {"username": ROOT, "password": "root-password", "new-format": "1"}
    assert second["tfa-challenge"] == BOTH
    assert second["username"] == ROOT


async def test_a_key_that_types_is_sent_as_such(cluster: Playback, client: ProxmoxClient) -> None:
    pressed = "cccccbcgkhlvnvhbgdtrvgktrehhinlbcdbblgrjgblc"
    Doorkeeper(cluster, 'PVE:!tfa!{"yubico"%3Atrue}:6920C000::eA', takes=f"yubico:{pressed}")
    assert await log_in(client, pressed)


async def test_without_a_code_the_kinds_that_would_do_are_told(
    cluster: Playback, client: ProxmoxClient
) -> None:
    door = Doorkeeper(cluster, BOTH)
    for empty in (None, "", "  "):
        with pytest.raises(SecondFactorNeeded) as caught:
            await log_in(client, empty)
        assert caught.value.kinds == {"totp", "recovery"}
        assert caught.value.can_be_typed
    assert len(door.asked) == 3


async def test_where_no_code_would_do_none_is_sent(
    cluster: Playback, client: ProxmoxClient
) -> None:
    door = Doorkeeper(cluster, 'PVE:!tfa!{"webauthn"%3A{"publicKey"%3A{}}}:6920C000::eA')
    with pytest.raises(SecondFactorNeeded) as caught:
        await log_in(client, "123456")
    assert not caught.value.can_be_typed
    assert len(door.asked) == 1


async def test_a_wrong_code_is_told_apart_from_a_wrong_password(
    cluster: Playback, client: ProxmoxClient
) -> None:
    Doorkeeper(cluster, BOTH, takes="totp:123456")
    with pytest.raises(SecondFactorRefused) as caught:
        await log_in(client, "654321")
    assert caught.value.error.status == 401
    cluster.fault = None
    with pytest.raises(ApiFailure) as wrong:
        await ClusterApi(client).log_in(ROOT, "wrong", NOW, "123456")
    assert not isinstance(wrong.value, SecondFactorRefused)


async def test_half_a_login_is_never_taken_for_a_whole_one(
    cluster: Playback, client: ProxmoxClient
) -> None:
    half = {"username": ROOT, "ticket": "PVE:!tfa!0123456789abcdef", "NeedTFA": 1}

    async def ask_forever(_path: str) -> Any:
        return half

    cluster.fault = ask_forever
    with pytest.raises(SecondFactorRefused):
        await log_in(client, "123456")


@pytest.mark.parametrize("status", [429, 500, 595])
async def test_a_cluster_that_cannot_judge_a_code_does_not_call_it_wrong(
    status: int, cluster: Playback, client: ProxmoxClient
) -> None:
    door = Doorkeeper(cluster, BOTH)

    async def busy(path: str) -> Any:
        answer = await door.answer(path)
        return Refusal(status, "not now") if isinstance(answer, Refusal) else answer

    cluster.fault = busy
    with pytest.raises(ApiFailure) as caught:
        await log_in(client, "123456")
    assert not isinstance(caught.value, SecondFactorRefused)
    assert caught.value.error.status == status


async def test_a_code_is_sent_to_one_node_only(cluster: Playback, client: ProxmoxClient) -> None:
    door = Doorkeeper(cluster, BOTH)

    async def away(path: str) -> Any:
        answer = await door.answer(path)
        return Refusal(595, "no route") if isinstance(answer, Refusal) else answer

    cluster.fault = away
    with pytest.raises(ApiFailure):
        await log_in(client, "123456")
    assert ["tfa-challenge" in params for params in door.asked] == [False, True]


@pytest.mark.parametrize(
    ("ticket", "kinds"),
    [
        (BOTH, {"totp", "recovery"}),
        ('PVE:!tfa!{"totp"%3Atrue,"recovery"%3A[]}:6920C000::eA', {"totp"}),
        ("PVE:!tfa!%7B%22totp%22%3Atrue%7D:6920C000::eA", {"totp"}),
        ("PVE:tfa!root@pam:6920C000::eA", {"totp"}),
        ("PVE:!tfa!:x", {"totp"}),
        ("PVE:!tfa![1]:x", {"totp"}),
    ],
)
def test_a_challenge_says_what_would_do(ticket: str, kinds: set[str]) -> None:
    assert parse_challenge(ticket).kinds == kinds
    assert ticket not in repr(parse_challenge(ticket))
