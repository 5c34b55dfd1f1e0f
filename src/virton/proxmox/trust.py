"""Whom we believe to be the cluster: the system's authorities, one of ours, or one certificate.

There is no setting that believes anybody.
"""

import asyncio
import hashlib
import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class SystemTrust:
    """Believe certificates that the system's authorities have signed."""


@dataclass(frozen=True, slots=True)
class CaFile:
    """Believe certificates that the authority in this PEM file has signed."""

    path: Path


class FingerprintError(ValueError):
    """What is no fingerprint."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Believe only certificates with these SHA-256 fingerprints (lower-case hex, no colons)."""

    allowed: frozenset[str]

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Read fingerprints as people write them: `AA:BB:...`, in either case."""
        return cls(frozenset(_parse_fingerprint(text) for text in texts))


Trust = SystemTrust | CaFile | Fingerprints


def _parse_fingerprint(text: str) -> str:
    plain = re.sub(r"^sha-?256[:=\s]+", "", text.strip().lower()).replace(":", "")
    if not re.fullmatch(r"[0-9a-f]{64}", plain):
        raise FingerprintError(f"not a SHA-256 fingerprint: {text!r}")
    return plain


def fingerprint_of(certificate: bytes) -> str:
    """Return a DER certificate's SHA-256 fingerprint as Proxmox VE shows it (`AA:BB:...`)."""
    digest = hashlib.sha256(certificate).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


class FingerprintMismatch(ssl.SSLError):
    """The other side presented a certificate that is not among the pinned ones."""

    def __init__(self, presented: str) -> None:
        words = f"the certificate's SHA-256 fingerprint is {presented}, which is not pinned"
        super().__init__(1, words)
        self.presented = presented

    def __str__(self) -> str:
        return str(self.args[1])


def _pinning(allowed: frozenset[str]) -> type[ssl.SSLObject]:
    class PinnedObject(ssl.SSLObject):
        def do_handshake(self) -> None:
            # The check stands inside the handshake: no byte of a request, and so no password
            # or ticket, can be written before it has passed.
            super().do_handshake()
            presented = fingerprint_of(self.getpeercert(binary_form=True) or b"")
            if _parse_fingerprint(presented) not in allowed:
                raise FingerprintMismatch(presented)

    return PinnedObject


def _unverified_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@cache
def _system_context() -> ssl.SSLContext:
    """Return what the system's authorities are read into, once: some 140 certificates."""
    return ssl.create_default_context()


def ssl_context(trust: Trust) -> ssl.SSLContext:
    """Return a TLS client context that enforces the given trust."""
    match trust:
        case SystemTrust():
            return _system_context()
        case CaFile(path):
            context = ssl.create_default_context(cafile=str(path))
            # Newer Pythons also refuse authorities whose own certificate lacks a key usage, as
            # the one has that Proxmox VE made for each cluster until 2026. Whom to believe, the
            # operator has said with this very file; signatures, dates and names are verified.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            return context
        case Fingerprints(allowed):
            context = _unverified_context()
            context.sslobject_class = _pinning(allowed)
            return context


async def presented_fingerprint(host: str, port: int, timeout_s: float) -> str | None:
    """Shake hands with a server, send nothing, and return its certificate's fingerprint."""
    certificate = await presented_certificate(host, port, timeout_s)
    return fingerprint_of(certificate) if certificate else None


async def presented_certificate(host: str, port: int, timeout_s: float) -> bytes | None:
    """Shake hands with a server, send nothing, and return its certificate (DER)."""
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port, ssl=_unverified_context())
    except (OSError, TimeoutError):
        return None
    connection: Any = writer.get_extra_info("ssl_object")
    certificate: bytes | None = connection.getpeercert(binary_form=True)
    writer.close()
    return certificate
