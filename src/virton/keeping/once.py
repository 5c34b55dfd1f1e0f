"""Each happening is kept once: what one is told and another observes, in whichever order they come."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from virton.keeping.names import Names, text_of
from virton.keeping.tables import details, happenings
from virton.story.happenings import Happening, Kind

CLOCK_MS = 2000
"""So far may times be apart that were told by different clocks: answers tell whole seconds alone."""

LATE_MS: Mapping[str, int] = {Kind.RULE_CONFLICT: 30_000, Kind.ASKED: 30_000}
"""The same may be seen at once, and be told when the manager comes to it in a round of its own."""

_MUST_AGREE = ("node", "command")

Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """A happening as it is kept; `because` is a cause as `[name, {fields}]`."""

    number: int
    kind: str
    whom: str
    from_ms: int
    to_ms: int
    told: bool
    facts: Mapping[str, Any] = field(default_factory=dict)
    because: Sequence[Any] | None = None


def detail_of(happening: Happening) -> str:
    """Return facts and cause as one text, alike for alike ones."""
    body: dict[str, Any] = {}
    if happening.facts:
        body["facts"] = {k: v for k, v in happening.facts.items() if v is not None}
    if happening.because is not None:
        body["because"] = happening.because.to_json()
    return text_of(body)


@dataclass(frozen=True, slots=True)
class _New:
    """What is to be kept, as numbers, bounds (ms) and text."""

    kind: str
    key: tuple[int, int]
    bounds: Bounds
    told: bool
    text: str


class Adding:
    """Adds happenings within one transaction; `own` are those that this console brought itself."""

    def __init__(
        self, connection: Connection, cluster: str, known: Mapping[tuple[int, bool], None]
    ) -> None:
        self._connection = connection
        self._names = Names(connection, cluster)
        self._known = known
        self._details: dict[str, int] = {}
        self.own: dict[tuple[int, bool], None] = {}

    def add(self, found: Sequence[Happening]) -> list[Kept]:
        """Add what is not kept yet, and return it."""
        whom = self._names.subjects(one.whom for one in found)
        kind = self._names.kinds(str(one.kind) for one in found)
        self._details = self._names.details(detail_of(one) for one in found)
        added = []
        for one in found:
            bounds = (round(one.from_s * 1000), round(one.to_s * 1000))
            key = (kind[str(one.kind)], whom[one.whom])
            new = _New(str(one.kind), key, bounds, one.told, detail_of(one))
            if (row := self._same(new)) is not None:
                self._fold(row, new)
                continue
            body = json.loads(new.text)
            facts, because = body.get("facts", {}), body.get("because")
            number = self._insert(new)
            added.append(Kept(number, new.kind, one.whom, *bounds, one.told, facts, because))
        return added

    def _insert(self, new: _New) -> int:
        row = {
            "cluster_id": self._names.cluster_id,
            "kind_id": new.key[0],
            "subject_id": new.key[1],
            "detail_id": self._detail(new.text),
            "from_ms": new.bounds[0],
            "to_ms": new.bounds[1],
            "told": new.told,
        }
        made = self._connection.execute(insert(happenings).values(row).returning(happenings.c.id))
        number = int(made.scalar_one())
        self.own[number, new.told] = None
        return number

    def _detail(self, text: str) -> int:
        if text not in self._details:
            self._details |= self._names.details([text])
        return self._details[text]

    def _is_own(self, number: int, *, told: bool) -> bool:
        """Tell whether this console has told of it, or observed it, itself."""
        return (number, told) in self._known or (number, told) in self.own

    def _same(self, new: _New) -> Any:
        """Return its row, if it is kept: from the same time, as well as two clocks tell it."""
        columns = happenings.c
        apart = max(CLOCK_MS, LATE_MS.get(new.kind, 0))
        near = and_(
            columns.kind_id == new.key[0],
            columns.subject_id == new.key[1],
            columns.to_ms >= new.bounds[0] - apart,
            columns.from_ms <= new.bounds[1] + apart,
        )
        known = (columns.id, columns.from_ms, columns.to_ms, columns.told, details.c.body)
        joined = happenings.join(details, details.c.id == columns.detail_id)
        query = select(*known).select_from(joined).where(near)
        ways = [
            (gap, row.to_ms, row.id, row)
            for row in self._connection.execute(query)
            if not self._is_own(row.id, told=new.told)
            # what the stack itself tells twice has the same time twice
            and (gap := _gap(row, new.bounds)) <= (0 if row.told and new.told else apart)
            and _agree(json.loads(row.body), json.loads(new.text))
        ]
        return min(ways, key=lambda way: way[:3])[3] if ways else None

    def _fold(self, row: Any, new: _New) -> None:
        """Take in what is new of a happening that is kept: narrower bounds, its cause, who asked."""
        self.own[row.id, new.told] = None
        old = json.loads(row.body)
        (less, more) = (old, json.loads(new.text))
        if row.told or not new.told:
            less, more = more, less
        facts = less.get("facts", {}) | more.get("facts", {})
        body = less | more | ({"facts": facts} if facts else {})
        bounds = _narrowed(row, new)
        is_told = bool(row.told) or new.told
        if (body, *bounds, is_told) == (old, row.from_ms, row.to_ms, bool(row.told)):
            return
        values = {
            "from_ms": bounds[0],
            "to_ms": bounds[1],
            "told": is_told,
            "detail_id": self._detail(text_of(body)),
        }
        mine = update(happenings).where(happenings.c.id == row.id)
        self._connection.execute(mine.values(values))


def _gap(row: Any, bounds: Bounds) -> int:
    return max(0, int(row.from_ms) - bounds[1], bounds[0] - int(row.to_ms))


def _agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether nothing that both say speaks against their being the same."""
    said, told = one.get("facts", {}), other.get("facts", {})
    return all(said[name] == told[name] for name in _MUST_AGREE if name in said and name in told)


def _narrowed(row: Any, new: _New) -> Bounds:
    """Return the bounds within which both say that it was; what is told knows best."""
    from_ms, to_ms = max(row.from_ms, new.bounds[0]), min(row.to_ms, new.bounds[1])
    if from_ms <= to_ms:
        return from_ms, to_ms
    return new.bounds if new.told and not row.told else (row.from_ms, row.to_ms)
