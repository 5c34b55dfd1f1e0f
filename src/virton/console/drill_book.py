"""A drill that is held in the page: proposed, agreed to by two people, carried out, and reported."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from virton import __version__
from virton.console.one_at_a_time import OneAtATime
from virton.console.player import ask_player
from virton.plans.drill import Drill, Fault, Tried, read_form
from virton.plans.drill_measures import measured_of
from virton.plans.drilling import Foreseen, NotReturnedError, Watch, try_out
from virton.plans.looking import Look
from virton.proxmox import ApiFailure, ClusterApi, ProxmoxClient

FOLDER = "drills"
FILES = ("report.html", "report.json", "capture.json")


class NotNowError(Exception):
    """Something cannot be done in this phase of a drill: a word for which there is a sentence."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be tried, who proposes it, and who agrees: their user, role and time."""

    form: Mapping[str, Any]
    faults: tuple[Fault, ...]
    by: str
    lab: bool
    consents: tuple[Mapping[str, Any], ...] = ()

    @property
    def digest(self) -> str:
        """What identifies exactly this proposal."""
        told = [dict(self.form), [fault.words for fault in self.faults], self.lab]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


@dataclass
class Course:
    """Where a drill stands: the fault at hand, what is waited for, and what was seen."""

    at: int = 0
    waits: str | None = None
    after_s: int = 0
    steps: list[dict[str, Any]] = field(default_factory=list)
    trouble: str | None = None
    result: str | None = None


class DrillBook(OneAtATime):
    """One drill at a time; its report is kept in the data folder."""

    def __init__(
        self, data: Path, client: ProxmoxClient, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        super().__init__()
        self._folder = data / FOLDER
        self._client = client
        self._sleep = sleep
        self._go_on = asyncio.Event()
        self.proposal: Proposal | None = None
        self.course: Course | None = None

    @property
    def report(self) -> Path | None:
        """The folder of the newest report, if there is one."""
        found = sorted(self._folder.glob("*/report.html"))
        return found[-1].parent if found else None

    def propose(self, form: Any, faults: tuple[Fault, ...], by: str, *, lab: bool) -> None:
        """Put a drill forward; raises DrillError and NotNowError."""
        self._still()
        self.proposal, self.course = Proposal(read_form(form), faults, by, lab), None

    def withdraw(self) -> None:
        """Forget what was put forward, or the drill that is over; raises NotNowError."""
        self._still()
        self.proposal = self.course = None

    def _still(self) -> None:
        if self.is_busy:
            raise NotNowError("under_way")

    def agree(self, user: str, digest: str, at_s: int) -> None:
        """Note that somebody agrees: the proposer as examiner, another one as approver."""
        self._still()
        proposal = self.proposal
        if proposal is None or digest != proposal.digest:
            raise NotNowError("changed")
        role = "examiner" if user == proposal.by else "approver"
        kept = [one for one in proposal.consents if one["role"] != role]
        told = {"role": role, "name": proposal.form[role], "user": user, "at_s": at_s}
        consents = tuple(sorted([*kept, told], key=lambda one: str(one["role"]), reverse=True))
        self.proposal = Proposal(
            proposal.form, proposal.faults, proposal.by, proposal.lab, consents
        )

    def start(self, api: ClusterApi, lang: str, now_s: int) -> None:
        """Begin; raises NotNowError unless two people agree."""
        self._still()
        proposal = self.proposal
        if proposal is None or len(proposal.consents) < 2:
            raise NotNowError("two_agree")
        self.course = Course()
        self._begin(self._held(api, proposal, self.course, lang, now_s))

    def done(self) -> None:
        """Hear that an operator has done what was waited for; raises NotNowError."""
        if self.course is None or self.course.waits is None:
            raise NotNowError("nothing_waits")
        self._go_on.set()

    # the course

    async def _held(
        self, api: ClusterApi, proposal: Proposal, course: Course, lang: str, now_s: int
    ) -> None:
        hand = _Hand(self, api, course, proposal.lab)
        tried: list[Tried] = []
        try:
            for at, fault in enumerate(proposal.faults):
                course.at, course.after_s = at, 0
                watch = Watch(api, self._sleep, _telling(course, fault))
                tried.append(await try_out(watch, hand, fault, _foresee))
            await self._keep(proposal, tried, course, lang, now_s)
        except NotReturnedError:
            course.trouble = "not_returned"
        except (ApiFailure, OSError, TimeoutError) as failure:
            course.trouble = str(failure) or type(failure).__name__
        finally:
            course.waits = None

    async def _keep(
        self, proposal: Proposal, tried: list[Tried], course: Course, lang: str, now_s: int
    ) -> None:
        drill = Drill(proposal.form, proposal.consents, tuple(tried), __version__, self._last())
        told = await ask_player({"do": "report", "drill": drill.to_json(), "lang": lang})
        folder = self._folder / str(now_s)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "capture.json").write_text(drill.text, "utf-8")
        (folder / "report.json").write_text(told["text"], "utf-8")
        (folder / "report.html").write_text(told["html"], "utf-8")
        course.result = told["result"]

    def _last(self) -> dict[str, Any] | None:
        folder = self.report
        if folder is None:
            return None
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return measured_of(json.loads((folder / "report.json").read_text("utf-8")))
        return None

    async def wait_for(self, what: str, course: Course) -> None:
        """Wait until an operator says that it is done."""
        self._go_on.clear()
        course.waits = what
        await self._go_on.wait()
        course.waits = None

    async def switch(self, api: ClusterApi, body: Mapping[str, Any]) -> None:
        """Throw a switch of the cluster's lab."""
        await self._client.plain("POST", "/lab", api.credentials, body)


@dataclass(frozen=True)
class _Hand:
    """The lab, or the operator who is asked in the page."""

    book: DrillBook
    api: ClusterApi
    course: Course
    lab: bool

    @property
    def name(self) -> str:
        return "lab" if self.lab else "operator"

    async def strike(self, fault: Fault) -> None:
        if not self.lab:
            await self.book.wait_for(f"pull.{fault.how}", self.course)
            return
        action = "power" if fault.how == "lose" else "network"
        await self.book.switch(self.api, {"action": action, "node": fault.node, "on": False})

    async def mend(self, fault: Fault) -> None:
        if not self.lab:
            await self.book.wait_for(f"mend.{fault.how}", self.course)
            return
        for action in ("network", "power"):
            await self.book.switch(self.api, {"action": action, "node": fault.node, "on": True})


async def _foresee(document: dict[str, Any], fault: Fault) -> Foreseen:
    asked = {"do": "expect", "document": document, "how": fault.how, "node": fault.node}
    told = await ask_player(asked)
    return told["back"], told["longest_s"]


def _telling(course: Course, fault: Fault) -> Callable[[Look, int], None]:
    def tell(seen: Look, after_s: int) -> None:
        course.after_s = after_s
        state = seen.nodes.get(fault.node, "")
        told = {"fault": fault.words, "node": fault.node, "state": state, "after_s": after_s}
        if not course.steps or any(
            course.steps[-1][key] != told[key] for key in ("fault", "state")
        ):
            course.steps.append(told)

    return tell
