"""Settings that are read again while the console serves: which of them hold at once, and which not."""

import contextlib
import io
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from virton.cli.logs import keep_log
from virton.cli.service import settings_of
from virton.cli.settings_file import SettingsFile, settings_file
from virton.console.settings import ConsoleSettings

AT_ONCE = frozenset(
    [
        "heartbeat",
        "idle_hours",
        "interval",
        "keep_days",
        "keep_mib",
        "language",
        "log_format",
        "mail",
        "metrics_token",
        "notify",
    ]
)
"""What is changed in a console that serves; of all else it is made at its start."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Rereading:
    """Reads the settings as at the start: the same file, and what was typed wins."""

    config: Path | None
    folder: Path
    typed: Mapping[str, Any]
    chosen: SettingsFile
    go_by: Callable[[ConsoleSettings], None]

    def __call__(self) -> None:
        """Go on by what the file says now; where it is wrong, as before. Say what came of it."""
        wrong = io.StringIO()
        try:
            with contextlib.redirect_stderr(wrong):
                fresh = settings_file(self.config, Path.cwd(), self.folder)[0]
                fresh = fresh.overruled_by(self.typed)
                settings = settings_of(fresh, self.folder)
        except typer.Exit:
            log.error("the settings stay as they were: %s", " ".join(wrong.getvalue().split()))
            return
        changed = {name for name in SettingsFile.model_fields if self._differs(fresh, name)}
        if "log_format" in changed:
            keep_log(fresh.log_format or "text")
        if changed & AT_ONCE:
            self.go_by(settings)
        # what waits for a restart goes on being told of
        self.chosen = self.chosen.model_copy(
            update={name: getattr(fresh, name) for name in AT_ONCE}
        )
        _tell(sorted(changed & AT_ONCE), sorted(changed - AT_ONCE))

    def _differs(self, fresh: SettingsFile, name: str) -> bool:
        return bool(getattr(fresh, name) != getattr(self.chosen, name))


def _tell(at_once: list[str], later: list[str]) -> None:
    if at_once:
        log.info("the settings were read again; changed: %s", ", ".join(at_once))
    if later:
        log.warning("a restart is needed for what else has changed: %s", ", ".join(later))
    if not at_once and not later:
        log.info("the settings were read again; none has changed")
