"""The certificate with which HTTPS is served."""

import hashlib
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from virton.cli import certificate
from virton.cli.certificate import CERTIFICATE_FILE, KEY_FILE, own_certificate
from virton.damage import DamagedError


def read(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / CERTIFICATE_FILE).read_bytes())


def names_of(folder: Path) -> list[str]:
    names = read(folder).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in names]


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    first = own_certificate(tmp_path)
    assert own_certificate(tmp_path).fingerprint == first.fingerprint
    assert first.path == tmp_path / CERTIFICATE_FILE


def test_its_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    own_certificate(tmp_path)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [CERTIFICATE_FILE, KEY_FILE]


def test_its_fingerprint_is_written_as_proxmox_writes_it(tmp_path: Path) -> None:
    made = own_certificate(tmp_path)
    der = ssl.PEM_cert_to_DER_cert(made.path.read_text())
    assert made.fingerprint == hashlib.sha256(der).digest().hex(":").upper()


def test_it_names_this_machine_and_the_address_listened_on(tmp_path: Path) -> None:
    own_certificate(tmp_path, "pve.example")
    assert {"localhost", "127.0.0.1", "::1", "pve.example"} <= set(names_of(tmp_path))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "호스트"])
def test_an_address_that_no_certificate_can_name_is_left_out(tmp_path: Path, host: str) -> None:
    own_certificate(tmp_path, host)
    assert host not in names_of(tmp_path)


@pytest.mark.parametrize("spoiled", [CERTIFICATE_FILE, KEY_FILE])
@pytest.mark.parametrize("content", [b"not PEM at all", b"", None])
def test_what_cannot_be_read_is_named_and_never_made_anew_by_itself(
    tmp_path: Path, spoiled: str, content: bytes | None
) -> None:
    own_certificate(tmp_path)
    path = tmp_path / spoiled
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DamagedError, match=spoiled) as failure:
        own_certificate(tmp_path)
    assert "delete both" in failure.value.advice
    assert path.exists() == (content is not None)


def test_a_key_that_is_not_the_certificates_is_named(tmp_path: Path) -> None:
    own_certificate(tmp_path)
    (tmp_path / "other").mkdir()
    own_certificate(tmp_path / "other")
    (tmp_path / "other" / KEY_FILE).replace(tmp_path / KEY_FILE)
    with pytest.raises(DamagedError, match="not the key of the certificate"):
        own_certificate(tmp_path)


def test_one_that_a_clock_ahead_has_made_is_made_anew(tmp_path: Path) -> None:
    before = own_certificate(tmp_path).fingerprint
    key = ec.generate_private_key(ec.SECP256R1())
    in_years = datetime.now(UTC) + timedelta(days=3650)
    early = certificate._signed(key, [x509.DNSName("localhost")], in_years)
    (tmp_path / CERTIFICATE_FILE).write_bytes(early.public_bytes(certificate.Encoding.PEM))
    assert own_certificate(tmp_path).fingerprint != before
    assert read(tmp_path).not_valid_before_utc <= datetime.now(UTC)


def test_one_that_has_expired_is_made_anew(tmp_path: Path) -> None:
    before = own_certificate(tmp_path).fingerprint
    key = ec.generate_private_key(ec.SECP256R1())
    long_ago = datetime.now(UTC) - timedelta(days=3651)
    old = certificate._signed(key, [x509.DNSName("localhost")], long_ago)
    (tmp_path / CERTIFICATE_FILE).write_bytes(old.public_bytes(certificate.Encoding.PEM))
    assert own_certificate(tmp_path).fingerprint != before
    assert read(tmp_path).not_valid_after_utc > datetime.now(UTC)
