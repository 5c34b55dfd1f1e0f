"""How `serve` and `snapshot` come to a real cluster: where it is, and whom to believe to be it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from virton.cli.complaint import WRONG_INPUT, complain

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
_HOW_TO_SHOW = (
    "a node shows its own with: openssl x509 -noout -fingerprint -sha256 "
    "-in /etc/pve/local/pve-ssl.pem"
)


def client_of(
    addresses: list[str], fingerprints: list[str], ca_file: Path | None
) -> "ProxmoxClient":
    """Return the client of a real cluster, or exit with what is wrong with which option."""
    from virton.proxmox import ProxmoxClient

    trust = _trust(fingerprints, ca_file)
    try:
        return ProxmoxClient(addresses, trust=trust)
    except ValueError as failure:
        complain(f"--proxmox: {failure}", code=WRONG_INPUT)
    except OSError as failure:
        complain(f"--ca-file: {failure.strerror or failure}", code=WRONG_INPUT)


def _trust(fingerprints: list[str], ca_file: Path | None) -> "Trust":
    from virton.proxmox import CaFile, SystemTrust

    if fingerprints and ca_file:
        complain("give either --fingerprint or --ca-file, not both", code=WRONG_INPUT)
    if fingerprints:
        return _pinned(fingerprints)
    if ca_file is None:
        return SystemTrust()
    if not ca_file.is_file():
        complain(f"--ca-file: there is no file {ca_file}", code=WRONG_INPUT)
    return CaFile(ca_file)


def _pinned(fingerprints: list[str]) -> "Fingerprints":
    from virton.proxmox import Fingerprints

    try:
        return Fingerprints.parse(fingerprints)
    except ValueError as failure:
        complain(f"--fingerprint: {failure} ({_HOW_TO_SHOW})", code=WRONG_INPUT)
