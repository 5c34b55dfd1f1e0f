"""An operator's own certificate for HTTPS, and taking it up anew when it was renewed."""

import logging
import ssl
from pathlib import Path
from typing import NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from virton.cli.certificate import Certificate, own_certificate
from virton.cli.complaint import WRONG_INPUT, complain, complain_of, words_of_failure
from virton.cli.faults import in_words
from virton.damage import DamagedError

log = logging.getLogger(__name__)


def given_certificate(path: str, key: str | None) -> Certificate:
    """Return an operator's certificate; its key may stand in the same file."""
    files = Path(path).absolute(), Path(key or path).absolute()
    try:
        return _taken_up(*files)
    except (OSError, ValueError) as failure:
        _complain(failure, *files)


def certificate_of(path: str | None, key: str | None, folder: Path, host: str) -> Certificate:
    """Return the operator's certificate, or the one that is kept in the data folder."""
    if path is not None:
        return given_certificate(path, key)
    try:
        return own_certificate(folder, host)
    except DamagedError as damaged:
        complain(in_words(damaged), in_words(damaged.advice))
    except OSError as failure:
        complain_of("cli.no_keeping", folder=str(folder), why=words_of_failure(failure))


def take_up_anew(certificate: Certificate) -> None:
    """Serve with what the files of a certificate hold now; where they hold none, go on as before."""
    try:
        certificate.become(_taken_up(certificate.path, certificate.key))
    except (OSError, ValueError) as failure:
        words = _words(failure, certificate.path, certificate.key)
        log.error(f"the certificate is served as it was: {words}")
        return
    log.info(f"the certificate in {certificate.path} is served, SHA-256 {certificate.fingerprint}")


def _taken_up(path: Path, key: Path) -> Certificate:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(path, key)
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return Certificate(path, fingerprint, context, key)


def _complain(failure: OSError | ValueError, path: Path, key: Path) -> NoReturn:
    option, files = "--certificate", {"file": str(path), "key_file": str(key)}
    if isinstance(failure, ssl.SSLError):
        complain_of("cli.no_key_of_it", WRONG_INPUT, option="--certificate-key", **files)
    if isinstance(failure, OSError):
        named = {"option": option, "file": failure.filename or str(path)}
        complain_of("cli.unreadable", WRONG_INPUT, why=words_of_failure(failure), **named)
    complain_of("cli.no_certificate", WRONG_INPUT, option=option, **files)


def _words(failure: OSError | ValueError, path: Path, key: Path) -> str:
    if isinstance(failure, ssl.SSLError):
        return f"{key} holds no key of the certificate in {path}"
    if isinstance(failure, OSError):
        return f"cannot read {failure.filename or path}: {failure.strerror}"
    return f"{path} holds no certificate (PEM)"
