"""Changes that are collected in the page, looked at together, and applied once.

The draft is one for all who use the console. With four eyes it is applied only once somebody else
than those who collected its changes, and than who applies it, has approved exactly this draft.
"""

import contextlib
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from virton.console.one_at_a_time import OneAtATime
from virton.console.player import ask_player
from virton.damage import reading
from virton.plans.applying import Desk, Surprise, begin, carry_out, strides_of
from virton.plans.desired import Desired, desired_of
from virton.plans.domains import DomainsFile
from virton.plans.entries import Kind
from virton.plans.records import Record, Records, Stride
from virton.plans.undoing import undo, undoing
from virton.proxmox import ApiFailure, ClusterApi
from virton.proxmox.capture import take_capture
from virton.proxmox.features import Features
from virton.whole_file import put_in_place

FILE = "plan-draft.json"
_ADVICE = "Delete it: the changes that were collected have to be collected anew then."
Tree = dict[str, Any]


class NotNowError(Exception):
    """A plan cannot be applied or undone now: why, a word for which there is a sentence."""

    def __init__(self, why: str, **fields: Any) -> None:
        """Say why, and with what."""
        super().__init__(why)
        self.why = why
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Draft:
    """What was collected: the parts of a file, who collected each entry, and who approves of it."""

    tree: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    by: Mapping[str, str] = field(default_factory=dict)
    approved_by: tuple[str, ...] = ()

    @property
    def desired(self) -> Desired:
        """The draft as a file would hold it; raises DesiredError."""
        return desired_of({"version": 1, **self.tree})

    @property
    def digest(self) -> str:
        """What identifies exactly this draft."""
        text = json.dumps(self.tree, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def with_entry(self, kind: Kind, name: str, told: Any, who: str) -> "Draft":
        """Return the draft with an entry; whoever approved it has to look again."""
        part = {**self.tree.get(kind, {}), name: told}
        by = {**self.by, f"{kind}/{name}": who}
        return Draft({**self.tree, str(kind): part}, by)

    def without(self, kind: Kind, name: str) -> "Draft":
        """Return the draft without an entry."""
        part = {key: told for key, told in self.tree.get(kind, {}).items() if key != name}
        tree = {key: told for key, told in {**self.tree, str(kind): part}.items() if told}
        by = {entry: who for entry, who in self.by.items() if entry != f"{kind}/{name}"}
        return Draft(tree, by)


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who is logged in, and the cluster as they may use it."""

    user: str
    api: ClusterApi
    features: Features


class PlanBook(OneAtATime):
    """The draft, and what is applied of drafts: one at a time."""

    def __init__(
        self, data: Path, *, four_eyes: bool, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        super().__init__()
        self._file = data / FILE
        self._data = data
        self._sleep = sleep
        self.four_eyes = four_eyes
        self.draft = self._read()

    def _read(self) -> Draft:
        """Return what was kept; raises DamagedError where that cannot be read."""
        if not self._file.exists():
            return Draft()
        with reading(str(self._file), _ADVICE):
            told = json.loads(self._file.read_text("utf-8"))
            return Draft(told["tree"], told["by"], tuple(told["approved_by"]))

    def keep(self, draft: Draft) -> None:
        """Keep a draft in the place of the one before; raises DesiredError and OSError."""
        _ = draft.desired
        told = {"tree": draft.tree, "by": draft.by, "approved_by": list(draft.approved_by)}
        put_in_place(self._file, json.dumps(told, indent=1))
        self.draft = draft

    def approve(self, user: str, digest: str) -> None:
        """Note that somebody approves of exactly this draft; raises NotNowError."""
        if digest != self.draft.digest:
            raise NotNowError("draft_changed")
        if user in self.draft.by.values():
            raise NotNowError("own_draft")
        approved = tuple(dict.fromkeys((*self.draft.approved_by, user)))
        self.keep(replace(self.draft, approved_by=approved))

    async def look(self, who: Who) -> dict[str, Any]:
        """Return what the draft would do; raises DesiredError and ApiFailure."""
        _ = self.draft.desired
        asked = {"do": "plan", "tree": {"version": 1, **self.draft.tree}}
        told = await ask_player(asked | await self._cluster(who))
        plan: dict[str, Any] = told["plan"]
        return plan

    async def apply(self, who: Who, digest: str, why: str, at_s: int) -> Record:
        """Begin to apply the draft; raises NotNowError, BusyError, DesiredError and ApiFailure."""
        if digest != self.draft.digest:
            raise NotNowError("draft_changed")
        if self.four_eyes and not set(self.draft.approved_by) - {who.user}:
            raise NotNowError("not_approved")
        desk = await self._desk(who)
        with ExitStack() as stack:
            self._enter(stack, desk, who, why)
            rows = await desk.rows()
            plan = await self.look(who)
            if plan["conflicts"]:
                raise NotNowError("conflicts_first")
            if not plan["steps"]:
                raise NotNowError("nothing")
            record = begin(desk, strides_of(plan, rows), rows, who=who.user, why=why, at_s=at_s)
            self._start(stack, carry_out(desk, record), ends_draft=True)
            return record

    async def go_on(self, who: Who) -> Record:
        """Go on with what was stopped; raises NotNowError, BusyError and ApiFailure."""
        desk = await self._desk(who)
        with ExitStack() as stack:
            stack.enter_context(desk.records.alone({"who": who.user, "why": ""}))
            record = desk.records.unfinished()
            if record is None:
                raise NotNowError("nothing")
            if record.undoes is None:
                work = carry_out(desk, record)
            else:
                target = next(one for one in desk.records.all() if one.number == record.undoes)
                work = undo(desk, record, target, exact=False)
            self._start(stack, work, ends_draft=False)
            return record

    async def undo(self, who: Who, number: int, at_s: int) -> Record:
        """Begin to undo; raises NotNowError, BusyError, ForeignChangeError and ApiFailure."""
        desk = await self._desk(who)
        with ExitStack() as stack:
            stack.enter_context(desk.records.alone({"who": who.user, "why": "undo"}))
            target = desk.records.undoable(number)
            if target is None:
                raise NotNowError("nothing_to_undo")
            rows = await desk.rows()
            strides = [stride.to_json() for stride in undoing(target, rows)]
            asked = {"do": "foresee", "strides": strides} | await self._cluster(who)
            steps = [Stride.from_json(one) for one in (await ask_player(asked))["strides"]]
            record = begin(desk, steps, rows, who=who.user, why="", at_s=at_s, undoes=target.number)
            self._start(stack, undo(desk, record, target, exact=False), ends_draft=False)
            return record

    async def records(self, who: Who) -> list[Record]:
        """Return what was applied and undone, the newest first."""
        return (await self._desk(who)).records.all()[::-1]

    def _enter(self, stack: ExitStack, desk: Desk, who: Who, why: str) -> None:
        stack.enter_context(desk.records.alone({"who": who.user, "why": why}))
        if desk.records.unfinished() is not None:
            raise NotNowError("unfinished")

    def _start(self, stack: ExitStack, work: Awaitable[Any], *, ends_draft: bool) -> None:
        """Let the steps be made in the background; the lock is held until they are."""
        held = stack.pop_all()

        async def worked() -> None:
            with held, contextlib.suppress(Surprise, ApiFailure):
                await work
                if ends_draft:
                    self.keep(Draft())

        self._begin(worked())

    async def _desk(self, who: Who) -> Desk:
        name = (await who.api.membership()).name or "cluster"
        records = Records(self._data, name)
        return Desk(who.api, who.features, records, DomainsFile(self._data), self._sleep)

    async def _cluster(self, who: Who) -> dict[str, Any]:
        domains = DomainsFile(self._data).named()
        return {"document": json.loads(await take_capture(who.api)), "domains": domains}
