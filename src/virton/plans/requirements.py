"""What a plan must keep to: `tolerance>=1`, `moves<=5`, `back(vm:121)<=240s after node`."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# The model of the HA stack is loaded when a plan is held against it: to read a requirement takes none.
if TYPE_CHECKING:
    from virton.plans.plan import Plan

_COUNT = re.compile(
    r"\s*(tolerance|moves|stops|conflicts|worse)\s*(>=|<=)\s*(\d{1,9})\s*", re.ASCII
)
_BACK = re.compile(
    r"\s*back\(\s*([^()\s]+)\s*\)\s*<=\s*(\d{1,9})\s*s?(?:\s+after\s+(node|pair))?\s*", re.ASCII
)
MOST_LOST = 2
"""The loss of so many nodes at once is tried at most."""

FORMS = (
    "tolerance>=1",
    "moves<=5",
    "stops<=0",
    "conflicts<=0",
    "worse<=0",
    "back(vm:121)<=240s after node",
)


class RequirementError(ValueError):
    """Words that are no requirement, or one that cannot be held against this cluster."""

    def __init__(self, words: str, problem: str = "require", **fields: Any) -> None:
        """Name the words and the problem, for which the catalogues have a sentence."""
        super().__init__(words)
        self.problem = problem
        self.fields = {"told": words, **fields}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement; `sid` is the resource that is to be back in time."""

    words: str
    what: str
    limit: int
    at_least: bool = False
    sid: str = ""
    after: str = "node"

    @classmethod
    def parse(cls, words: str) -> "Requirement":
        """Read a requirement; raises RequirementError."""
        if match := _COUNT.fullmatch(words):
            at_least = match[2] == ">="
            if at_least and match[1] == "tolerance" and int(match[3]) > MOST_LOST:
                raise RequirementError(words, "require_tolerance", most=MOST_LOST)
            if at_least == (match[1] == "tolerance"):
                return cls(words.strip(), match[1], int(match[3]), at_least)
        if match := _BACK.fullmatch(words):
            return cls(words.strip(), "back", int(match[2]), False, match[1], match[3] or "node")
        raise RequirementError(words, forms=list(FORMS))

    @property
    def needs_pairs(self) -> bool:
        """Tell whether every pair of nodes has to be tried."""
        return self.what == "tolerance" and self.limit > 1

    def check(self, plan: "Plan") -> "Checked":
        """Hold a plan against it; raises RequirementError where there is no such guest."""
        if self.what == "back" and self.sid not in plan.base.guests:
            raise RequirementError(self.words, "require_guest", name=self.sid)
        found = self._found(plan)
        if found is None:
            return Checked(self, None, kept=False)
        return Checked(self, found, found >= self.limit if self.at_least else found <= self.limit)

    def _found(self, plan: "Plan") -> int | None:
        from virton.plans.objectives import slowest_return

        match self.what:
            case "tolerance":
                return plan.then.tolerates
            case "moves":
                return len(plan.moves)
            case "stops":
                return len(plan.stops)
            case "conflicts":
                return len(plan.conflicts)
            case "worse":
                return len(plan.worse)
            case _:
                return slowest_return(plan.after, self.sid, self.after)


@dataclass(frozen=True, slots=True)
class Checked:
    """A requirement with what was found; None: it does not come back at all."""

    requirement: Requirement
    found: int | None
    kept: bool

    def to_json(self) -> dict[str, Any]:
        """Return the outcome."""
        return {"require": self.requirement.words, "found": self.found, "kept": self.kept}
