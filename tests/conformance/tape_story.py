"""Hold the story observed in a tape's answers against the one told in its journals."""

from collections.abc import Iterable, Sequence

from tests.conformance.tape import Deed, Tape
from tests.conformance.tape_sight import sight_from
from virton.story.happenings import TOLD_OF, Fact, Happening, Kind
from virton.story.journal import records
from virton.story.observed import Seen, observe
from virton.story.told import Teller

CLOCKS_S = 0.5
"""How far the times of a journal and of an answer may be apart on one machine."""

LAST_WORDS_S = 3
"""What is told shortly before a tape ends may not have been seen any more."""

_PLACES = ("before", "node")
_OF_DEEDS = {
    ("POST", "rules"): Kind.RULE_ADDED,
    ("PUT", "rules"): Kind.RULE_CHANGED,
    ("DELETE", "rules"): Kind.RULE_REMOVED,
    ("PUT", "resources"): Kind.RESOURCE_CHANGED,
}


def story_difference(tape: Tape) -> str | None:
    """Return where what was observed and what was told part, None if nowhere."""
    observed = observed_in(tape)
    told = told_in(tape)
    end_s = tape.polls[-1].to_s if tape.polls else 0.0
    due = [one for one in told if one.to_s < end_s - LAST_WORDS_S]
    return (
        missed(due, observed, "told in the journal, but not observed")
        or missed([o for o in observed if o.kind in TOLD_OF], told, "observed, but never told")
        or _deeds_missed(tape, observed)
    )


def observed_in(tape: Tape) -> list[Happening]:
    """Return the story that the answers of a tape show."""
    seen: Seen | None = None
    found: list[Happening] = []
    for poll in tape.polls:
        seen, happened = observe(seen, sight_from(poll.answers, poll.from_s, poll.to_s))
        found += happened
    return found


def told_in(tape: Tape) -> list[Happening]:
    """Return the story that the journals of a tape tell, of kinds that can be observed."""
    teller = Teller(master=_first_master(tape))
    heard = [one for record in records(tape.journal) for one in teller.hear(record)]
    return [one for one in heard if one.kind in TOLD_OF]


def _first_master(tape: Tape) -> str | None:
    sights = (sight_from(poll.answers, poll.from_s, poll.to_s) for poll in tape.polls)
    return next((s.manager.master_node for s in sights if s.manager is not None), None)


def missed(wanted: Iterable[Happening], among: Sequence[Happening], words: str) -> str | None:
    """Return the first happening that has no counterpart; each counts for one only."""
    left = list(among)
    for one in sorted(wanted, key=lambda happening: happening.to_s):
        match = next((other for other in left if _same(one, other)), None)
        if match is None:
            facts = " ".join(f"{k}={v}" for k, v in sorted(one.facts.items()))
            return f"{one.from_s:.1f}-{one.to_s:.1f} {one.kind} {one.whom} {facts}: {words}"
        left.remove(match)
    return None


def _same(one: Happening, other: Happening) -> bool:
    meets = one.from_s <= other.to_s + CLOCKS_S and other.from_s <= one.to_s + CLOCKS_S
    places = all(_agree(one.facts.get(place), other.facts.get(place)) for place in _PLACES)
    return one.kind is other.kind and one.whom == other.whom and places and meets


def _agree(one: Fact, other: Fact) -> bool:
    """Tell whether two say the same; who came late does not know whence something moved."""
    return one is None or other is None or one == other


def _deeds_missed(tape: Tape, observed: Sequence[Happening]) -> str | None:
    """Return the first change of rules or resources that was done, but not observed, or reversed."""
    wanted = [found for deed in tape.deeds if (found := _of_deed(deed)) is not None]
    kinds = set(_OF_DEEDS.values())
    changes = [one for one in observed if one.kind in kinds]
    return missed(wanted, changes, "done, but not observed") or missed(
        changes, wanted, "observed, but never done"
    )


def _of_deed(deed: Deed) -> Happening | None:
    method, _, rest = deed.what.partition(" ")
    path, *parameters = rest.split(" ")
    given = dict(pair.partition("=")[::2] for pair in parameters)
    parts = path.strip("/").split("/")
    if deed.status != 200 or parts[:2] != ["cluster", "ha"] or len(parts) > 4:
        return None
    kind = _OF_DEEDS.get((method, parts[2]))
    if kind is None:
        return None
    whom = parts[3] if len(parts) == 4 else given["rule"]
    return Happening(kind, whom, deed.at_s, deed.at_s, told=True)
