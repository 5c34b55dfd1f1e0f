"""What is asked of a cluster: which faults and changes are supposed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

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

GOING_DOWN = ("reboot", "shutdown")


@dataclass(frozen=True, slots=True)
class Question:
    """What is supposed: changes come first, then everything else at its second.

    `going_down` are nodes that are told to reboot or to shut down, which goes by the cluster's policy.
    """

    losses: tuple[Loss, ...] = ()
    split: Split = ()
    maintenance: tuple[str, ...] = ()
    going_down: tuple[tuple[str, str], ...] = ()
    failing: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    commands: tuple[str, ...] = ()
    arming: str | None = None
    as_version: str | None = None

    @property
    def lost(self) -> frozenset[str]:
        """The nodes that are lost outright."""
        return frozenset(loss.node for loss in self.losses)

    def struck(self) -> frozenset[str]:
        """Return the nodes whose daemons' rounds matter: lost ones, and all but the largest part."""
        parts = sorted(self.split, key=lambda part: (-len(part), sorted(part)))
        down = frozenset(node for _, node in self.going_down)
        return self.lost | down | frozenset[str]().union(*parts[1:])

    def deeds(self) -> Iterator[Deed]:
        """Yield what is done to the simulated hardware, and when."""
        for loss in self.losses:
            yield Deed(loss.at_s, f"{'network' if loss.cut else 'power'} {loss.node} off")
        if self.split:
            parts = "|".join(",".join(sorted(part)) for part in self.split)
            yield Deed(0, f"split {parts}")
        for node in self.maintenance:
            yield Deed(0, f"crm {node} enable-node-maintenance")
        for how, node in self.going_down:
            yield Deed(0, f"{how} {node}")
        if self.arming is not None:
            yield Deed(0, self.arming)
        for command in self.commands:
            how, sid, node = command.split()
            yield Deed(0, f"service {sid} {how} {node}")

    def check(self, situation: Situation) -> None:
        """Raise QuestionError where it names what the cluster does not have."""
        parted = [node for part in self.split for node in part]
        named = [*self.lost, *self.maintenance, *(n for _, n in self.going_down), *parted]
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


def question_of(asked: Mapping[str, Any], situation: Situation) -> Question:
    """Read a question in the words of the command line's options; raises QuestionError."""
    split = asked.get("split")
    return Question(
        losses=(
            *(Loss.parse(words) for words in _words(asked, "lose")),
            *(Loss.parse(words).of_network() for words in _words(asked, "cut")),
        ),
        split=parse_split(str(split), situation.nodes) if split else (),
        maintenance=_words(asked, "maintenance"),
        going_down=tuple((how, n) for how in GOING_DOWN for n in _words(asked, how)),
        failing=_words(asked, "fail_start"),
        changes=changes_of(asked),
        commands=commands_of(asked),
        arming=_arming(asked.get("arming"), situation),
        as_version=str(asked["as_version"]) if asked.get("as_version") else None,
    )


def changes_of(asked: Mapping[str, Any]) -> tuple[Change, ...]:
    """Read what is to be changed; raises QuestionError."""
    try:
        return tuple(
            Change.parse(verb, words)
            for verb, key in (("add", "add_rule"), ("set", "change"), ("remove", "remove"))
            for words in _words(asked, key)
        )
    except ChangeError as error:
        raise QuestionError(str(error)) from None


def _words(asked: Mapping[str, Any], key: str) -> tuple[str, ...]:
    told = asked.get(key) or ()
    if isinstance(told, str) or not all(isinstance(words, str) for words in told):
        raise QuestionError(f"{key}: must be a list of texts")
    return tuple(told)


def commands_of(asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Read which resources are to be moved, as commands; raises QuestionError."""
    return tuple(_moved(words) for words in _words(asked, "move"))


def _moved(words: str) -> str:
    """Read `SID NODE`, for a move by stop and start `SID NODE relocate`."""
    sid, node, how, *rest = [*words.split(), "", ""]
    if not node or any(rest) or how not in ("", "migrate", "relocate"):
        raise QuestionError(f"{words!r}: a move is a resource, a node, and migrate or relocate")
    return f"{how or 'migrate'} {sid} {node}"


def _arming(words: Any, situation: Situation) -> str | None:
    """Read `arm`, `freeze` or `ignore`: what the HA stack is told as a whole, at some node."""
    if not words:
        return None
    if words not in ("arm", "freeze", "ignore"):
        raise QuestionError(f"arming: {words!r} is none of arm, freeze, ignore")
    if not situation.online:
        raise QuestionError("no node is online")
    action = "arm-ha" if words == "arm" else f"disarm-ha {words}"
    return f"crm {min(situation.online)} {action}"
