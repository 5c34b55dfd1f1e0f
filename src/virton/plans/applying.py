"""Make the steps of a plan in a live cluster: one after the other, and none after a surprise."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from virton.damage import in_system_words
from virton.plans.edits import Edit
from virton.plans.entries import Kind
from virton.plans.looking import AT_REST
from virton.plans.records import Record, Records, State, Stride
from virton.plans.rows import Row, Rows, read_rows, row_after, write_row
from virton.proxmox.errors import ApiFailure
from virton.proxmox.plain_words import plain_words

if TYPE_CHECKING:
    from virton.proxmox.api import ClusterApi
    from virton.proxmox.features import Features
    from virton.proxmox.manager import ManagerFiles

LOOK_S = 2.0
PATIENCE_S = 60
"""For so long beyond what was foreseen it is waited for moves."""


class Surprise(Exception):  # noqa: N818 - it is no error of ours
    """Something is not as foreseen: its kind, for which there is a sentence, and its fields."""

    def __init__(self, kind: str, **fields: Any) -> None:
        """Say what is not as foreseen."""
        super().__init__(f"{kind} {fields}")
        self.kind = kind
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Foreign:
    """An entry that somebody else has changed: as it is, as it was left, and by whom if known."""

    kind: Kind
    name: str
    now: Row | None
    was: Row | None
    by: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """What the sentence about it needs."""
        told = {"part": str(self.kind), "name": self.name, "now": shown(self.now)}
        return told | {"was": shown(self.was), "by": self.by}


class ForeignChangeError(Exception):
    """Somebody else has changed entries meanwhile, so nothing is done."""

    def __init__(self, changes: Sequence[Foreign]) -> None:
        """Keep the entries."""
        super().__init__(str(changes))
        self.changes = tuple(changes)


class DomainBooks(Protocol):
    """Where the console keeps its fault domains."""

    def read(self) -> dict[str, Row]:
        """Return the domains, each with its nodes."""

    def write(self, name: str, row: Row | None) -> None:
        """Keep a domain, or none of that name."""


@dataclass(frozen=True)
class Desk:
    """What an apply works with: the cluster, the books, and how to wait and to tell."""

    api: "ClusterApi"
    features: "Features"
    records: Records
    domains: DomainBooks
    pause: Callable[[float], Awaitable[None]]
    tell: Callable[[int, Stride], None] = lambda at, stride: None
    changed_by: Callable[[Kind, str, float], str] = lambda kind, name, since_s: ""
    asks: Callable[[Stride], None] = lambda stride: None

    def foreign(self, now: Rows, was: Rows, since_s: float) -> list[Foreign]:
        """Return what is not as it was, and by whom it was changed since then."""
        return [
            Foreign(k, n, now.of(k, n), was.of(k, n), self.changed_by(k, n, since_s))
            for k, n in now.differences(was)
        ]

    async def rows(self) -> Rows:
        """Read what is configured."""
        rows = await read_rows(self.api, self.features)
        return Rows({**rows.rows, Kind.DOMAIN: self.domains.read()}, rows.digests)

    async def write(self, stride: Stride, now: Rows) -> None:
        """Make one step; `asks` hears of it before."""
        self.asks(stride)
        if stride.kind is Kind.DOMAIN:
            self.domains.write(stride.name, stride.after)
        else:
            await write_row(self.api, self.features, stride.kind, stride.name, now, stride.after)


def strides_of(plan: Mapping[str, Any], now: Rows) -> tuple[Stride, ...]:
    """Return the steps of a plan (as JSON), each entry as it is and as it shall be."""
    found = []
    for step in plan["steps"]:
        edit = Edit.from_json(step)
        before = now.of(edit.kind, edit.name)
        after = row_after(edit, before)
        found.append(Stride(edit.kind, edit.name, before, after, edit, tuple(step["moves"])))
    return tuple(found)


def begin(
    desk: Desk,
    strides: Sequence[Stride],
    now: Rows,
    *,
    who: str,
    why: str,
    at_s: int,
    undoes: int | None = None,
    collected: Mapping[str, Mapping[str, Any]] | None = None,
) -> Record:
    """Keep what shall be done and what is, before anything is done."""
    number = desk.records.next_number()
    record = Record(number, who, why, at_s, tuple(strides), now, undoes=undoes)
    return desk.records.keep(replace(record, collected=collected or {}))


async def require_unchanged(desk: Desk, rows: Rows, since_s: float) -> None:
    """Look again just before the first step; raises ForeignChangeError, and ApiFailure."""
    if changes := desk.foreign(await desk.rows(), rows, since_s):
        raise ForeignChangeError(changes)


async def carry_out(desk: Desk, record: Record, *, fresh: bool = False) -> Record:
    """Make what is left of the steps; a surprise is kept, and stops it. Raises Surprise.

    A `fresh` one goes by what was configured when it was planned: nothing may have changed since.
    """
    record = desk.records.keep(replace(record, state=State.OPEN, stopped={}))
    try:
        expected = await _where_it_stands(desk, record)
        if fresh:
            _same(desk, record, expected, record.rows)
        before = await _status(desk)
        for at in range(record.done, len(record.strides)):
            stride = record.strides[at]
            record, expected = await _step(desk, record, expected, stride)
            desk.tell(at, stride)
            await _until_at_rest(desk, stride, before)
    except Surprise as surprise:
        told = {"kind": surprise.kind, **surprise.fields}
        desk.records.keep(replace(_latest(desk, record), state=State.STOPPED, stopped=told))
        raise
    return desk.records.keep(replace(record, state=State.DONE))


def _latest(desk: Desk, record: Record) -> Record:
    return next(one for one in desk.records.all() if one.number == record.number)


async def _where_it_stands(desk: Desk, record: Record) -> Rows:
    """Return what is configured; the entries of the steps must be as the record says."""
    now = await _read(desk)
    may_be: dict[tuple[Kind, str], list[Row | None]] = {}
    for at, stride in enumerate(record.strides):
        entry = stride.kind, stride.name
        if at < record.done:
            may_be[entry] = [stride.after]
        expected = may_be.setdefault(entry, [stride.before])
        if at == record.done and record.writing:
            expected.append(stride.after)
    for (kind, name), rows in may_be.items():
        if now.of(kind, name) not in rows:
            raise _changed(desk, record, kind, name, now.of(kind, name), rows[0])
    return now


def _changed(
    desk: Desk, record: Record, kind: Kind, name: str, here: Row | None, expected: Row | None
) -> Surprise:
    who = desk.changed_by(kind, name, record.begun_s)
    fields = {"part": str(kind), "name": name, "now": shown(here), "expected": shown(expected)}
    return Surprise("changed", **fields, by=who)


def shown(row: Row | None) -> str:
    """Return an entry in one line."""
    return "–" if row is None else ", ".join(f"{k}={v}" for k, v in sorted(row.items())) or "{}"


async def _step(desk: Desk, record: Record, expected: Rows, stride: Stride) -> tuple[Record, Rows]:
    now = await _read(desk)
    after = expected.with_row(stride.kind, stride.name, stride.after)
    if not (record.writing and not now.differences(after)):
        _same(desk, record, now, expected)
        record = desk.records.keep(replace(record, writing=True))
        await _written(desk, stride, now)
        now = await _read(desk)
        _same(desk, record, now, after)
    return desk.records.keep(replace(record, done=record.done + 1, writing=False)), now


def _same(desk: Desk, record: Record, now: Rows, expected: Rows) -> None:
    for kind, name in now.differences(expected):
        raise _changed(desk, record, kind, name, now.of(kind, name), expected.of(kind, name))


async def _written(desk: Desk, stride: Stride, now: Rows) -> None:
    """Make a step; where nobody knows whether it was made, the next look tells."""
    try:
        await desk.write(stride, now)
    except ApiFailure as failure:
        if not failure.error.unknown:
            told = {
                "name": stride.name,
                "part": str(stride.kind),
                "told": plain_words(failure.error),
            }
            raise Surprise("refused", **told) from None
    except OSError as failure:
        raise Surprise("not_kept", name=stride.name, told=in_system_words(failure)) from None


async def _read(desk: Desk) -> Rows:
    try:
        return await desk.rows()
    except ApiFailure as failure:
        raise Surprise("unread", told=plain_words(failure.error)) from None


async def _status(desk: Desk) -> "ManagerFiles":
    try:
        return await desk.api.manager_status()
    except ApiFailure as failure:
        raise Surprise("unread", told=plain_words(failure.error)) from None


async def _until_at_rest(desk: Desk, stride: Stride, before: "ManagerFiles") -> None:
    """Wait for what was foreseen of a step; anything else is a surprise."""
    left = {str(move["sid"]): move for move in stride.moves}
    until_s = PATIENCE_S + max((m["after_s"][1] for m in left.values() if m["after_s"]), default=0)
    waited_s = 0.0
    while True:
        files = await _status(desk)
        _no_trouble(files, before)
        for sid, move in list(left.items()):
            service = files.services.get(sid)
            if service is None or service.state not in AT_REST or service.target is not None:
                continue
            if _is_there(service, move):
                del left[sid]
            elif move["from"] is not None and service.node not in (move["from"], move["to"]):
                raise Surprise("elsewhere", sid=sid, node=service.node, to=move["to"])
        if not left:
            return
        if waited_s >= until_s:
            raise Surprise("late", sids=sorted(left), waited_s=round(waited_s))
        await desk.pause(LOOK_S)
        waited_s += LOOK_S


def _no_trouble(files: "ManagerFiles", before: "ManagerFiles") -> None:
    """Raise the surprise that a node was lost, or a resource is in error, since the apply began."""
    for node, state in sorted(files.node_states.items()):
        if state in ("unknown", "fence") and before.node_states.get(node) == "online":
            raise Surprise("node_lost", node=node)
    for sid, service in sorted(files.services.items()):
        known = before.services.get(sid)
        if service.state == "error" and (known is None or known.state != "error"):
            raise Surprise("in_error", sid=sid)


def _is_there(service: Any, move: Mapping[str, Any]) -> bool:
    if move["how"] == "stops":
        return bool(service.state == "stopped")
    if move["how"] == "starts":
        return bool(service.state == "started" and service.node == move["to"])
    if move["how"] == "stopped" and move["from"] == move["to"]:
        return bool(service.state == "started")
    return bool(service.node == move["to"])
