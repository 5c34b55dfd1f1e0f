"""Changes that are collected in the page, looked at together, and applied once.

The draft is one for all who use the console. With four eyes it is applied only once somebody else
than those who collected its changes, and than who applies it, has approved exactly this draft.
"""

import json
import logging
from collections.abc import Awaitable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from virton.console.audited import Auditor
from virton.console.clock import Clock
from virton.console.one_at_a_time import OneAtATime
from virton.console.plan_draft import Draft, read_draft
from virton.console.player import ask_player
from virton.damage import DamagedError, in_system_words, reading
from virton.plans.applying import (
    Desk,
    Surprise,
    begin,
    carry_out,
    require_unchanged,
    strides_of,
)
from virton.plans.changers import Changers
from virton.plans.desired import desired_of
from virton.plans.digest import digest_of
from virton.plans.domains import DomainsFile
from virton.plans.entries import Kind
from virton.plans.records import Record, Records, Stride, note_of
from virton.plans.rows import Rows
from virton.plans.undoing import misplaced, order_after, undo, undoing
from virton.proxmox import ApiFailure, ClusterApi
from virton.proxmox.capture import take_capture
from virton.proxmox.features import Features
from virton.strict_json import read_json
from virton.whole_file import put_in_place

FILE = "plan-draft.json"
_ADVICE = "Delete it: the changes that were collected have to be collected anew then."
MOST_LOOKS = 20
log = logging.getLogger(__name__)


class NotNowError(Exception):
    """A plan cannot be applied or undone now: why, a word for which there is a sentence."""

    def __init__(self, why: str, **fields: Any) -> None:
        """Say why, and with what."""
        super().__init__(why)
        self.why = why
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody was shown: of which draft, what was configured, the edits, and when."""

    draft: str
    rows: Rows
    edits: str
    at_s: float

    @property
    def token(self) -> str:
        """What identifies what was shown."""
        return digest_of([self.draft, self.rows.to_json(), self.edits])


@dataclass(frozen=True, slots=True)
class Undoing:
    """What an undo would do: the steps, and which entries would not stand in their old places."""

    target: Record
    rows: Rows
    steps: tuple[Stride, ...]
    at_s: float

    @property
    def places(self) -> tuple[str, ...]:
        """The entries that are taken out and in again where it shall be exact."""
        return misplaced(order_after(self.steps, self.rows), self.target.rows)

    def edits(self, *, exact: bool) -> str:
        """Return what identifies exactly this undo."""
        told = [step.edit.to_json() for step in self.steps]
        return digest_of([told, list(self.places) if exact else []])


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who is logged in, and the cluster as they may use it."""

    user: str
    api: ClusterApi
    features: Features


class PlanBook(OneAtATime):
    """The draft, and what is applied of drafts: one at a time."""

    def __init__(self, data: Path, *, four_eyes: bool, clock: Clock) -> None:
        super().__init__()
        self._file = data / FILE
        self._data = data
        self._clock = clock
        self._looks: dict[str, Looked] = {}
        self.trouble: str | None = None
        self.four_eyes = four_eyes
        self.auditor: Auditor | None = None
        self.draft = self._read()

    def _read(self) -> Draft:
        """Return what was kept; raises DamagedError where that cannot be read."""
        if not self._file.exists():
            return Draft()
        with reading(str(self._file), _ADVICE):
            return read_draft(read_json(self._file.read_text("utf-8")))

    def keep(self, draft: Draft) -> None:
        """Keep a draft in the place of the one before; raises DesiredError and OSError."""
        desired_of(draft.file)
        told = {"tree": draft.tree, "by": draft.by, "approved": draft.approved}
        put_in_place(self._file, json.dumps(told, indent=1))
        self.draft = draft

    def discard(self, digest: str) -> None:
        """Forget what was collected; raises NotNowError where it is not what was looked at."""
        if digest != self.draft.digest:
            raise NotNowError("draft_changed")
        self.keep(Draft())

    def approve(self, user: str, look: str) -> None:
        """Note that somebody approves of exactly what was shown; raises NotNowError."""
        seen = self._seen(look)
        if user in self.draft.by.values():
            raise NotNowError("own_draft")
        approved = {**self.draft.approved, user: seen.edits}
        self.keep(replace(self.draft, approved=approved))

    def _seen(self, look: str) -> Looked:
        """Return what was shown, if the draft is still the same; raises NotNowError."""
        seen = self._looks.get(look)
        if seen is None or seen.draft != self.draft.digest:
            raise NotNowError("draft_changed")
        return seen

    async def look(self, who: Who) -> tuple[dict[str, Any], Looked]:
        """Return what the draft would do; raises DesiredError and ApiFailure."""
        desk, draft, at_s = await self._desk(who), self.draft, self._clock.time()
        rows = await desk.rows()
        plan = await self._plan(who, draft)
        looked = Looked(draft.digest, rows, _edits(plan), at_s)
        self._looks = {**dict(list(self._looks.items())[-MOST_LOOKS:]), looked.token: looked}
        return plan, looked

    async def _plan(self, who: Who, draft: Draft) -> dict[str, Any]:
        asked = {"do": "plan", "tree": draft.file}
        told = await ask_player(asked | await self._cluster(who))
        plan: dict[str, Any] = told["plan"]
        return plan

    async def apply(self, who: Who, look: str, why: str, at_s: int) -> Record:
        """Begin to apply what was shown.

        Raises NotNowError, BusyError, ForeignChangeError, DesiredError and ApiFailure.
        """
        seen, draft = self._seen(look), self.draft
        if self.four_eyes:
            _require_approved(draft.approved, seen.edits, who.user)
        desk = await self._desk(who)
        with ExitStack() as stack:
            stack.enter_context(self._alone(desk, who, why))
            if desk.records.unfinished() is not None:
                raise NotNowError("unfinished")
            await require_unchanged(desk, seen.rows, seen.at_s)
            plan = await self._plan(who, draft)
            if plan["conflicts"]:
                raise NotNowError("conflicts_first")
            if not plan["steps"]:
                raise NotNowError("nothing")
            if _edits(plan) != seen.edits:
                raise NotNowError("draft_changed")
            strides, rows = strides_of(plan, seen.rows), seen.rows
            record = begin(
                desk, strides, rows, who=who.user, why=why, at_s=at_s, collected=draft.tree
            )
            self._start(stack, carry_out(self._credited(desk, record), record, fresh=True))
            return record

    async def go_on(self, who: Who) -> Record:
        """Go on with what was stopped; raises NotNowError, BusyError and ApiFailure."""
        desk = await self._desk(who)
        with ExitStack() as stack:
            stack.enter_context(self._alone(desk, who, ""))
            record = desk.records.unfinished()
            if record is None:
                raise NotNowError("none_stopped")
            desk = self._credited(desk, record)
            if record.undoes is None:
                work = carry_out(desk, record)
            else:
                target = next(one for one in desk.records.all() if one.number == record.undoes)
                work = undo(desk, record, target, exact=record.exact)
            self._start(stack, work)
            return record

    async def close(self, who: Who, number: int) -> Record:
        """Leave what was stopped as it is; raises NotNowError and BusyError."""
        desk = await self._desk(who)
        with self._alone(desk, who, ""):
            record = desk.records.unfinished()
            if record is None or record.number != number:
                raise NotNowError("none_stopped")
            return desk.records.close(record)

    async def look_at_undo(self, who: Who, number: int) -> Undoing:
        """Return what an undo would do; raises NotNowError, ForeignChangeError and ApiFailure."""
        return await self._undoing(await self._desk(who), who, number)

    async def _undoing(self, desk: Desk, who: Who, number: int) -> Undoing:
        target = _undoable(desk, number)
        rows, seen_s = await desk.rows(), self._clock.time()
        strides = [stride.to_json() for stride in undoing(desk, target, rows)]
        asked = {"do": "foresee", "strides": strides} | await self._cluster(who)
        told = await ask_player(asked)
        steps = tuple(Stride.from_json(one) for one in told["strides"])
        return Undoing(target, rows, steps, seen_s)

    async def approve_undo(self, who: Who, number: int, *, exact: bool) -> None:
        """Note that somebody approves of exactly this undo; raises what looking at it does."""
        desk = await self._desk(who)
        with self._alone(desk, who, ""):
            undoing = await self._undoing(desk, who, number)
            approved = {**undoing.target.approved, who.user: undoing.edits(exact=exact)}
            desk.records.keep(replace(undoing.target, approved=approved))

    async def undo(self, who: Who, number: int, at_s: int, *, exact: bool) -> Record:
        """Begin to undo; raises NotNowError, BusyError, ForeignChangeError and ApiFailure."""
        desk = await self._desk(who)
        with ExitStack() as stack:
            stack.enter_context(self._alone(desk, who, "undo"))
            begun = desk.records.unfinished()
            if begun is not None and begun.undoes is not None:
                raise NotNowError("unfinished")
            if self.four_eyes:
                _others(_undoable(desk, number).approved, who.user)  # before anything is played
            seen = await self._undoing(desk, who, number)
            if self.four_eyes:
                _require_approved(seen.target.approved, seen.edits(exact=exact), who.user)
            await require_unchanged(desk, seen.rows, seen.at_s)
            target, steps = seen.target, seen.steps
            record = begin(
                desk, steps, seen.rows, who=who.user, why="", at_s=at_s, undoes=target.number
            )
            record = desk.records.keep(replace(record, exact=exact))
            self._start(stack, undo(self._credited(desk, record), record, target, exact=exact))
            return record

    async def records(self, who: Who) -> Records:
        """Return what was applied and undone."""
        return (await self._desk(who)).records

    def _alone(self, desk: Desk, who: Who, why: str) -> AbstractContextManager[None]:
        return desk.records.alone(note_of(who.user, why, self._clock.time()))

    def _start(self, stack: ExitStack, work: Awaitable[Record]) -> None:
        """Let the steps be made in the background; the lock is held until they are.

        What was collected meanwhile stays in the draft.
        """
        held, self.trouble = stack.pop_all(), None

        async def worked() -> None:
            with held:
                try:
                    ended = await work
                    left = self.draft.less(ended.collected)
                    if left is not self.draft:
                        self.keep(left)
                except (Surprise, ApiFailure):
                    pass  # the record says so
                except (OSError, DamagedError) as failure:
                    log.warning("the plan's books are not kept: %s", failure)
                    self.trouble = (
                        in_system_words(failure) if isinstance(failure, OSError) else str(failure)
                    )
                except Exception:  # whatever it is, it must not end in silence
                    log.exception("the apply ended early")
                    self.trouble = "the console made a mistake; see its log"

        self._begin(worked())

    async def _desk(self, who: Who) -> Desk:
        name = (await who.api.membership()).name or "cluster"
        records, domains = Records(self._data, name), DomainsFile(self._data)
        changed_by = Changers(self._data).of
        return Desk(
            who.api, who.features, records, domains, self._clock.sleep, changed_by=changed_by
        )

    def _credited(self, desk: Desk, record: Record) -> Desk:
        """Return the desk, of whose steps history and audit hear who asked for them, in which plan."""
        auditor, who, plan = self.auditor, record.who, record.number
        if auditor is None:
            return desk

        def asks(stride: Stride) -> None:
            auditor.will_do(who, *deed_of(stride, plan))

        def tell(_: int, stride: Stride) -> None:
            auditor.has_done(who, *deed_of(stride, plan))

        return replace(desk, asks=asks, tell=tell)

    async def _cluster(self, who: Who) -> dict[str, Any]:
        domains = DomainsFile(self._data).named()
        return {"document": json.loads(await take_capture(who.api)), "domains": domains}


_PATHS = {Kind.RESOURCE: ("/api/resources", "sid"), Kind.RULE: ("/api/rules", "rule")}
_WHOLE = {Kind.SETTING: "PUT /api/ha/settings", Kind.DOMAIN: "PUT /api/forecast/domains"}


def deed_of(stride: Stride, plan: int) -> tuple[str, dict[str, Any]]:
    """Return a step as the request that does the same, with the plan to which it belongs."""
    if stride.kind in _WHOLE:
        return _WHOLE[stride.kind], {"plan": plan}
    path, name = _PATHS[stride.kind]
    if stride.before is None:
        return f"POST {path}", {name: stride.name, "plan": plan}
    method = "DELETE" if stride.after is None else "PUT"
    return f"{method} {path}/{stride.name}", {"plan": plan}


def _require_approved(approved: Mapping[str, str], edits: str, user: str) -> None:
    """Raise NotNowError unless somebody else has approved exactly these edits."""
    others = _others(approved, user)
    if edits not in others.values():
        raise NotNowError("approved_otherwise", who=sorted(others))


def _others(approved: Mapping[str, str], user: str) -> Mapping[str, str]:
    """Return what others have approved; raises NotNowError where nobody has anything."""
    others = {one: seen for one, seen in approved.items() if one != user}
    if not others:
        raise NotNowError("not_approved")
    return others


def _undoable(desk: Desk, number: int) -> Record:
    target = desk.records.undoable(number)
    if target is None:
        raise NotNowError("nothing_to_undo")
    return target


def _edits(plan: Mapping[str, Any]) -> str:
    """Return what identifies the edits of a plan, whatever their order."""
    told = [[step[key] for key in ("kind", "name", "before", "after")] for step in plan["steps"]]
    return digest_of(sorted(told, key=lambda one: (one[0], one[1])))
