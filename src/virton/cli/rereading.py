"""Settings that are read again while the console serves: which of them hold at once, and which not."""

import contextlib
import io
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from virton.cli.given_certificate import certificate_of
from virton.cli.listening import checked_proxies
from virton.cli.logs import keep_log
from virton.cli.real_cluster import client_of, trust_of
from virton.cli.serve_options import HOST
from virton.cli.service import Service, require_nothing_of_real, settings_of
from virton.cli.serving import Server
from virton.cli.settings_file import SettingsFile, settings_file

AT_RESTART = frozenset(["demo", "history", "host", "https_port", "port", "proxmox", "pve_version"])
"""What a console is made of at its start; all else is changed in one that serves."""

AT_ONCE = frozenset(SettingsFile.model_fields) - AT_RESTART
_OF_CERTIFICATE = frozenset(["certificate", "certificate_key"])
_OF_TRUST = frozenset(["ca_file", "fingerprints"])

log = logging.getLogger(__name__)

Change = Callable[[Server], None]


@dataclass(slots=True)
class Rereading:
    """Reads the settings as at the start: the same file, and what was typed wins."""

    config: Path | None
    folder: Path
    typed: Mapping[str, Any]
    chosen: SettingsFile
    service: Service

    def __call__(self, server: Server) -> None:
        """Go on by what the file says now; where it is wrong, as before. Say what came of it."""
        wrong = io.StringIO()
        try:
            with contextlib.redirect_stderr(wrong):
                fresh = settings_file(self.config, Path.cwd(), self.folder)[0]
                fresh = fresh.overruled_by(self.typed)
                changed = {name for name in SettingsFile.model_fields if self._differs(fresh, name)}
                held = fresh.model_copy(update={n: getattr(self.chosen, n) for n in AT_RESTART})
                changes = self._changes(held, changed)
        except typer.Exit:
            log.error("the settings stay as they were: %s", " ".join(wrong.getvalue().split()))
            return
        for change in changes:
            change(server)
        self.chosen = held  # without what waits for a restart: that goes on being told of
        _tell(sorted(changed & AT_ONCE), sorted(changed - AT_ONCE))

    def _changes(self, held: SettingsFile, changed: set[str]) -> list[Change]:
        """Return what is to be done, every part of which was tried; else exit with what is wrong."""
        proxies = checked_proxies(held.trusted_proxies)
        settings = settings_of(held, self.folder, proxies)
        changes: list[Change] = []
        if "log_format" in changed:
            changes.append(lambda _: keep_log(held.log_format or "text"))
        if changed & AT_ONCE:
            changes.append(lambda _: self.service.go_by(settings))
        if "trusted_proxies" in changed:
            changes.append(lambda server: server.trust(proxies))
        if changed & _OF_CERTIFICATE and held.https_port is not None:
            files = held.certificate, held.certificate_key
            certificate = certificate_of(*files, self.folder, held.host or HOST)
            changes.append(lambda server: server.prove_by(certificate))
        client = self.service.client
        if client is None:
            require_nothing_of_real(held)
        if changed & _OF_TRUST and client is not None:
            ca_file = Path(held.ca_file) if held.ca_file else None
            client_of(held.proxmox, held.fingerprints, ca_file)  # exits where that makes no sense
            trust = trust_of(held.fingerprints, ca_file)
            changes.append(lambda _: client.believe(trust))
        return changes

    def _differs(self, fresh: SettingsFile, name: str) -> bool:
        return bool(getattr(fresh, name) != getattr(self.chosen, name))


def _tell(at_once: list[str], later: list[str]) -> None:
    if at_once:
        log.info("the settings were read again; changed: %s", ", ".join(at_once))
    if later:
        log.warning("a restart is needed for what else has changed: %s", ", ".join(later))
    if not at_once and not later:
        log.info("the settings were read again; none has changed")
