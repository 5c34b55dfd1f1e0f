"""Comments that are not ASCII, as a real API takes, keeps and answers them."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import any_character
from tests.embedded.asking import AppClient
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.ha.octets import read_as_octets, written_as_octets

RULE = {"rule": "said", "type": "node-affinity", "nodes": "alfa", "resources": "vm:100"}
KOREAN = "밤에는 옮기지 않음"


def as_octets(text: str) -> str:
    """Return the UTF-8 bytes of a text, each taken for a character."""
    return text.encode().decode("latin-1")


def comment_of(root: AppClient, path: str) -> str:
    told: str = root.get(f"/cluster/ha/{path}").json()["data"]["comment"]
    return told


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("plain, 100 percent", "plain, 100 percent"),
        ("Größe", "Gr\ufffd\ufffde"),
        (quote(KOREAN), KOREAN),
        ("%41%3A b", "A: b"),
        (as_octets("Größe"), "Größe"),
    ],
)
def test_a_comment_of_a_rule_is_decoded_once_more(root: AppClient, sent: str, told: str) -> None:
    assert root.post("/cluster/ha/rules", data={**RULE, "comment": sent}).status_code == 200
    assert comment_of(root, "rules/said") == told


def test_characters_beyond_latin_1_are_refused_in_a_rule(root: AppClient) -> None:
    answer = root.post("/cluster/ha/rules", json={**RULE, "comment": KOREAN})
    assert answer.status_code == 500
    assert "Wide character" in answer.json()["message"]


def change(root: AppClient, sid: str, **params: str) -> None:
    assert root.put(f"/cluster/ha/resources/{sid}", data=params).status_code == 200


def test_a_comment_of_a_resource_comes_back_as_its_bytes(root: AppClient) -> None:
    change(root, "vm:100", comment=KOREAN)
    assert comment_of(root, "resources/vm:100") == as_octets(KOREAN)
    rows = root.get("/cluster/ha/status/current").json()["data"]
    told = next(row for row in rows if row["id"] == "service:vm:100")["comment"]
    assert told == as_octets(KOREAN)


def test_a_comment_sent_as_its_bytes_is_kept_right_and_spoils_no_other(
    root: AppClient, cluster: EmbeddedCluster
) -> None:
    change(root, "vm:100", comment=as_octets(KOREAN))
    change(root, "ct:200", comment=as_octets("둘째"))
    change(root, "ct:200", max_restart="3")
    text = cluster.files.read("ha/resources.cfg")
    assert f"\tcomment {KOREAN}\n" in text
    assert "\tcomment 둘째\n" in text
    assert comment_of(root, "resources/vm:100") == as_octets(KOREAN)


def test_a_comment_sent_as_characters_encodes_the_others_once_more(root: AppClient) -> None:
    change(root, "vm:100", comment=KOREAN)
    change(root, "ct:200", comment="둘째")
    assert comment_of(root, "resources/vm:100") == as_octets(as_octets(KOREAN))
    assert comment_of(root, "resources/ct:200") == as_octets("둘째")


def test_the_digest_is_that_of_the_file(root: AppClient, cluster: EmbeddedCluster) -> None:
    change(root, "vm:100", comment=KOREAN)
    digest = root.get("/cluster/ha/resources/vm:100").json()["data"]["digest"]
    change(root, "vm:100", max_restart="2", digest=digest)
    assert root.get("/cluster/ha/resources/vm:100").json()["data"]["digest"] != digest
    assert KOREAN in cluster.files.read("ha/resources.cfg")


@given(st.text(any_character))
def test_what_is_written_as_its_bytes_is_read_as_them(text: str) -> None:
    octets = as_octets(text)
    assert written_as_octets(octets) == text
    assert read_as_octets(text) == octets
