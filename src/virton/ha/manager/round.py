"""What the steps of one round of the manager share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from virton.ha.causes import Cause, Commanded, NodeLost
from virton.ha.events import Event
from virton.ha.manager.nodes import NodeWatch
from virton.ha.manager.plan import Act, Plan
from virton.ha.manager.services import ServiceBoard
from virton.ha.manager.view import View
from virton.ha.model import Disarm, LrmResult, Motion, ResourceConfig, ServiceStatus, StopRequest
from virton.ha.placement.choice import Ground, Preference, choose
from virton.ha.placement.reasons import Decision
from virton.ha.rules.compiled import CompiledRules
from virton.ha.states import LrmMode, RequestState, ServiceState

NOT_CONFIGURED = ResourceConfig(node=None, state=RequestState.DISABLED)


class RoundFailedError(Exception):
    """The round cannot go on; what happened so far stands."""


@dataclass(slots=True)
class Round:
    """A round under way: what it reads, what it changes, and the plan that it fills."""

    view: View
    nodes: NodeWatch
    board: ServiceBoard
    rules: CompiledRules
    claim: Callable[[str], bool]
    modes: dict[str, LrmMode]
    results: dict[str, LrmResult]
    maintenance: set[str]
    disarm: Disarm | None
    plan: Plan = field(default_factory=Plan)
    taken_over: dict[str, ResourceConfig] = field(default_factory=dict)
    ground: Ground = field(init=False)
    restarting: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Find what all steps stand on."""
        self.restarting = frozenset(n for n, m in self.modes.items() if m is LrmMode.RESTART)
        self.ground = Ground(
            dict(self.nodes.states),
            self.nodes.online,
            self.rules,
            self.board.statuses,
            self.board.load,
        )

    def tell(
        self, event: Event, cause: Cause | None = None, decision: Decision | None = None
    ) -> None:
        """Make an event part of the plan, with why it happened."""
        self.plan.tell(event, cause, decision)

    def act(self, act: Act) -> None:
        """Make an act part of the plan."""
        self.plan.acts.append(act)

    def config(self, sid: str) -> ResourceConfig:
        """Return a resource's configuration, with the node that this round brought it to."""
        taken_over = self.taken_over.get(sid)
        return taken_over or self.view.resources.get(sid, NOT_CONFIGURED)

    def result(self, status: ServiceStatus) -> LrmResult | None:
        """Return how the LRM's work on a resource in this very state ended, if it has."""
        return self.results.get(status.uid)

    def change(
        self,
        sid: str,
        state: ServiceState,
        cause: Cause,
        *,
        node: str | None = None,
        target: str | None = None,
        timeout: int | None = None,
        decision: Decision | None = None,
    ) -> None:
        """Bring a resource into another state."""

        def tell(event: Event) -> None:
            self.plan.tell(event, cause, decision)

        self.board.change(sid, state, tell, node=node, target=target, timeout=timeout)

    def choose(self, sid: str, config: ResourceConfig, preference: Preference) -> Decision:
        """Choose a node for a resource."""
        choice = choose(sid, self.board[sid], config, self.ground, preference)
        self.board.load.report()
        return Decision(sid, choice, self.ground)

    def is_lost(self, node: str) -> bool:
        """Tell whether a node has been away long enough to be fenced."""
        return self.nodes.is_lost(node, self.view.now_s)

    def loss(self, node: str) -> NodeLost:
        """Return the loss of a node as a cause."""
        return NodeLost(node, self.nodes.away_s(node))

    def wish(self, sid: str) -> Cause:
        """Return where a resource's command comes from; a new master knows no more than itself."""
        return self.board.wishes.get(sid) or Commanded(_words(sid, self.board[sid].cmd))


def _words(sid: str, cmd: Motion | StopRequest | None) -> str:
    match cmd:
        case Motion(how, target):
            return f"{how} {sid} {target}"
        case StopRequest(timeout):
            return f"stop {sid} {timeout}"
        case None:
            return ""
