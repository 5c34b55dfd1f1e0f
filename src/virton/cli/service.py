"""What `virton serve` serves: the console of a real cluster, or of the embedded one."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from starlette.types import ASGIApp

from virton.cli.choices import PveVersion
from virton.cli.complaint import WRONG_INPUT, complain, complain_of, words_of, words_of_failure
from virton.cli.data_folder import CONSOLE, EMBEDDED, HISTORY_FILE, taken
from virton.cli.faults import in_words
from virton.cli.listening import checked_networks, known_hosts
from virton.cli.real_cluster import client_of
from virton.cli.serve_options import (
    EMBEDDED_INTERVAL_S,
    HOST,
    INTERVAL_S,
)
from virton.cli.settings_file import (
    SettingsFile,
)
from virton.cli.token_check import checked_token, token_facts
from virton.console.app import BesideCluster, create_app, go_by
from virton.console.settings import ConsoleSettings
from virton.keeping.audit import FILE as AUDIT_FILE
from virton.keeping.database import check_database
from virton.keeping.retention import Retention
from virton.keeping.syslog import Receiver, ReceiverError
from virton.notify.book import Book
from virton.proxmox import ProxmoxClient
from virton.proxmox.client import AsgiApp

IDLE_HOURS = 8.0

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
    """What is served, what has to run beside it, and what to tell the operator.

    `go_by` has it go on by other settings, as far as it can; `client` asks a real cluster.
    """

    app: ASGIApp
    beside: Callable[[], Awaitable[None]] | None
    facts: tuple[tuple[str, str], ...]
    go_by: Callable[[ConsoleSettings], None] = lambda _: None
    client: ProxmoxClient | None = None

    def telling(self, facts: tuple[tuple[str, str], ...]) -> "Service":
        """Return the service with more to tell."""
        return replace(self, facts=self.facts + facts)


def service_of(chosen: SettingsFile, folder: Path, proxies: tuple[str, ...] = ()) -> Service:
    """Return the console of the cluster that was chosen: a real one, or the embedded one."""
    settings = settings_of(chosen, folder, proxies)
    audit = folder / AUDIT_FILE
    check_database(str(settings.history), lived_in=audit.exists() and audit.stat().st_size > 0)
    if chosen.proxmox:
        if chosen.demo:
            complain_of("cli.of_embedded", WRONG_INPUT, option="--demo")
        if chosen.pve_version:
            complain_of("cli.of_embedded", WRONG_INPUT, option="--pve-version")
        taken(folder, CONSOLE)
        ca_file = Path(chosen.ca_file) if chosen.ca_file else None
        client = client_of(chosen.proxmox, chosen.fingerprints, ca_file)
        tried = client_of(chosen.proxmox, chosen.fingerprints, ca_file)
        facts = token_facts(tried, settings.token)
        return of_real_cluster(client, settings).telling(facts)
    require_nothing_of_real(chosen)
    return of_embedded_cluster(start_embedded(folder, chosen.pve_version, chosen.demo), settings)


def require_nothing_of_real(chosen: SettingsFile) -> None:
    """Exit where something is set that makes sense for a real cluster alone."""
    typed = {"--token": chosen.token, "--fingerprint": chosen.fingerprints}
    for option, value in (typed | {"--ca-file": chosen.ca_file}).items():
        if value:
            complain_of("cli.needs_proxmox", WRONG_INPUT, option=option)


def settings_of(
    chosen: SettingsFile, folder: Path, proxies: tuple[str, ...] = ()
) -> ConsoleSettings:
    """Return the console's settings, or exit with which of them is wrong."""
    return ConsoleSettings(
        folder,
        checked_token(chosen.token),
        history=chosen.history or f"sqlite:///{folder}/{HISTORY_FILE}",
        retention=retention_of(chosen),
        notify=who_is_told(chosen),
        metrics_token=chosen.metrics_token,
        interval_s=chosen.interval or (INTERVAL_S if chosen.proxmox else EMBEDDED_INTERVAL_S),
        language=chosen.language or "ko",
        hosts=known_hosts(chosen.host or HOST, chosen.hosts, proxies),
        strict_transport=bool(proxies),
        audit_syslog=checked_receiver(chosen.audit_syslog),
        four_eyes=chosen.four_eyes or False,
        idle_s=3600 * (IDLE_HOURS if chosen.idle_hours is None else chosen.idle_hours),
        one_session=chosen.one_session,
        allowed=checked_networks(chosen.allowed_addresses, "allowed_addresses"),
        prefix=chosen.path_prefix or "",
    )


def retention_of(chosen: SettingsFile) -> Retention | None:
    """Return what of the history is kept, where the settings file says so."""
    if chosen.keep_days is None and chosen.keep_mib is None:
        return None
    usual = Retention()
    return Retention(chosen.keep_days or usual.days, chosen.keep_mib or usual.mib)


def who_is_told(chosen: SettingsFile) -> Book:
    """Return who is told of incidents, and through what."""
    if chosen.mail is None and any(
        one.url is None and one.apprise is None for one in chosen.notify
    ):
        complain_of("cli.no_mail_server", WRONG_INPUT)
    book = Book(chosen.mail, tuple(chosen.notify), chosen.heartbeat)
    try:
        book.setup()
    except OSError as failure:
        file = failure.filename or "password_file"
        complain_of("cli.unreadable", option="mail", file=file, why=words_of_failure(failure))
    return book


def checked_receiver(text: str | None) -> str | None:
    """Return where the audit is forwarded to, if it is written like an address."""
    try:
        if text is not None:
            Receiver.parse(text)
    except ReceiverError as failure:
        complain(f"audit_syslog: {in_words(failure)}", code=WRONG_INPUT)
    return text


def of_real_cluster(client: ProxmoxClient, settings: ConsoleSettings) -> Service:
    """Return the console of a real cluster."""
    facts = [("Proxmox VE", address) for address in client.addresses]
    facts.append(_told("login", "own_login"))
    if any(address.startswith("http://") for address in client.addresses):
        facts.append(_told("careful", "unencrypted"))
    console = create_app(client, settings)
    return Service(console, None, tuple(facts), partial(go_by, console), client)


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
        complain(f"--demo: {in_words(error)}", code=WRONG_INPUT)
    except embedded.StorageError as failure:
        complain_of("cli.no_keeping", folder=str(folder), why=in_words(failure))


def _wanted_password(shortest: int) -> str | None:
    """Return the administrator's password that was set; an empty one is none."""
    password = os.environ.get(_PASSWORD) or None
    if password and len(password) < shortest:
        complain_of("cli.short_password", WRONG_INPUT, option=_PASSWORD, count=shortest)
    return password


def _told(name: str, value: str, **facts: str) -> tuple[str, str]:
    """Return what is told at the start, in the operator's language."""
    return words_of(f"cli.start.{name}"), words_of(f"cli.start.{value}", **facts)


def of_embedded_cluster(cluster: Embedded, settings: ConsoleSettings) -> Service:
    """Return the console of the embedded cluster, whose API is served beside it."""
    settings = replace(settings, token=cluster.console_token)
    console = create_app(ProxmoxClient.in_process(cluster.app), settings)
    facts = [_told("cluster", "embedded"), _told("login", "root")]
    if cluster.admin_password:
        facts.append(_told("password", "once", password=cluster.admin_password))
    facts.append((words_of("cli.start.data"), str(settings.data)))
    both = BesideCluster(console, cluster.app)

    def by(fresh: ConsoleSettings) -> None:
        go_by(console, replace(fresh, token=cluster.console_token))

    return Service(both, cluster.run, tuple(facts), by)
