"""The one maintenance of a console: looks, decides, keeps, asks; and goes on after a restart."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from virton.console.audited import Auditor
from virton.console.clock import Clock
from virton.console.lender import Lender
from virton.console.maintenance.agreed import stop_of
from virton.console.maintenance.course import (
    Fact,
    begun,
    decide,
    facts,
    is_empty,
    last_deed,
    not_begun,
    passed,
)
from virton.console.maintenance.deeds import carry_out
from virton.console.maintenance.keeper import Keeper
from virton.console.maintenance.look import Look, look_at
from virton.console.maintenance.work import Asked, Phase, Stop, Work
from virton.console.problems import Refusal
from virton.console.session_cookie import Session
from virton.console.sessions import Sessions
from virton.console.watch.steps import went_well
from virton.proxmox import ApiFailure, ClusterApi, ProxmoxClient
from virton.proxmox.credentials import Credentials
from virton.proxmox.errors import ApiError
from virton.proxmox.servicing import Ceph, ceph
from virton.rare_log import RareLog

LOOK_S = 2.0
FRESH_S = 6.0
"""An older look says nothing about whether a node is empty."""

JUDGE_S = 15.0
"""How often the model is asked whether the next node's turn is still borne."""

log = RareLog(logging.getLogger(__name__))
Planned = Callable[[Credentials, list[str]], Awaitable[Mapping[str, Any]]]
"""Returns the plan for nodes, of the cluster as these credentials see it now."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the model, and Ceph, said last of the next node's turn."""

    at: float = float("-inf")
    facts: tuple[Fact, ...] = ()
    stop: Stop | None = None


class Maintenance:
    """Runs the maintenance that is kept in the data folder, if there is one."""

    def __init__(
        self,
        data: Path,
        client: ProxmoxClient,
        sessions: Sessions,
        lender: Lender,
        clock: Clock,
        auditor: Auditor,
        planned: Planned,
        cluster_time: Callable[[], float] | None = None,
    ) -> None:
        self._keeper = Keeper(data)
        self._client = client
        self._sessions = sessions
        self._lender = lender
        self._clock = clock
        self._auditor = auditor
        self._planned = planned
        self.time = cluster_time or clock.time
        """The cluster's time, by which things are told."""
        self._lent: Session | None = None
        self._judged = Judged()
        self._wanted = asyncio.Event()
        self._at_work = asyncio.Lock()
        self.look: Look | None = None
        self.blind: ApiError | None = None

    # what is known

    @property
    def work(self) -> Work | None:
        """The maintenance under way, or the last one."""
        return self._keeper.work

    @property
    def under_way(self) -> Work | None:
        """The maintenance under way."""
        work = self.work
        return work if work is not None and work.is_under_way else None

    @property
    def fresh_look(self) -> Look | None:
        """The last look, unless it is too old to go by, or of another node."""
        look, work = self.look, self.under_way
        if look is None or work is None or look.node != work.stop.node:
            return None
        return look if self._clock.monotonic() - look.began <= FRESH_S else None

    @property
    def is_empty(self) -> bool:
        """Tell whether the node at hand may be worked on, by a fresh look."""
        work, look = self.under_way, self.fresh_look
        return work is not None and look is not None and is_empty(work, look)

    @property
    def has_hands(self) -> bool:
        """Tell whether somebody is logged in under whose permissions it goes on."""
        return self._hands() is not None

    @property
    def gate(self) -> tuple[Fact, ...]:
        """What must be so before the next node's turn; the model is asked once all else is."""
        work, look = self.under_way, self.fresh_look
        if work is None or look is None or work.phase is not Phase.GATE:
            return ()
        return (*facts(work, look), *self._judged.facts)

    @property
    def planned(self) -> Stop | None:
        """The next node's turn as it would be now, while the gate is shut."""
        return self._judged.stop if self.gate else None

    # what people do

    def lend(self, session: Session) -> None:
        """Let the maintenance go on under the permissions of this session, if its user began it."""
        work = self.under_way
        if work is not None and work.who == session.user:
            self._lent = session

    def begin(self, work: Work, session: Session) -> None:
        """Begin a maintenance; refuse where one is under way."""
        if self.under_way is not None:
            raise self._busy(self.under_way)
        number = self.work.number + 1 if self.work is not None else 1
        self._keep(replace(work, number=number).told(work.began, "began", who=work.who))
        self._lent, self.look, self._judged = session, None, Judged()
        self._wanted.set()

    def _busy(self, work: Work) -> Refusal:
        return Refusal(409, "maintenance_under_way", None, None, who=work.who, node=work.stop.node)

    def change(self, what: str, change: Callable[[Work], Work], session: Session) -> None:
        """Have somebody change the maintenance under way; refuse where there is none."""
        work = self.under_way
        if work is None:
            raise Refusal(409, "no_maintenance")
        self._keep(change(work).told(self.time(), what, who=session.user))
        self.lend(session)
        self._wanted.set()

    def _keep(self, work: Work) -> None:
        try:
            self._keeper.keep(work)
        except OSError as failure:
            raise Refusal(507, "disk", failure.strerror) from None

    # its course

    async def run(self) -> None:
        """Go on with what is under way, at every look."""
        while True:
            if self.under_way is None:
                self._wanted.clear()
                await self._wanted.wait()
            await went_well(self.tick, "a step of the maintenance")
            await self._clock.sleep(LOOK_S)

    async def tick(self) -> None:
        """Look, decide, and ask for the next thing."""
        async with self._at_work:
            if self.under_way is None or not await self._look():
                return
            await self._go_on()

    async def _look(self) -> bool:
        work, credentials = self.under_way, await self._eyes()
        if work is None or credentials is None:
            return False
        began = self._clock.monotonic()
        try:
            api = ClusterApi(self._client, credentials)
            node, at = work.stop.node, self.time()
            look = await look_at(api, node, began, at=at, with_ceph=work.noout)
        except ApiFailure as failure:
            self.blind = failure.error
            return False
        self.look, self.blind = look, None
        return True

    async def _go_on(self) -> None:
        work, look, now = self.under_way, self.look, self._clock.time()
        if work is None or look is None:
            return
        decided, wanted = decide(work, look, now)
        if decided != work:
            self._keep(decided)
        if decided.phase is Phase.GATE and decided.asked is None:
            await self._pass(decided, look)
        elif wanted is not None:
            await self._ask(wanted, look)

    async def _ask(self, asked: Asked, look: Look) -> None:
        session, work = self._hands(), self.under_way
        if session is None or work is None:
            return
        self._keep(begun(work, asked, self.time()))
        status, refused = 200, None
        try:
            await carry_out(ClusterApi(self._client, session.ticket), work, asked, look)
        except ApiFailure as failure:
            status, refused = failure.error.status or 502, failure.error
        self._auditor.did(work.who, f"maintenance {asked.what}", _params(asked), status)
        current = self.under_way
        if current is None or current.asked != asked:
            return
        if refused is None or refused.unknown:
            self._keep(replace(current, asked=replace(asked, sent=True)))
            return
        told = {"what": asked.what, "sid": asked.sid, "error": refused.to_json()}
        trouble: dict[str, Any] = {"code": "refused", **told}
        self._keep(replace(not_begun(current, asked), paused=True, trouble=trouble))

    # the gate

    async def _pass(self, work: Work, look: Look) -> None:
        """Go on to the next node, or end, once every condition of the gate is fulfilled."""
        known = facts(work, look)
        if work.passed or all(fact.ok for fact in known):
            await self._judge(work)
            known += self._judged.facts
        planned, is_planned = self._judged.stop, work.next_stop is None or self._judged.stop
        may = work.passed or all(fact.ok for fact in known)
        # somebody may have paused it while the model was asked
        if not (may and is_planned and self.under_way == work and not work.paused):
            return
        undone = last_deed(work, look, self._clock.time())
        if undone is not None:
            await self._ask(undone, look)
            return
        self._judged = Judged()
        self._keep(passed(work, self.time(), planned))

    async def _judge(self, work: Work) -> None:
        now, credentials = self._clock.monotonic(), await self._eyes()
        if now - self._judged.at < JUDGE_S or credentials is None:
            return
        judged = await self._model_says(work, work.next_stop, credentials)
        told = await self._ceph(credentials)
        if told is not None:
            fact = Fact("ceph", told.is_well, (told.health,))
            judged = replace(judged, facts=(*judged.facts, fact))
        self._judged = replace(judged, at=now)

    async def _model_says(self, work: Work, stop: Stop | None, credentials: Credentials) -> Judged:
        if stop is None:
            return Judged()
        try:
            step = (await self._planned(credentials, [stop.node]))["steps"][0]
        except Exception as failure:  # whatever it is, the gate stays shut and says so
            log.warning(f"the next node's turn could not be planned: {failure}")
            return Judged(facts=(Fact("tolerance", ok=False),))
        planned, bears = stop_of(step), step["bears"]
        is_kept = work.keep is None or (bears is not None and bears >= work.keep)
        return Judged(
            facts=(
                Fact("tolerance", is_kept, () if is_kept else (stop.node,)),
                Fact("plan", planned.digest == stop.digest),
            ),
            stop=planned,
        )

    async def _ceph(self, credentials: Credentials) -> Ceph | None:
        try:
            return await ceph(ClusterApi(self._client, credentials))
        except ApiFailure:
            return None

    # whose eyes and hands

    async def _eyes(self) -> Credentials | None:
        """Return the credentials of who began it, renewed while they live, or the console's own."""
        if self._hands() is not None and self._lent is not None:
            self._lent = await self._sessions.renewed(self._lent)
            return self._lent.ticket
        return self._lender.current()

    def _hands(self) -> Session | None:
        """Return the session under which to act; it ends with its user's logout."""
        if self._lent is not None and self._sessions.has_ended(self._lent):
            self._lent = None
        work = self.under_way
        return (
            self._lent
            if work is None or self._lent is None or self._lent.user == work.who
            else None
        )


def _params(asked: Asked) -> dict[str, str]:
    told = {"node": asked.node, "sid": asked.sid, "target": asked.target}
    return {name: value for name, value in told.items() if value}
