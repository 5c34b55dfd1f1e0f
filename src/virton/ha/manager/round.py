"""What the steps of one round of the manager share."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from virton.ha.events import Event
from virton.ha.manager.nodes import NodeWatch
from virton.ha.manager.plan import Act, Plan
from virton.ha.manager.services import ServiceBoard
from virton.ha.manager.view import View
from virton.ha.model import Disarm, LrmResult, ResourceConfig, ServiceStatus
from virton.ha.placement.choice import Choice, Ground, Preference, choose
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
    taken_over: dict[str, str] = field(default_factory=dict)
    ground: Ground = field(init=False)

    def __post_init__(self) -> None:
        self.ground = Ground(
            self.nodes.states,
            self.nodes.online,
            self.rules,
            self.board.statuses,
            self.board.load,
        )

    def tell(self, event: Event) -> None:
        """Make an event part of the plan."""
        self.plan.events.append(event)

    def act(self, act: Act) -> None:
        """Make an act part of the plan."""
        self.plan.acts.append(act)

    def config(self, sid: str) -> ResourceConfig:
        """Return a resource's configuration, with the node that this round brought it to."""
        config = self.view.resources.get(sid, NOT_CONFIGURED)
        node = self.taken_over.get(sid)
        return config if node is None else replace(config, node=node)

    def result(self, status: ServiceStatus) -> LrmResult | None:
        """Return how the LRM's work on a resource in this very state ended, if it has."""
        return self.results.get(status.uid)

    def change(
        self,
        sid: str,
        state: ServiceState,
        *,
        node: str | None = None,
        target: str | None = None,
        timeout: int | None = None,
    ) -> None:
        """Bring a resource into another state."""
        self.board.change(sid, state, self.tell, node=node, target=target, timeout=timeout)

    def choose(self, sid: str, config: ResourceConfig, preference: Preference) -> Choice:
        """Choose a node for a resource, and remember why if it is not simply the current one."""
        status = self.board[sid]
        choice = choose(sid, status, config, self.ground, preference)
        if choice.node != status.node:
            self.plan.choices.append((sid, choice))
        return choice

    def is_lost(self, node: str) -> bool:
        """Tell whether a node has been away long enough to be fenced."""
        return self.nodes.is_lost(node, self.view.now_s)
