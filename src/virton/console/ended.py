"""Which sessions have been ended before their tickets: kept in a file, so that a restart knows."""

import json
import logging
from pathlib import Path

from virton.damage import reading
from virton.strict_json import read_json
from virton.whole_file import put_in_place

FILE = "ended-sessions.json"
MOST = 20_000
_ADVICE = (
    "Delete it: it only names the sessions that were logged out within the last hours, "
    "which could then be used again by whoever has a copy of their cookie."
)
log = logging.getLogger(__name__)


class Ended:
    """Names what is honoured no longer, each until it would have died by itself (Unix seconds)."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._until = self._kept()

    def _kept(self) -> dict[str, int]:
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        with reading(str(self._path), _ADVICE):
            return {str(name): int(until) for name, until in read_json(text).items()}

    def __contains__(self, name: str) -> bool:
        return name in self._until

    def add(self, names: list[str], now: float, life_s: int) -> None:
        """Honour these names no longer."""
        lives = {name: until for name, until in self._until.items() if until > now}
        lives |= dict.fromkeys(names, int(now) + life_s)
        self._until = dict(sorted(lives.items(), key=lambda item: item[1])[-MOST:])
        self._keep()

    def discard(self, name: str) -> None:
        """Honour a name again."""
        if self._until.pop(name, None) is not None:
            self._keep()

    def _keep(self) -> None:
        try:
            put_in_place(self._path, json.dumps(self._until))
        except OSError as failure:
            # The session has ended all the same; only a restart would not know.
            log.warning("cannot keep in %s which sessions were ended: %s", self._path, failure)
