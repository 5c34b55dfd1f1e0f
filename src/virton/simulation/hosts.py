"""Simulated hosts: power, network, watchdogs, and the two daemons that live on each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virton.ha.crm import Crm
    from virton.ha.lrm import Lrm

DEFAULT_CORES = 24.0
DEFAULT_MEMORY_BYTES = 128 * 1024**3
DEFAULT_VERSION = "9.0.0~2"


@dataclass(slots=True)
class Host:
    """A node's hardware and what runs on it. One that does not tell its size has it all the same. `watchdogs`: handle -> when it was fed last (s).

    `booted_s` is when it was switched on, `files_since_s` when its cluster files came up, and
    `daemons_due_s` when its daemons will start, while it boots. `returns_s` is when it will be
    switched on again, while it is off to reboot.
    """

    name: str
    power: bool = False
    network: bool = False
    cores: float = DEFAULT_CORES
    memory_bytes: int = DEFAULT_MEMORY_BYTES
    tells_size: bool = True
    version: str = DEFAULT_VERSION
    votes: int = 1
    booted_s: int | None = None
    files_since_s: int = 0
    daemons_due_s: int | None = None
    returns_s: int | None = None
    files_usable: bool = True
    state_consistent: bool = True
    going_down: str | None = None
    lrm_restarts: bool = False
    crm_stops: bool = False
    crm: Crm | None = None
    lrm: Lrm | None = None
    running: set[str] = field(default_factory=set)
    watchdogs: dict[str, int] = field(default_factory=dict)

    @property
    def reachable(self) -> bool:
        """Tell whether the others can reach the node."""
        return self.power and self.network

    def watchdog_fires(self, now_s: int, patience_s: int) -> bool:
        """Tell whether a watchdog was left unfed for longer than that; it fires only once."""
        if now_s - min(self.watchdogs.values(), default=now_s) <= patience_s:
            return False
        for handle in [h for h, fed_s in self.watchdogs.items() if now_s - fed_s > patience_s]:
            del self.watchdogs[handle]
        return True
