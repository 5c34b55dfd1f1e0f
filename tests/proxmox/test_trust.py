"""TLS to a node with a certificate of its own: never believed unless it is the one we know."""

import shutil
import ssl
from pathlib import Path

import pytest

from tests.proxmox.wire import answering, listening, ok
from virton.proxmox import ApiFailure, CaFile, Fingerprints, ProxmoxClient, SystemTrust
from virton.proxmox.trust import fingerprint_of

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates"),
]
ANSWER = ok(b'{"data": 1}')


@pytest.fixture
def fingerprint(certificate: tuple[Path, Path]) -> str:
    return fingerprint_of(ssl.PEM_cert_to_DER_cert(certificate[0].read_text()))


async def test_an_unknown_certificate_is_refused_and_its_fingerprint_told(
    tls: ssl.SSLContext, fingerprint: str
) -> None:
    seen: list[bytes] = []
    async with listening(answering(ANSWER, seen=seen), tls) as address:
        with pytest.raises(ApiFailure) as caught:
            await ProxmoxClient([address], trust=SystemTrust()).call("GET", "/version")
    assert (caught.value.error.code, caught.value.error.fingerprint) == ("tls", fingerprint)
    assert caught.value.error.to_json()["fingerprint"] == fingerprint
    assert seen == []


async def test_the_pinned_certificate_is_believed(tls: ssl.SSLContext, fingerprint: str) -> None:
    for written in (fingerprint, fingerprint.lower(), f"sha256:{fingerprint}"):
        async with listening(answering(ANSWER), tls) as address:
            client = ProxmoxClient([address], trust=Fingerprints.parse([written]))
            assert await client.call("GET", "/version") == 1


async def test_another_certificate_than_the_pinned_one_gets_no_byte(
    tls: ssl.SSLContext, fingerprint: str
) -> None:
    seen: list[bytes] = []
    trust = Fingerprints.parse(["00" * 32])
    async with listening(answering(ANSWER, seen=seen), tls) as address:
        with pytest.raises(ApiFailure) as caught:
            await ProxmoxClient([address], trust=trust).call("POST", "/access/ticket")
    assert (caught.value.error.code, caught.value.error.fingerprint) == ("tls", fingerprint)
    assert seen == []


async def test_an_authority_in_a_file_is_believed(
    tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    async with listening(answering(ANSWER), tls) as address:
        client = ProxmoxClient([address], trust=CaFile(certificate[0]))
        assert await client.call("GET", "/version") == 1


@pytest.mark.parametrize("text", ["", "AA:BB", "xyz", "g" * 64])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Fingerprints.parse([text])
