"""Start to serve: settings, listeners, the service, and what the operator is told of it."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from virton.cli.announcement import announce, announce_encrypted
from virton.cli.complaint import complain, complain_of, words_of, words_of_failure
from virton.cli.faults import in_words
from virton.cli.given_certificate import certificate_of
from virton.cli.listening import (
    address_of,
    checked_proxies,
    listen,
    proxy_facts,
)
from virton.cli.logs import keep_log
from virton.cli.rereading import Rereading
from virton.cli.serve_options import (
    HOST,
    PORT,
)
from virton.cli.service import Service, service_of
from virton.cli.serving import Encrypted, Server
from virton.cli.settings_file import (
    SettingsFile,
    readable_by_others,
    settings_file,
)
from virton.damage import DamagedError


def start(config: Path | None, data: Path, typed: Mapping[str, Any]) -> None:
    """Serve as is typed, and as `virton.toml` says of the rest, until told to stop."""
    folder = prepared(data)
    file, path = settings_file(config, Path.cwd(), folder)
    chosen = file.overruled_by(typed)
    keep_log(chosen.log_format or "text")
    host = chosen.host or HOST
    proxies = checked_proxies(chosen.trusted_proxies)
    with contextlib.ExitStack() as listeners:
        port = PORT if chosen.port is None else chosen.port
        listener = listeners.enter_context(listen(host, port))
        encrypted = None
        if chosen.https_port is not None:
            secure = listeners.enter_context(listen(host, chosen.https_port, "--https-port"))
            encrypted = Encrypted(
                secure, certificate_of(chosen.certificate, chosen.certificate_key, folder, host)
            )
        try:
            service = service_of(chosen, folder, proxies)
        except DamagedError as damaged:
            complain(in_words(damaged), in_words(damaged.advice))
        except OSError as failure:
            place = str(failure.filename or folder)
            complain_of("cli.no_keeping", folder=place, why=words_of_failure(failure))
        told = service.telling(facts_of(path, chosen)).telling(proxy_facts(proxies))
        announce(address_of(host, listener), told.facts)
        if encrypted is not None:
            announce_encrypted(address_of(host, encrypted.listener, "https"), encrypted.certificate)
        again = Rereading(config, folder, typed, chosen, service)
        asyncio.run(run(service, listener, encrypted, proxies, again))


def facts_of(path: Path | None, chosen: SettingsFile) -> tuple[tuple[str, str], ...]:
    """Return what there is to tell of the settings file."""
    if path is None:
        return ()
    told = ((words_of("cli.start.settings"), str(path)),)
    if chosen.holds_secret and readable_by_others(path):
        warning = words_of("cli.start.open_settings", file=path.name)
        return (*told, (words_of("cli.start.careful"), warning))
    return told


def prepared(folder: Path) -> Path:
    """Make the data folder, for this user alone."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as failure:
        complain_of("cli.no_folder_made", folder=str(folder), why=words_of_failure(failure))
    return folder.resolve()


async def run(
    service: Service,
    listener: socket.socket,
    encrypted: Encrypted | None = None,
    trusted_proxies: tuple[str, ...] = (),
    read_again: Callable[[Server], None] = lambda _: None,
) -> None:
    """Serve until told to stop; `read_again` is called where the settings are to be read again."""
    server = Server(service.app, encrypted, trusted_proxies, read_again=read_again)
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
