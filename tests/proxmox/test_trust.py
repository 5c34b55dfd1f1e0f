"""TLS to a node with a certificate of its own: never believed unless it is the one we know."""

import shutil
import ssl
import subprocess
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


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def old_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an authority as Proxmox VE did until 2026, without a key usage, and certificates."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "ca.cnf").write_text(
        "[req]\ndistinguished_name=dn\nx509_extensions=ca\n[dn]\n"
        "[ca]\nbasicConstraints=CA:TRUE\nsubjectKeyIdentifier=hash\n"
    )
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", "/CN=Proxmox Virtual Environment"]
    made = ["-days", "2", "-keyout", "ca.key", "-out", "ca.pem"]
    openssl(folder, "req", "-x509", *key, "-config", "ca.cnf", *subject, *made)
    for name, names, days in (
        ("node", "IP:127.0.0.1", "2"),
        ("other", "DNS:elsewhere", "2"),
        ("expired", "IP:127.0.0.1", "-1"),
    ):
        (folder / f"{name}.ext").write_text(
            f"subjectAltName={names}\nauthorityKeyIdentifier=keyid\n"
        )
        asked = ["-subj", "/CN=node", "-keyout", f"{name}.key", "-out", f"{name}.csr"]
        openssl(folder, "req", *key, "-config", "ca.cnf", *asked)
        signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", days]
        files = ["-in", f"{name}.csr", "-extfile", f"{name}.ext", "-out", f"{name}.pem"]
        openssl(folder, "x509", "-req", *signed, *files)
    return folder


@pytest.fixture
def as_newer_pythons(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify by default as Python 3.13 does."""
    usual = ssl.create_default_context

    def strict(cafile: str | None = None) -> ssl.SSLContext:
        context = usual(cafile=cafile)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)


@pytest.mark.usefixtures("as_newer_pythons")
@pytest.mark.parametrize(
    ("name", "believed"), [("node", True), ("other", False), ("expired", False)]
)
async def test_the_clusters_old_authority_is_believed_and_all_else_verified(
    old_authority: Path, name: str, believed: bool
) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(old_authority / f"{name}.pem", old_authority / f"{name}.key")
    async with listening(answering(ANSWER), served) as address:
        client = ProxmoxClient([address], trust=CaFile(old_authority / "ca.pem"))
        if believed:
            assert await client.call("GET", "/version") == 1
        else:
            with pytest.raises(ApiFailure) as caught:
                await client.call("GET", "/version")
            assert caught.value.error.code == "tls"
        await client.aclose()
