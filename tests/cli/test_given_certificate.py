"""A certificate of the operator's own: served, and taken up anew without a restart."""

import asyncio
import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import typer
from starlette.applications import Starlette

from virton.cli.given_certificate import given_certificate
from virton.cli.listening import address_of, listen
from virton.cli.service import Service
from virton.cli.serving import Encrypted
from virton.cli.starting import run
from virton.proxmox.trust import presented_fingerprint

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates"),
]


OF_CURVE = "ec -pkeyopt ec_paramgen_curve:prime256v1"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def made(folder: Path, name: str = "one", kind: str = OF_CURVE) -> tuple[Path, Path]:
    """Make a certificate and its key."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = f"openssl req -x509 -newkey {kind} -nodes -days 2"
    names = ["-subj", "/CN=console", "-out", str(pem), "-keyout", str(key)]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    return pem, key


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    pem, key = made(tmp_path)
    service = Service(Starlette(), None, ())
    with listen("127.0.0.1", 0) as plain, listen("127.0.0.1", 0) as secure:
        encrypted = Encrypted(secure, given_certificate(str(pem), str(key)))
        task = asyncio.create_task(run(service, plain, encrypted))
        address = address_of("127.0.0.1", secure, "https")
        try:
            yield int(address.rpartition(":")[2])
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def served_after(port: int, before: str | None = None) -> str:
    """Return the fingerprint that is served, once it is another than before."""
    for _ in range(500):
        shown = await presented_fingerprint("127.0.0.1", port, 5)
        if shown is not None and shown != before:
            return shown
    pytest.fail("nothing new is served")


async def test_a_renewed_certificate_with_another_kind_of_key_is_served_without_a_restart(
    port: int, tmp_path: Path
) -> None:
    first = await served_after(port)
    assert (
        first == given_certificate(str(tmp_path / "one.pem"), str(tmp_path / "one.key")).fingerprint
    )
    made(tmp_path, kind="rsa:2048")
    os.kill(os.getpid(), signal.SIGHUP)
    second = await served_after(port, first)
    assert (
        second
        == given_certificate(str(tmp_path / "one.pem"), str(tmp_path / "one.key")).fingerprint
    )


async def test_a_renewal_that_went_wrong_changes_nothing_and_is_told(
    port: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = await served_after(port)
    (tmp_path / "one.pem").write_text("half a certif")
    os.kill(os.getpid(), signal.SIGHUP)
    for _ in range(500):
        assert await presented_fingerprint("127.0.0.1", port, 5) == first
        if "is served as it was" in caplog.text:
            return
    pytest.fail("nothing is told")


def test_key_and_certificate_may_stand_in_one_file(tmp_path: Path) -> None:
    pem, key = made(tmp_path)
    both = tmp_path / "both.pem"
    both.write_text(pem.read_text() + key.read_text())
    assert isinstance(given_certificate(str(both), None).context, ssl.SSLContext)


@pytest.mark.parametrize(
    ("certificate", "key", "words"),
    [
        ("one.pem", "other.key", "holds no key of the certificate"),
        ("one.pem", "nowhere.key", "cannot be read"),
        ("nowhere.pem", "one.key", "cannot be read"),
        ("one.key", "one.key", "holds no certificate"),
    ],
)
def test_what_makes_no_sense_is_told(
    tmp_path: Path,
    certificate: str,
    key: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made(tmp_path)
    made(tmp_path, "other")
    with pytest.raises(typer.Exit):
        given_certificate(str(tmp_path / certificate), str(tmp_path / key))
    assert words in " ".join(capsys.readouterr().err.split())
