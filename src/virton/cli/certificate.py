"""The self-signed certificate with which HTTPS is served, made once and kept in the data folder."""

import contextlib
import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from virton.damage import Flaw, reading

CERTIFICATE_FILE = "https-certificate.pem"
KEY_FILE = "https-key.pem"
_ADVICE = (
    f"Restore {CERTIFICATE_FILE} and {KEY_FILE} from a backup. Or delete both: a new certificate "
    "is made then, which whoever trusts the old one has to be told."
)
_LIFE = timedelta(days=3650)
# Clocks of other machines may lag a little behind ours.
_LEEWAY = timedelta(hours=1)


@dataclass(slots=True)
class Certificate:
    """A certificate to serve with: where it is kept, its fingerprint, and it ready for use."""

    path: Path
    fingerprint: str
    context: ssl.SSLContext
    key: Path

    def become(self, other: "Certificate") -> None:
        """Be another certificate from the next connection on."""
        self.path, self.key = other.path, other.key
        self.fingerprint, self.context = other.fingerprint, other.context

    def door(self) -> ssl.SSLContext:
        """Return what greets connections: each goes on with the certificate as it is then.

        A context into which one certificate after another is loaded keeps those of other kinds of
        key, and goes on showing them.
        """
        greeting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        greeting.minimum_version = ssl.TLSVersion.TLSv1_2

        def go_on(connection: ssl.SSLObject, name: str | None, asked: ssl.SSLContext) -> None:
            connection.context = self.context

        greeting.sni_callback = go_on
        return greeting


def own_certificate(folder: Path, host: str = "localhost") -> Certificate:
    """Return the folder's certificate, which is made when there is none, or it has had its time.

    Raise DamagedError where one of its two files is damaged or gone: whoever trusts the
    certificate has to hear of it before it is another.
    """
    if not _has_its_time(folder):
        _make(folder, host)
    return _kept(folder)


def _has_its_time(folder: Path) -> bool:
    """Tell whether there is a certificate for today; the clock may have been wrong when it was made."""
    path, now = folder / CERTIFICATE_FILE, datetime.now(UTC)
    if not path.exists() and not (folder / KEY_FILE).exists():
        return False
    with reading(str(path), _ADVICE):
        certificate = x509.load_pem_x509_certificate(_content(path))
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Flaw("it is gone") from None


def _kept(folder: Path) -> Certificate:
    """Return the certificate that is kept."""
    path = folder / CERTIFICATE_FILE
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Refuses a key that is not this certificate's: one of the two was written without the other.
    with reading(str(folder / KEY_FILE), _ADVICE):
        _content(folder / KEY_FILE)
        try:
            context.load_cert_chain(path, folder / KEY_FILE)
        except ssl.SSLError as failure:
            raise Flaw("it is not the key of the certificate") from failure
    return Certificate(
        path, certificate.fingerprint(hashes.SHA256()).hex(":").upper(), context, folder / KEY_FILE
    )


def _make(folder: Path, host: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = _signed(key, _names(host), datetime.now(UTC))
    _write(folder / KEY_FILE, secret, mode=0o600)
    _write(folder / CERTIFICATE_FILE, certificate.public_bytes(Encoding.PEM), mode=0o644)


def _signed(
    key: ec.EllipticCurvePrivateKey, names: list[x509.GeneralName], now: datetime
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "VirtOn HA")])
    own_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    by_own_id = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_id)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LEEWAY)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(own_id, critical=False)
        .add_extension(by_own_id, critical=False)
        .sign(key, hashes.SHA256())
    )


def _names(host: str) -> list[x509.GeneralName]:
    """Return the names under which this machine may be asked."""
    texts = dict.fromkeys(("localhost", "127.0.0.1", "::1", host, socket.gethostname()))
    return [name for text in texts if (name := _name(text)) is not None]


def _name(text: str) -> x509.GeneralName | None:
    """Return a name as certificates write it; none for every address at once, or no name at all."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(text)
        return None if address.is_unspecified else x509.IPAddress(address)
    with contextlib.suppress(ValueError):
        return x509.DNSName(text) if text else None
    return None


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file that nobody ever sees in part, nor with a mode other than its own."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
