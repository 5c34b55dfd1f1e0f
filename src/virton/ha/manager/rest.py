"""When nothing moves: a round that would look at the same things again need not look."""

from collections.abc import Mapping
from dataclasses import dataclass

from virton.ha.manager.round import Round
from virton.ha.model import DatacenterSettings, LrmResult, ResourceConfig
from virton.ha.rules.compiled import CompiledRules
from virton.ha.states import LrmMode, NodeState


@dataclass(frozen=True, slots=True)
class Rest:
    """Everything on which the next states depend, but for the time.

    Time matters only while a node with resources is away, or while one waits to be fenced, as its
    lock runs out; then there is no rest.
    """

    version: int
    resources: Mapping[str, ResourceConfig]
    rules: CompiledRules
    settings: DatacenterSettings
    results: tuple[Mapping[str, LrmResult], ...]
    modes: Mapping[str, LrmMode]
    nodes: Mapping[str, NodeState]
    members: Mapping[str, bool]

    @classmethod
    def of(cls, round_: Round) -> "Rest | None":
        """Return what a round looks at, None if the time matters too."""
        view = round_.view
        if not all(view.members.get(node) for node in round_.board.nodes_in_use()):
            return None
        if NodeState.FENCE in round_.nodes.states.values():
            return None
        results = tuple(view.lrm[node].results for node in sorted(view.lrm))
        return cls(
            round_.board.version,
            view.resources,
            round_.rules,
            view.settings,
            results,
            round_.modes,
            dict(round_.nodes.states),
            view.members,
        )

    def goes_on(self, before: "Rest | None") -> bool:
        """Tell whether everything is as it was when nothing moved."""
        return (
            before is not None
            and self.version == before.version
            and self.resources is before.resources
            and self.rules is before.rules
            and self.settings == before.settings
            and len(self.results) == len(before.results)
            and all(a is b for a, b in zip(self.results, before.results, strict=True))
            and self.modes == before.modes
            and self.nodes == before.nodes
            and self.members == before.members
        )

    def lasted(self, round_: Round) -> bool:
        """Tell whether the round left everything as it found it."""
        return round_.board.version == self.version
