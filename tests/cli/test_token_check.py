"""A token that the cluster does not take as it should is told when the console starts."""

import pytest

from tests.proxmox.playback import TOKEN, Playback, Refusal
from tests.served import served
from virton.cli.token_check import token_facts
from virton.proxmox import ProxmoxClient

NAME = "console@pve!reader"


@pytest.fixture
def cluster() -> Playback:
    return Playback()


def told(cluster: Playback, token: str | None = TOKEN) -> str:
    with served(cluster) as address:
        return " ".join(words for _, words in token_facts(ProxmoxClient([address]), token))


def test_of_a_token_that_is_as_it_should_be_nothing_is_said(cluster: Playback) -> None:
    assert told(cluster) == ""
    assert told(cluster, None) == ""


def test_a_token_that_is_refused_is_named_without_its_secret(cluster: Playback) -> None:
    cluster.tokens.clear()
    words = told(cluster)
    assert f"The cluster refuses the token {NAME}" in words
    assert TOKEN.partition("=")[2] not in words


def test_a_token_without_privileges_of_its_own_is_told_what_it_lacks(cluster: Playback) -> None:
    cluster.privileges["console@pve"] = {"/": {"VM.Audit": 1}}
    assert f"the token {NAME} lacks Sys.Audit;" in told(cluster)
    cluster.privileges["console@pve"] = {}
    assert f"the token {NAME} lacks Sys.Audit, VM.Audit;" in told(cluster)


def test_a_cluster_that_cannot_be_asked_is_told_and_no_reason_not_to_start(
    cluster: Playback,
) -> None:
    cluster.answers["/access/permissions"] = Refusal(500, "out of order")
    with served(cluster) as address:
        pass
    facts = token_facts(ProxmoxClient([address]), TOKEN)
    assert "could not be tried" in facts[0][1]
