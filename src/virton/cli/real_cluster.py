"""How `serve` and `snapshot` come to a real cluster: where it is, and whom to believe to be it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from virton.cli.complaint import (
    WRONG_INPUT,
    complain,
    complain_of,
    words_of,
    words_of_failure,
)
from virton.cli.faults import in_words

# What speaks HTTP is loaded when a cluster is asked: a verb that is given a file starts without it.
if TYPE_CHECKING:
    from virton.proxmox import Fingerprints, ProxmoxClient, Trust

FingerprintOption = Annotated[
    list[str] | None,
    typer.Option(help="SHA-256 fingerprint of a node's certificate; once for each node."),
]
CaFileOption = Annotated[
    Path | None, typer.Option(help="PEM file of the authority that signed the certificates.")
]


def client_of(
    addresses: list[str], fingerprints: list[str], ca_file: Path | None
) -> "ProxmoxClient":
    """Return the client of a real cluster, or exit with what is wrong with which option."""
    import ssl

    from virton.proxmox import ProxmoxClient
    from virton.proxmox.addresses import AddressError

    trust = trust_of(fingerprints, ca_file)
    try:
        return ProxmoxClient(addresses, trust=trust)
    except AddressError as failure:
        complain(f"--proxmox: {in_words(failure)}", code=WRONG_INPUT)
    except OSError as failure:
        facts = {"option": "--ca-file", "file": str(ca_file)}
        if isinstance(failure, ssl.SSLError):
            complain_of("cli.no_certificate", WRONG_INPUT, **facts)
        complain_of("cli.unreadable", WRONG_INPUT, why=words_of_failure(failure), **facts)


def trust_of(fingerprints: list[str], ca_file: Path | None) -> "Trust":
    """Return whom to believe to be the cluster, or exit with what is wrong with which option."""
    from virton.proxmox import CaFile, SystemTrust

    if fingerprints and ca_file:
        complain_of("cli.not_both", WRONG_INPUT, option="--ca-file", other="--fingerprint")
    if fingerprints:
        return _pinned(fingerprints)
    if ca_file is None:
        return SystemTrust()
    if not ca_file.is_file():
        complain_of("cli.no_file", WRONG_INPUT, option="--ca-file", file=str(ca_file))
    return CaFile(ca_file)


def _pinned(fingerprints: list[str]) -> "Fingerprints":
    from virton.proxmox import Fingerprints
    from virton.proxmox.trust import FingerprintError

    try:
        return Fingerprints.parse(fingerprints)
    except FingerprintError as failure:
        told = f"--fingerprint: {in_words(failure)} ({words_of('cli.how_to_show')})"
        complain(told, code=WRONG_INPUT)
