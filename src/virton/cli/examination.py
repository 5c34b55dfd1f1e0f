"""What `virton doctor` looks at: each look is a finding, good or not."""

import ipaddress
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from virton.cli.data_folder import HISTORY_FILE
from virton.cli.settings_file import SettingsFile, readable_by_others
from virton.console.watch.token import missing_privileges
from virton.ha.dialect import is_since
from virton.keeping.database import HistoryError, engine_of
from virton.keeping.sealed_by import is_of_another_key
from virton.keeping.sealing import FILE as KEY
from virton.keeping.sealing import Sealer
from virton.proxmox import ApiFailure, ApiToken, ClusterApi, ProxmoxClient
from virton.proxmox.access import Permissions
from virton.proxmox.errors import ErrorCode
from virton.proxmox.inventory import Version
from virton.proxmox.plain_words import plain_words
from virton.proxmox.trust import fingerprint_of, presented_certificate

LITTLE_BYTES = 1 << 30
HARDLY_BYTES = 100 << 20
SKEW_S = 3.0
FEW_DAYS = 21
OLDEST, NEWEST = (7, 4), (9, 2)
JOURNAL = "Sys.Syslog"


class Grade(StrEnum):
    """How good a finding is; what is `bad` keeps the console from its work."""

    GOOD = "good"
    CAREFUL = "careful"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, by the key of its sentence, and what the sentence names."""

    grade: Grade
    key: str
    values: dict[str, Any] = field(default_factory=dict)


def good(key: str, **values: Any) -> Finding:
    """Return a finding that is as it should be."""
    return Finding(Grade.GOOD, key, values)


def careful(key: str, **values: Any) -> Finding:
    """Return a finding that the operator should know of."""
    return Finding(Grade.CAREFUL, key, values)


def bad(key: str, **values: Any) -> Finding:
    """Return a finding that has to be mended."""
    return Finding(Grade.BAD, key, values)


# this machine


def of_this_machine(chosen: SettingsFile, path: Path | None, folder: Path) -> Iterator[Finding]:
    """Look at the settings, at the data folder and at who can reach the console."""
    if path is None:
        yield good("settings.none")
    elif chosen.holds_secret and readable_by_others(path):
        yield bad("settings.open", path=str(path))
    else:
        yield good("settings", path=str(path))
    yield _disk(folder)
    yield from _history(chosen, folder)
    yield _reach(chosen)


def _disk(folder: Path) -> Finding:
    """Look for room where the data is, or will be."""
    there = next(one for one in (folder, *folder.parents) if one.is_dir())
    if not os.access(there, os.W_OK | os.X_OK):
        return bad("disk.closed", path=str(folder))
    free = shutil.disk_usage(there).free
    values = {"path": str(folder), "mib": free >> 20}
    if free < HARDLY_BYTES:
        return bad("disk.full", **values)
    return careful("disk.little", **values) if free < LITTLE_BYTES else good("disk", **values)


def _history(chosen: SettingsFile, folder: Path) -> Iterator[Finding]:
    """Look whether what is kept can be reached, and whether its secrets can be read from here."""
    file = folder / HISTORY_FILE
    if chosen.history is None and not file.is_file():
        return
    try:
        engine = engine_of(chosen.history or f"sqlite:///{file}")
        other = is_of_another_key(engine, Sealer(folder))
        engine.dispose()
    except HistoryError as error:
        yield bad(f"history.{error.trouble}")
        return
    yield bad("secrets.other", path=str(folder / KEY)) if other else good("history")


def _reach(chosen: SettingsFile) -> Finding:
    host = chosen.host or "127.0.0.1"
    proxies = ", ".join(chosen.trusted_proxies)
    if proxies:
        return good("reach.proxy", proxies=proxies)
    if _is_loopback(host):
        return good("reach.here", host=host)
    if chosen.https_port is not None:
        return careful("reach.both", host=host)
    return bad("reach.open", host=host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# the cluster


async def of_cluster(client: ProxmoxClient, token: str | None) -> AsyncIterator[Finding]:
    """Look at each address, and with the token at what it may see."""
    clocks: dict[str, float] = {}
    client.heard = lambda address, time_s: clocks.update({address: time_s - time.time()})
    reached = False
    for address in client.addresses:
        finding = await _address(client, address)
        reached = reached or finding.grade is not Grade.BAD
        yield finding
        if finding.grade is Grade.GOOD:
            yield await _certificate(address, client.timeouts.connect_s)
        if address in clocks:
            yield _clock(address, clocks[address])
    if not reached:
        return
    if token is None:
        yield careful("token.none")
        return
    async for finding in _token(ClusterApi(client, ApiToken(token)), ApiToken(token).name):
        yield finding


async def _address(client: ProxmoxClient, address: str) -> Finding:
    try:
        await ClusterApi(client, at=address).realms()
    except ApiFailure as failure:
        error = failure.error
        code = error.code if error.status is None else ErrorCode.PROTOCOL
        key = f"address.{code}"
        if code is ErrorCode.TLS and error.fingerprint:
            key += ".shown"
        values = {
            "address": address,
            "detail": plain_words(error),
            "fingerprint": error.fingerprint,
        }
        return bad(key, **values)
    plain = address.startswith("http://")
    return careful("address.plain", address=address) if plain else good("address", address=address)


async def _certificate(address: str, timeout_s: float) -> Finding:
    parts = urlsplit(address)
    shown = await presented_certificate(parts.hostname or "", parts.port or 443, timeout_s)
    if shown is None:
        return bad("address.cut", address=address)
    ends = x509.load_der_x509_certificate(shown).not_valid_after_utc
    days = (ends - datetime.now(UTC)).days
    values = {"address": address, "fingerprint": fingerprint_of(shown), "days": days}
    return (
        careful("certificate.ends", **values) if days < FEW_DAYS else good("certificate", **values)
    )


def _clock(address: str, ahead_s: float) -> Finding:
    seconds = round(abs(ahead_s))
    if abs(ahead_s) <= SKEW_S:
        return good("clock", address=address)
    key = "clock.ahead" if ahead_s > 0 else "clock.behind"
    return careful(key, address=address, seconds=seconds)


async def _token(api: ClusterApi, name: str) -> AsyncIterator[Finding]:
    try:
        permissions, version = await api.permissions(), await api.version()
    except ApiFailure as failure:
        refused = failure.error.code is ErrorCode.AUTH
        key = "token.refused" if refused else "token.untried"
        yield bad(key, token=name, detail=plain_words(failure.error))
        return
    for finding in _privileges(permissions, name):
        yield finding
    yield _version(version)


def _privileges(permissions: Permissions, name: str) -> Iterator[Finding]:
    lacks = missing_privileges(permissions)
    for privilege in lacks:
        yield bad("token.lacks", token=name, privilege=privilege)
    if not lacks:
        yield good("token", token=name)
    if not (JOURNAL in permissions.on("/") or permissions.anywhere(JOURNAL)):
        yield careful("journal.closed", token=name, privilege=JOURNAL)
    else:
        yield good("journal", token=name)


def _version(version: Version) -> Finding:
    told = version.version
    if not is_since(told, *OLDEST):
        return careful("version.old", version=told)
    if is_since(told, NEWEST[0], NEWEST[1] + 1):
        return careful("version.new", version=told)
    return good("version", version=told)
