"""A drill that is held in the page: proposed, agreed to by two people, carried out, and reported."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from virton import __version__
from virton.console.clock import Clock
from virton.console.lender import Lender
from virton.console.one_at_a_time import OneAtATime
from virton.console.player import ask_player
from virton.console.session_cookie import Session
from virton.damage import in_system_words
from virton.language.drills import outcome
from virton.language.sentences import Sentences
from virton.plans.desired import DesiredError
from virton.plans.drill import Drill, Fault, Tried, read_form
from virton.plans.drill_keeper import DrillKeeper, Proposal, Started, UnderWay
from virton.plans.drill_measures import measured_of
from virton.plans.drilling import (
    LOOK_S,
    Foreseen,
    LostMomentError,
    NotReturnedError,
    Phase,
    Watch,
    try_all,
)
from virton.plans.looking import Look, looks
from virton.proxmox import ApiFailure, ClusterApi, ProxmoxClient
from virton.proxmox.plain_words import plain_words
from virton.whole_file import put_in_place

FOLDER, TEMPLATE = "drills", "template.html"
log = logging.getLogger(__name__)
FILES = ("report.html", "report.json", "capture.json")


class NotNowError(Exception):
    """Something cannot be done in this phase of a drill: a word for which there is a sentence."""


@dataclass
class Course:
    """Where a drill stands: the fault at hand, what is waited for, and what was seen.

    `trouble` is a word for which there is a sentence, and what it says more closely.
    """

    at: int = 0
    waits: str | None = None
    after_s: int = 0
    steps: list[dict[str, Any]] = field(default_factory=list)
    trouble: tuple[str, str] | None = None
    result: str | None = None
    outcomes: list[str] = field(default_factory=list)
    lacks_hands: bool = False


class DrillBook(OneAtATime):
    """One drill at a time; it survives a restart, and its report is kept in the data folder."""

    def __init__(
        self,
        data: Path,
        client: ProxmoxClient,
        clock: Clock,
        lender: Lender,
        has_ended: Callable[[Session], bool],
    ) -> None:
        super().__init__()
        self._folder = data / FOLDER
        self._client = client
        self._clock = clock
        self._lender = lender
        self._has_ended = has_ended
        self._keeper = DrillKeeper(self._folder)
        self._done = asyncio.Event()
        self._hands: Session | None = None
        self.under_way = self._keeper.read()
        self.course = Course() if self._is_begun else None

    @property
    def proposal(self) -> Proposal | None:
        """What was put forward."""
        return None if self.under_way is None else self.under_way.proposal

    @property
    def started(self) -> Started | None:
        """Who has begun the drill, if it was begun."""
        return None if self.under_way is None else self.under_way.started

    @property
    def _is_begun(self) -> bool:
        return self.started is not None

    @property
    def report(self) -> Path | None:
        """The folder of the newest report, if there is one."""
        found = sorted(self._folder.glob("*/report.html"))
        return found[-1].parent if found else None

    # what people do

    def propose(self, form: Any, faults: tuple[Fault, ...], by: str, *, lab: bool) -> None:
        """Put a drill forward; raises FieldError, NotNowError and OSError."""
        proposal = Proposal(read_form(form), faults, by, lab)
        self._still()
        if self.under_way is not None and not (self.course and self.course.result):
            raise NotNowError("put_forward")
        self._keep(UnderWay(proposal))
        self.course = None

    def _keep(self, under_way: UnderWay) -> None:
        self._keeper.keep(under_way)
        self.under_way = under_way

    def withdraw(self) -> None:
        """Forget what was put forward, or the drill that is over; raises NotNowError."""
        self._still()
        self._keeper.forget()
        self.under_way = self.course = None

    def _still(self) -> None:
        if self.is_busy:
            raise NotNowError("under_way")

    def agree(self, user: str, digest: str, at_s: int) -> None:
        """Note that somebody agrees: the proposer as examiner, another one as approver."""
        self._still()
        proposal = self.proposal
        if proposal is None or self._is_begun or digest != proposal.digest:
            raise NotNowError("changed")
        role = "examiner" if user == proposal.by else "approver"
        kept = [one for one in proposal.consents if one["role"] != role]
        told = {"role": role, "name": proposal.form[role], "user": user, "at_s": at_s}
        consents = tuple(sorted([*kept, told], key=lambda one: str(one["role"]), reverse=True))
        self._keep(UnderWay(replace(proposal, consents=consents)))

    def start(self, session: Session, lang: str, now_s: int) -> None:
        """Begin; raises NotNowError unless two people agree."""
        self._still()
        proposal = self.proposal
        if proposal is None or len(proposal.consents) < 2:
            raise NotNowError("two_agree")
        if self._is_begun:
            raise NotNowError("changed")
        self._keep(UnderWay(proposal, Started(session.user, lang, now_s)))
        self._hands = session
        self.go_on()

    def lend(self, session: Session) -> None:
        """Let the lab be used under the permissions of this session, if its user has begun it."""
        if self.started is not None and self.started.who == session.user:
            self._hands = session

    def done(self) -> None:
        """Hear that an operator has done what was waited for; raises NotNowError."""
        if self.course is None or self.course.waits is None:
            raise NotNowError("nothing_waits")
        self._done.set()

    async def stop(self, user: str) -> None:
        """Stop a drill under way: nothing more is done, and there is no report of it."""
        if not self.is_busy or self.course is None:
            raise NotNowError("nothing_waits")
        await self.end()
        self.course.trouble = ("stopped", user)
        self._keeper.forget()
        if self.under_way is not None:
            self.under_way = UnderWay(self.under_way.proposal)

    def go_on(self) -> None:
        """Go on with a drill that was begun, where it stands; raises NotNowError."""
        self._still()
        if not self._is_begun or (self.course is not None and self.course.result):
            raise NotNowError("nothing_waits")
        self.course = Course()
        self._begin(self._held(self.course))

    # the course

    async def _held(self, course: Course) -> None:
        try:
            await self._try_all(course)
            await self._report(course)
        except NotReturnedError:
            course.trouble = ("not_returned", "")
        except LostMomentError:
            course.trouble = ("moment_lost", "")
        except DesiredError as wrong:
            said = Sentences.of(self.started.lang if self.started else "ko")
            fields = {"field": wrong.field, **wrong.fields}
            course.trouble = ("failed", said.say(f"plans.wrong.{wrong.problem}", fields))
        except (ApiFailure, OSError) as failure:  # a time that is over is one, too
            course.trouble = ("failed", _why(failure))
        except Exception:  # whatever it is, it must not end in silence
            log.exception("the drill ended early")
            course.trouble = ("failed", "the console made a mistake; see its log")
        finally:
            course.waits, course.lacks_hands = None, False

    async def _try_all(self, course: Course) -> None:
        api = ClusterApi(self._client, self._lender.current())

        async def pause(seconds: float) -> None:
            api.credentials = self._lender.current() or api.credentials
            await self._clock.sleep(seconds)

        while api.credentials is None:  # nobody is logged in yet
            await pause(LOOK_S)
        proposal = self._known.proposal
        for fault, tried in zip(proposal.faults, self._known.tried, strict=False):
            _told_again(_telling(course, fault), tried)

        def watch_of(fault: Fault) -> Watch:
            told, begun = _telling(course, fault), self._known.trying
            course.at, course.after_s = len(self._known.tried), 0
            if begun is not None and begun.phase is not Phase.WAITS:
                _told_again(told, begun.tried)
            return Watch(api, pause, told)

        hand = _Hand(self, course, pause, proposal.lab)
        await try_all(self._known, self._keep, watch_of, hand, _foresee)

    @property
    def _known(self) -> UnderWay:
        assert self.under_way is not None  # noqa: S101 - it was begun
        return self.under_way

    async def _report(self, course: Course) -> None:
        proposal, started = self._known.proposal, self._known.started
        assert started is not None  # noqa: S101 - it was begun
        drill = Drill(
            proposal.form, proposal.consents, self._known.tried, __version__, self._last()
        )
        asked = {"do": "report", "drill": drill.to_json(), "lang": started.lang}
        own = self._folder / TEMPLATE
        told = await ask_player(asked | ({"template": str(own)} if own.is_file() else {}))
        folder = self._folder / str(started.at_s)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        put_in_place(folder / "capture.json", drill.text)
        put_in_place(folder / "report.json", told["text"])
        put_in_place(folder / "report.html", told["html"])
        course.outcomes = list(_outcomes(json.loads(told["text"]), Sentences.of(started.lang)))
        course.result = told["result"]
        self._keeper.forget()

    def _last(self) -> Mapping[str, Any] | None:
        folder = self.report
        if folder is None:
            return None
        with contextlib.suppress(OSError, ValueError):
            return measured_of(json.loads((folder / "report.json").read_text("utf-8")))
        return None

    async def wait_for(self, what: str, course: Course) -> None:
        """Wait until an operator says that it is done."""
        self._done.clear()
        course.waits = what
        await self._done.wait()
        course.waits = None

    @property
    def hands(self) -> Session | None:
        """The session under which the lab is used; it ends with its user's logout."""
        if self._hands is not None and self._has_ended(self._hands):
            self._hands = None
        return self._hands

    async def switch(self, session: Session, body: Mapping[str, Any]) -> None:
        """Throw a switch of the cluster's lab."""
        await self._client.plain("POST", "/lab", session.ticket, body)


@dataclass(frozen=True)
class _Hand:
    """The lab, or the operator who is asked in the page."""

    book: DrillBook
    course: Course
    pause: Callable[[float], Awaitable[None]]
    lab: bool

    @property
    def name(self) -> str:
        return "lab" if self.lab else "operator"

    async def strike(self, fault: Fault) -> None:
        if not self.lab:
            await self.book.wait_for(f"pull.{fault.how}", self.course)
            return
        action = "power" if fault.how == "lose" else "network"
        await self._switch({"action": action, "node": fault.node, "on": False})

    async def mend(self, fault: Fault) -> None:
        if not self.lab:
            await self.book.wait_for(f"mend.{fault.how}", self.course)
            return
        for action in ("network", "power"):
            await self._switch({"action": action, "node": fault.node, "on": True})

    async def _switch(self, body: Mapping[str, Any]) -> None:
        while (session := self.book.hands) is None:
            self.course.lacks_hands = True
            await self.pause(LOOK_S)
        self.course.lacks_hands = False
        await self.book.switch(session, body)


async def _foresee(document: dict[str, Any], fault: Fault) -> Foreseen:
    asked = {"do": "expect", "document": document, "how": fault.how, "node": fault.node}
    told = await ask_player(asked)
    return told["back"], told["longest_s"]


def _why(failure: ApiFailure | OSError) -> str:
    if isinstance(failure, ApiFailure):
        return plain_words(failure.error)
    return (
        "it does not answer in time"
        if isinstance(failure, TimeoutError)
        else in_system_words(failure)
    )


def _outcomes(report: Mapping[str, Any], said: Sentences) -> Iterator[str]:
    for scenario in report["scenarios"]:
        for row in scenario["rows"]:
            yield f"{scenario['title']}: {outcome(row, said)}"


Tell = Callable[[Look, int], None]


def _telling(course: Course, fault: Fault) -> Tell:
    def tell(seen: Look, after_s: int) -> None:
        course.after_s = after_s
        state = seen.nodes.get(fault.node, "")
        told = {"fault": fault.words, "node": fault.node, "state": state, "after_s": after_s}
        if not course.steps or any(
            course.steps[-1][key] != told[key] for key in ("fault", "state")
        ):
            course.steps.append(told)

    return tell


def _told_again(tell: Tell, tried: Tried) -> None:
    for seen in list(looks(tried.looks))[1:]:
        tell(seen, seen.at_s - tried.struck_s)
