"""The one who reads the nodes' journals: there the HA stack itself tells what it does."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from virton.console.clock import Clock
from virton.console.lender import Lender
from virton.proxmox import ApiFailure, ClusterApi, ProxmoxClient
from virton.proxmox.errors import ErrorCode
from virton.proxmox.journal import STRUCTURED_SINCE, read_journal
from virton.story.happenings import Happening
from virton.story.journal import JournalLine, records
from virton.story.told import Teller

EVERY_S = 5.0
LOOK_AGAIN_S = 600.0
"""How often it is tried again on a node where the right to read its journal was missing."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Journals:
    """Reads on from where each journal was left."""

    client: ProxmoxClient
    lender: Lender
    clock: Clock
    teller: Teller = field(default_factory=Teller)
    _cursors: dict[str, str] = field(default_factory=dict)
    _refused_until: dict[str, float] = field(default_factory=dict)
    _read_at: float = float("-inf")

    async def news(
        self, nodes: Iterable[str], version: str | None, since_s: float
    ) -> list[Happening]:
        """Return what the journals of these nodes tell that is new; nothing where it is too soon.

        A journal that was never read is read from `since_s` on (Unix seconds of the cluster).
        """
        now = self.clock.monotonic()
        credentials = self.lender.current()
        if credentials is None or now - self._read_at < EVERY_S:
            return []
        self._read_at = now
        asked = [node for node in sorted(nodes) if now >= self._refused_until.get(node, now)]
        api = ClusterApi(self.client, credentials)
        structured = _is_structured(version)
        read = await asyncio.gather(*(self._read(api, n, structured, since_s) for n in asked))
        lines = sorted((line for part in read for line in part), key=lambda line: line.at_s)
        return [told for record in records(lines) for told in self.teller.hear(record)]

    async def _read(
        self, api: ClusterApi, node: str, structured: bool, since_s: float
    ) -> tuple[JournalLine, ...]:
        try:
            pages = await read_journal(
                api,
                node,
                cursor=self._cursors.get(node),
                since_s=int(since_s),
                structured=structured,
            )
        except ApiFailure as failure:
            if failure.error.code is ErrorCode.FORBIDDEN:
                self._refused_until[node] = self._read_at + LOOK_AGAIN_S
            return ()
        if pages.cursor is not None:
            self._cursors[node] = pages.cursor
        return pages.lines


def _is_structured(version: str | None) -> bool:
    told = [part for part in (version or "").split(".") if part.isdigit()]
    return tuple(map(int, told[:3])) >= STRUCTURED_SINCE
