"""What is asked of a cluster: which faults and changes are supposed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from virton.forecast.changes import Change, ChangeError, changed
from virton.forecast.courses import Deed
from virton.forecast.situation import Situation


class QuestionError(ValueError):
    """A question that cannot be asked of this cluster; the message says why."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A node loses its power (or, where it is `cut`, its network) after some seconds."""

    node: str
    at_s: int = 0
    cut: bool = False

    @classmethod
    def parse(cls, words: str) -> "Loss":
        """Read `NODE` or `NODE@+SECONDS`; raises QuestionError."""
        node, at, after = words.partition("@")
        if not at:
            return cls(node)
        if not after.removeprefix("+").isdecimal():
            raise QuestionError(f"{words!r}: after the @ stands +SECONDS")
        return cls(node, int(after.removeprefix("+")))

    def of_network(self) -> "Loss":
        """Return the loss of the node's network in place of its power."""
        return replace(self, cut=True)


Split = tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is supposed: changes come first, then everything else at its second."""

    losses: tuple[Loss, ...] = ()
    split: Split = ()
    maintenance: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    commands: tuple[str, ...] = ()
    as_version: str | None = None

    @property
    def lost(self) -> frozenset[str]:
        """The nodes that are lost outright."""
        return frozenset(loss.node for loss in self.losses)

    def struck(self, situation: Situation) -> frozenset[str]:
        """Return the nodes whose daemons' rounds matter: lost ones, and all but the largest part."""
        parts = sorted(self.split, key=lambda part: (-len(part), sorted(part)))
        return self.lost | frozenset[str]().union(*parts[1:])

    def deeds(self, situation: Situation) -> Iterator[Deed]:
        """Yield what is done to the simulated hardware, and when."""
        for loss in self.losses:
            yield Deed(loss.at_s, f"{'network' if loss.cut else 'power'} {loss.node} off")
        if self.split:
            parts = "|".join(",".join(sorted(part)) for part in self.split)
            yield Deed(0, f"split {parts}")
        for node in self.maintenance:
            yield Deed(0, f"crm {node} enable-node-maintenance")
        for command in self.commands:
            how, sid, node = command.split()
            yield Deed(0, f"service {sid} {how} {node}")

    def check(self, situation: Situation) -> None:
        """Raise QuestionError where it names what the cluster does not have."""
        named = [*self.lost, *self.maintenance, *(node for part in self.split for node in part)]
        for node in sorted(set(named)):
            if node not in situation.nodes:
                raise QuestionError(f"there is no node {node}")
        parts = [node for part in self.split for node in part]
        if len(parts) != len(set(parts)):
            raise QuestionError("--split: a node stands on two sides")
        for sid in self.failing:
            if sid not in situation.guests:
                raise QuestionError(f"there is no guest {sid}")

    def supposed(self, situation: Situation) -> Situation:
        """Return the situation with everything that is supposed of its configuration."""
        made = situation if self.as_version is None else situation.speaking(self.as_version)
        try:
            for change in self.changes:
                made = changed(made, change)
        except ChangeError as error:
            raise QuestionError(str(error)) from None
        return replace(made, failing=made.failing | frozenset(self.failing))


def parse_split(words: str, nodes: Iterable[str]) -> Split:
    """Read `a,b|c`: the parts into which the network falls; nodes not named are a part together."""
    parts = [frozenset(filter(None, part.replace(" ", "").split(","))) for part in words.split("|")]
    named = frozenset[str]().union(*parts)
    rest = frozenset(nodes) - named
    return tuple(part for part in (*parts, rest) if part)
