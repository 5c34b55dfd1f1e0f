"""The one who writes down what happens to the cluster, whoever watches, and what the page showed."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from virton.console.page.model import PageModel, Told
from virton.console.watch.askers import Askers
from virton.console.watch.journals import Journals
from virton.console.watch.options import Options
from virton.console.watch.readings import Part, Readings
from virton.console.watch.steps import went_well
from virton.keeping.database import HistoryError, Trouble, open_database
from virton.keeping.history import Filter, History
from virton.keeping.marks import WATCHED, keep_mark, mark_of
from virton.keeping.moments import WHOLE, Moments
from virton.keeping.outbox import Outbox
from virton.keeping.settings import Settings
from virton.proxmox.sight import (
    Looks,
    lrm_of,
    members_of,
    rules_of,
)
from virton.proxmox.unchanged import Unchanged
from virton.story import sight as of_sight
from virton.story.happenings import Happening, Kind
from virton.story.observed import Seen, observe
from virton.story.sight import Sight

ABSENT_S = 120.0
"""After so long without a look nobody watched, and that is told."""

MARK_S = 30.0
"""How often it is kept until when somebody watched."""

MOST_WAITING = 10_000
"""So many happenings are held while they cannot be written; the oldest go first after that."""

log = logging.getLogger(__name__)

Data = TypeVar("Data")


@dataclass(frozen=True, slots=True)
class Books:
    """The open books of one cluster, by its identity."""

    cluster: str
    history: History
    moments: Moments
    outbox: Outbox
    settings: Settings


class Chronicle:
    """Compares each look with the one before, and keeps what happened between them."""

    def __init__(self, address: str, journals: Journals) -> None:
        """Write into the history at a database's address."""
        self._address = address
        self.journals = journals
        self._cluster: str | None = None
        self._books: Books | None = None
        self._seen: Seen | None = None
        self._looks = Looks()
        self._standing = Unchanged[str, Told, Mapping[str, Any]](_standing)
        self._since_s: float | None = None
        self._watched_s: float | None = None
        self._looked_s: float | None = None
        self._left_s: float | None = None
        self._marked_s = float("-inf")
        self._waiting: list[Happening] = []
        self._latest: tuple[Readings, PageModel] | None = None
        self.askers = Askers(journals.clock)
        self._options = Options(journals.client, journals.lender, journals.clock)
        self.ahead_s = 0.0
        self._ahead_before_s: float | None = None
        self._stirred = asyncio.Event()
        self._failed = False
        self.trouble: Trouble | None = None

    @property
    def books(self) -> Books | None:
        """Return the books, once the cluster is known and they could be opened."""
        return self._books

    @property
    def now_s(self) -> float | None:
        """Return when it was looked last, by the cluster's clock: by that everything is kept."""
        return self._watched_s

    @property
    def is_writing(self) -> bool:
        """Tell whether the books are open, and the last look could be written down."""
        return self._books is not None and self.trouble is None and not self._failed

    def asked(self, who: str, what: str, params: Mapping[str, Any]) -> None:
        """Take note of who had what done through this console; what comes of it names them."""
        self.askers.note(who, what, params, self.journals.clock.time() + self.ahead_s)

    def offer(self, readings: Readings, page: PageModel) -> None:
        """Have the newest look compared; one that was not yet is passed over."""
        self._latest = (readings, page)
        self.ahead_s = readings.clock_ahead_s
        self._stirred.set()

    async def run(self) -> None:
        """Write down until cancelled."""
        while True:
            await self._stirred.wait()
            self._failed = not await went_well(self.write_down, "a look of the chronicle")

    async def write_down(self) -> None:
        """Write down what was offered last."""
        self._stirred.clear()
        offered, self._latest = self._latest, None
        if offered is None:
            return
        readings, page = offered
        self._cluster = self._cluster or _identity(readings)
        settings = await self._options.news(readings.features.version)
        found = self._compare(readings, settings)
        if self._cluster is None:
            return
        self._wait(self.askers.named(found))
        self._wait(self.askers.named(await self._told(readings)))
        self._wait(self.askers.unheard())
        await asyncio.to_thread(self._keep, self._cluster, page)

    def _wait(self, found: list[Happening]) -> None:
        self._waiting = (self._waiting + found)[-MOST_WAITING:]

    def _compare(self, readings: Readings, settings: of_sight.Settings | None) -> list[Happening]:
        sight = sight_of(readings, self._looks, self._ahead_before_s)
        if sight is None:
            return []
        self._ahead_before_s = readings.clock_ahead_s
        self._seen, found = observe(self._seen, replace(sight, settings=settings))
        return [*self._absence(sight.to_s), *found]

    def _absence(self, now_s: float) -> list[Happening]:
        """Tell since when nobody watched, where that is long: what happened then may be missing.

        How long this console did not look, its own clock tells: a lab's clock may go faster.
        """
        watched_s, self._watched_s = self._watched_s, now_s
        looked_s, self._looked_s = self._looked_s, self.journals.clock.monotonic()
        if watched_s is None:
            return []
        away_s = now_s - watched_s if looked_s is None else self._looked_s - looked_s
        if away_s < ABSENT_S:
            return []
        return [
            Happening(Kind.CONSOLE_BLIND, "", watched_s, watched_s, False, {"away": "yes"}),
            Happening(Kind.CONSOLE_SEEING, "", now_s, now_s, False, {"away": "yes"}),
        ]

    async def _told(self, readings: Readings) -> list[Happening]:
        """Return what the HA stack itself tells, on from where the history ends."""
        if self._books is None or self._seen is None:
            return []
        if self._since_s is None:
            self._since_s = await asyncio.to_thread(self._begin_to_hear)
        online = [name for name, up in readings.nodes.data.membership.online.items() if up]
        return await self.journals.news(online, readings.features.version, self._since_s)

    def _begin_to_hear(self) -> float:
        """Find out where the history ends, and who was master then; without one it begins now."""
        assert self._books is not None and self._seen is not None  # noqa: S101, PT018
        try:
            last = self._books.history.find(limit=1).rows
            wanted = Filter(kinds=frozenset({Kind.MASTER_CHANGED}))
            masters = self._books.history.find(wanted, limit=1).rows
        except HistoryError:
            last, masters = [], []
        seen = self._seen.sight
        known = None if seen.manager is None else seen.manager.master_node
        self.journals.teller.master = str(masters[0].facts["node"]) if masters else known
        if self._left_s is not None:
            return self._left_s
        return last[0].to_ms / 1000 if last else seen.to_s

    def _opened(self, cluster: str) -> Books:
        """Open the books, and learn until when somebody watched."""
        books, now_s = _open(self._address, cluster), self._watched_s
        left_ms = mark_of(books.history.engine, cluster, WATCHED)
        if left_ms is not None and now_s is not None:
            self._left_s = self._watched_s = left_ms / 1000
            self._looked_s = None
            self._wait(self._absence(now_s))
        return books

    def _mark(self, books: Books) -> None:
        now_s = self._watched_s
        if now_s is not None and now_s - self._marked_s >= MARK_S:
            keep_mark(books.history.engine, books.cluster, WATCHED, round(now_s * 1000))
            self._marked_s = now_s

    def _keep(self, cluster: str, page: PageModel) -> None:
        try:
            books = self._books or self._opened(cluster)
            self._books = books
            books.history.add(self._waiting)
            self._waiting = []
            if page.now:
                books.moments.keep(self._rows(page), round((self.now_s or page.now) * 1000))
            self._mark(books)
        except HistoryError as error:
            if self.trouble is not error.trouble:
                log.error("the history cannot be written: %s", error.detail)
            self.trouble = error.trouble
        else:
            self.trouble = None

    def _rows(self, page: PageModel) -> dict[str, Mapping[str, Any]]:
        """Return what the page shows of nodes, resources and rules, but what changes all the time."""
        named: dict[str, Told] = {f"nodes/{row.name}": row for row in page.nodes}
        named |= {f"resources/{row.sid}": row for row in page.resources}
        named |= {f"rules/{row.rule}": row for row in page.rules}
        master, quorum = page.master and page.master.node, page.quorum and page.quorum.ok
        rows = dict(zip(named, self._standing.batch(named.items()), strict=True))
        return {**rows, WHOLE: {"master": master, "quorum": quorum}}


def _open(address: str, cluster: str) -> Books:
    engine = open_database(address)
    return Books(
        cluster,
        History(engine, cluster),
        Moments(engine, cluster),
        Outbox(engine, cluster),
        Settings(engine, cluster),
    )


def _identity(readings: Readings) -> str | None:
    """Return the cluster's name; a node that stands alone has only its own."""
    nodes = readings.nodes.data
    if nodes.membership.name is not None:
        return nodes.membership.name
    return min(nodes.inventory.nodes, default=None)


def sight_of(readings: Readings, looks: Looks, before_s: float | None = None) -> Sight | None:
    """Return what a look shows, in the cluster's time; None where it shows nothing yet.

    `before_s` is by how much its clock was ahead at the look before. A clock that goes faster than
    ours was less far ahead when this look began than at its end.
    """
    parts: list[Part[Any]] = list(readings.parts.values())
    times = [part.at for part in parts if part.at is not None]
    if not times:
        return None
    ahead_s = readings.clock_ahead_s
    status, nodes = _fresh(readings.status), _fresh(readings.nodes)
    rules, resources = _fresh(readings.rules), _fresh(readings.resources)
    began_s = min(part.at - part.took_s for part in parts if part.at is not None)
    then_s = ahead_s if before_s is None else min(ahead_s, before_s)
    return Sight(
        began_s + then_s,
        max(times) + ahead_s,
        manager=None if status is None else looks.manager(status.manager),
        lrm={} if status is None else lrm_of(status.manager),
        members=None if nodes is None else members_of(nodes.membership),
        guests=None if nodes is None else looks.guests(nodes.inventory),
        rules=None if rules is None else rules_of(rules.rules),
        resources=None if resources is None else looks.resources(resources),
    )


def _fresh(part: Part[Data]) -> Data | None:
    """Return a part's data unless the last question for it failed or none was answered yet."""
    return None if part.error is not None or part.at is None else part.data


_FLEETING = frozenset({"cpu", "mem"})


def _standing(row: Told) -> dict[str, Any]:
    """Return a row without what is never the same for long."""
    told: dict[str, Any] = row.model_dump(mode="json", exclude_none=True)
    told = _without_fleeting(told)
    # when an LRM reported last is never the same for long; when a resource arrived always is
    return told | ({"lrm": lrm} if (lrm := _without(told.get("lrm"), "at")) else {})


def _without(row: dict[str, Any] | None, name: str) -> dict[str, Any]:
    return {key: value for key, value in (row or {}).items() if key != name}


def _without_fleeting(told: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_fleeting(value) if isinstance(value, dict) else value
        for name, value in told.items()
        if name not in _FLEETING
    }
