"""`virton serve`: the console, on the embedded cluster or on a real one."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from starlette.types import ASGIApp

from virton.cli.announcement import announce, announce_encrypted
from virton.cli.certificate import Certificate, own_certificate
from virton.cli.complaint import WRONG_INPUT, complain
from virton.cli.data_folder import CONSOLE, EMBEDDED, default_data, taken
from virton.cli.given_certificate import given_certificate
from virton.cli.listening import (
    address_of,
    checked_proxies,
    known_hosts,
    listen,
    proxy_facts,
)
from virton.cli.logs import keep_log
from virton.cli.real_cluster import CaFileOption, FingerprintOption, client_of
from virton.cli.serve_options import (
    EMBEDDED_INTERVAL_S,
    HOST,
    INTERVAL_S,
    PORT,
    CertificateKeyOption,
    CertificateOption,
    ConfigOption,
    DataOption,
    DemoOption,
    HistoryOption,
    HostOption,
    HttpsPortOption,
    IntervalOption,
    LanguageOption,
    LogFormatOption,
    PortOption,
    ProxmoxOption,
    PveVersionOption,
    TokenOption,
    TrustedProxyOption,
)
from virton.cli.serving import Encrypted, Server
from virton.cli.settings_file import (
    PveVersion,
    SettingsFile,
    readable_by_others,
    settings_file,
)
from virton.cli.token_check import checked_token, token_facts
from virton.console.app import BesideCluster, create_app
from virton.console.settings import ConsoleSettings
from virton.damage import DamagedError
from virton.keeping.audit import FILE as AUDIT_FILE
from virton.keeping.database import check_database
from virton.keeping.retention import Retention
from virton.keeping.syslog import Receiver
from virton.notify.notifier import Setup
from virton.notify.settings import setup_of
from virton.proxmox import ProxmoxClient
from virton.proxmox.client import AsgiApp

HISTORY_FILE = "history.sqlite"
IDLE_HOURS = 8.0
_NO_ROOM = "Nothing is lost. Make room there, or make it writable, and start again."

_PASSWORD = "VIRTON_ADMIN_PASSWORD"  # noqa: S105  (where the password stands, not the password)
_FULL_VERSIONS: dict[PveVersion, str] = {"9.1": "9.1.6", "9.2": "9.2.6"}


class Embedded(Protocol):
    """What the embedded cluster offers to whoever serves it."""

    app: AsgiApp
    console_token: str
    admin_password: str | None

    async def run(self) -> None:
        """Let the cluster live, until cancelled."""


@dataclass(frozen=True, slots=True)
class Service:
    """What is served, what has to run beside it, and what to tell the operator."""

    app: ASGIApp
    beside: Callable[[], Awaitable[None]] | None
    facts: tuple[tuple[str, str], ...]

    def telling(self, facts: tuple[tuple[str, str], ...]) -> "Service":
        """Return the service with more to tell."""
        return replace(self, facts=self.facts + facts)


def serve(
    host: HostOption = None,
    port: PortOption = None,
    https_port: HttpsPortOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    proxmox: ProxmoxOption = None,
    token: TokenOption = None,
    fingerprint: FingerprintOption = None,
    ca_file: CaFileOption = None,
    interval: IntervalOption = None,
    history: HistoryOption = None,
    language: LanguageOption = None,
    pve_version: PveVersionOption = None,
    trusted_proxy: TrustedProxyOption = None,
    log_format: LogFormatOption = None,
    certificate: CertificateOption = None,
    certificate_key: CertificateKeyOption = None,
    demo: DemoOption = None,
) -> None:
    """Serve the web console."""
    folder = prepared(data or default_data())
    typed = {
        "host": host,
        "port": port,
        "https_port": https_port,
        "proxmox": proxmox,
        "token": token,
        "fingerprints": fingerprint,
        "ca_file": ca_file and str(ca_file.absolute()),
        "interval": interval,
        "history": history,
        "language": language,
        "pve_version": pve_version,
        "trusted_proxies": trusted_proxy,
        "log_format": log_format,
        "certificate": certificate and str(certificate.absolute()),
        "certificate_key": certificate_key and str(certificate_key.absolute()),
        "demo": demo,
    }
    file, path = settings_file(config, Path.cwd(), folder)
    start(file.overruled_by(typed), path, folder)


def start(chosen: SettingsFile, path: Path | None, folder: Path) -> None:
    """Serve as was chosen, until told to stop."""
    keep_log(chosen.log_format or "text")
    host = chosen.host or HOST
    proxies = checked_proxies(chosen.trusted_proxies)
    with contextlib.ExitStack() as listeners:
        port = PORT if chosen.port is None else chosen.port
        listener = listeners.enter_context(listen(host, port))
        encrypted = None
        if chosen.https_port is not None:
            secure = listeners.enter_context(listen(host, chosen.https_port, "--https-port"))
            encrypted = Encrypted(secure, certificate_of(chosen, folder, host))
        try:
            service = service_of(chosen, folder, proxies)
        except DamagedError as damaged:
            complain(str(damaged), damaged.advice)
        except OSError as failure:
            complain(f"cannot keep data in {folder}: {failure.strerror or failure}", _NO_ROOM)
        told = service.telling(facts_of(path, chosen)).telling(proxy_facts(proxies))
        announce(address_of(host, listener), told.facts)
        if encrypted is not None:
            announce_encrypted(address_of(host, encrypted.listener, "https"), encrypted.certificate)
        asyncio.run(run(service, listener, encrypted, proxies))


def service_of(chosen: SettingsFile, folder: Path, proxies: tuple[str, ...] = ()) -> Service:
    """Return the console of the cluster that was chosen: a real one, or the embedded one."""
    history = chosen.history or f"sqlite:///{folder}/{HISTORY_FILE}"
    audit = folder / AUDIT_FILE
    check_database(history, lived_in=audit.exists() and audit.stat().st_size > 0)
    settings = ConsoleSettings(
        folder,
        checked_token(chosen.token),
        history=history,
        retention=retention_of(chosen),
        notify=who_is_told(chosen),
        heartbeat=chosen.heartbeat,
        metrics_token=chosen.metrics_token,
        interval_s=chosen.interval or (INTERVAL_S if chosen.proxmox else EMBEDDED_INTERVAL_S),
        language=chosen.language or "ko",
        hosts=known_hosts(chosen.host or HOST, chosen.hosts, proxies),
        strict_transport=bool(proxies),
        audit_syslog=checked_receiver(chosen.audit_syslog),
        idle_s=3600 * (IDLE_HOURS if chosen.idle_hours is None else chosen.idle_hours),
    )
    if chosen.proxmox:
        if chosen.demo:
            complain(
                "--demo is for the embedded cluster: a real one has its size", code=WRONG_INPUT
            )
        if chosen.pve_version:
            complain(
                "--pve-version is for the embedded cluster: a real one tells its own",
                code=WRONG_INPUT,
            )
        ca_file = Path(chosen.ca_file) if chosen.ca_file else None
        taken(folder, CONSOLE)
        client = client_of(chosen.proxmox, chosen.fingerprints, ca_file)
        tried = client_of(chosen.proxmox, chosen.fingerprints, ca_file)
        facts = token_facts(tried, settings.token)
        return of_real_cluster(client, settings).telling(facts)
    if chosen.token or chosen.fingerprints or chosen.ca_file:
        complain("--token, --fingerprint and --ca-file go with --proxmox URL", code=WRONG_INPUT)
    return of_embedded_cluster(start_embedded(folder, chosen.pve_version, chosen.demo), settings)


def retention_of(chosen: SettingsFile) -> Retention | None:
    """Return what of the history is kept, where the settings file says so."""
    if chosen.keep_days is None and chosen.keep_mib is None:
        return None
    usual = Retention()
    return Retention(chosen.keep_days or usual.days, chosen.keep_mib or usual.mib)


def who_is_told(chosen: SettingsFile) -> Setup:
    """Return who is told of incidents, and through what."""
    if chosen.mail is None and any(one.url is None for one in chosen.notify):
        complain("notify: mail is sent only where a [mail] server is set", code=WRONG_INPUT)
    try:
        return setup_of(chosen.notify, chosen.mail)
    except OSError as failure:
        complain(f"cannot read the mail server's password: {failure.strerror}")


def facts_of(path: Path | None, chosen: SettingsFile) -> tuple[tuple[str, str], ...]:
    """Return what there is to tell of the settings file."""
    if path is None:
        return ()
    told = (("Settings", str(path)),)
    if chosen.holds_secret and readable_by_others(path):
        return (*told, ("Careful", f"{path.name} holds a token and others may read it: chmod 600"))
    return told


def certificate_of(chosen: SettingsFile, folder: Path, host: str) -> Certificate:
    """Return the operator's certificate, or the one that is kept in the data folder."""
    if chosen.certificate is not None:
        return given_certificate(chosen.certificate, chosen.certificate_key)
    try:
        return own_certificate(folder, host)
    except DamagedError as damaged:
        complain(str(damaged), damaged.advice)
    except OSError as failure:
        complain(f"cannot keep a certificate in {folder}: {failure.strerror or failure}")


def prepared(folder: Path) -> Path:
    """Make the data folder, for this user alone."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as failure:
        complain(f"cannot keep data in {folder}: {failure.strerror}", "Name another: --data DIR")
    return folder.resolve()


def checked_receiver(text: str | None) -> str | None:
    """Return where the audit is forwarded to, if it is written like an address."""
    try:
        if text is not None:
            Receiver.parse(text)
    except ValueError as failure:
        complain(f"audit_syslog: {failure}", code=WRONG_INPUT)
    return text


def of_real_cluster(client: ProxmoxClient, settings: ConsoleSettings) -> Service:
    """Return the console of a real cluster."""
    facts = [("Proxmox VE", address) for address in client.addresses]
    facts.append(("Login", "with your own Proxmox VE credentials"))
    if any(address.startswith("http://") for address in client.addresses):
        facts.append(("Careful", "passwords travel to http:// addresses unencrypted"))
    return Service(create_app(client, settings), None, tuple(facts))


def start_embedded(
    folder: Path, pve_version: PveVersion | None, demo: str | None = None
) -> Embedded:
    """Start the embedded cluster."""
    # Imported here, so that a console of a real cluster starts without the simulated world.
    from virton import embedded

    version = pve_version and _FULL_VERSIONS[pve_version]
    password = _wanted_password(embedded.SHORTEST_PASSWORD)
    taken(folder, EMBEDDED)
    taken(folder, CONSOLE)
    try:
        wanted = embedded.Demo.parse(demo) if demo else None
        return embedded.start(folder, password, version, wanted)
    except embedded.DemoError as error:
        complain(f"--demo: {error}", code=WRONG_INPUT)
    except embedded.StorageError as failure:
        complain(
            f"cannot write in {folder}: {failure}",
            _NO_ROOM,
        )


def _wanted_password(shortest: int) -> str | None:
    """Return the administrator's password that was set; an empty one is none."""
    password = os.environ.get(_PASSWORD) or None
    if password and len(password) < shortest:
        complain(f"{_PASSWORD}: at least {shortest} characters are needed", code=WRONG_INPUT)
    return password


def of_embedded_cluster(cluster: Embedded, settings: ConsoleSettings) -> Service:
    """Return the console of the embedded cluster, whose API is served beside it."""
    settings = replace(settings, token=cluster.console_token)
    console = create_app(ProxmoxClient.in_process(cluster.app), settings)
    facts = [("Cluster", "embedded (simulated)"), ("Login", "root@pam, realm pam")]
    if cluster.admin_password:
        facts.append(("Password", f"{cluster.admin_password}  (shown this once)"))
    facts.append(("Data", str(settings.data)))
    return Service(BesideCluster(console, cluster.app), cluster.run, tuple(facts))


async def run(
    service: Service,
    listener: socket.socket,
    encrypted: Encrypted | None = None,
    trusted_proxies: tuple[str, ...] = (),
) -> None:
    """Serve until told to stop."""
    server = Server(service.app, encrypted, trusted_proxies)
    if service.beside is None:
        await server.serve(sockets=[listener])
        return
    beside = asyncio.ensure_future(service.beside())
    beside.add_done_callback(lambda _: setattr(server, "should_exit", True))
    try:
        await server.serve(sockets=[listener])
    finally:
        if not beside.done():
            beside.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beside
