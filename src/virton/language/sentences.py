"""The sentences for events, causes and objections, in the languages of the page.

A `{field}` of a text is filled with the field's value, a `{field:words}` with what the catalogue
has for the value under the prefix `words`, a `{field:fault}` with what is wrong in the rooms' own words. A text may have variants for a field that is not always
there: `key.with_field`, and for one that may be empty: `key.without_field`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from virton.language.catalogues import CATALOGUES, LOCALES
from virton.language.faults import fault_in
from virton.language.particles import with_particles

# Words need no model of the HA stack: only who asks for them has what is told.
if TYPE_CHECKING:
    from virton.ha.causes import Cause
    from virton.ha.events import Event
    from virton.ha.placement.reasons import Explanation, NodeObjection

__all__ = ["CATALOGUES", "LOCALES", "PLACEHOLDER", "Sentences"]

FAULT = "fault"
PLACEHOLDER = re.compile(r"\{(\w+)(?::([\w.]+))?\}")


@cache
def _texts(locale: str) -> Mapping[str, str]:
    names = ("", "cli.", "doctor.", "events.", "forecast.", "maintenance.", "plans.", "story.")
    texts: dict[str, str] = {"locale": locale}
    for name in names:
        texts |= json.loads((CATALOGUES / f"{name}{locale}.json").read_text("utf-8"))
    return MappingProxyType(texts)


class Sentences:
    """One language's texts."""

    def __init__(self, texts: Mapping[str, str], names: Callable[[str], str] | None = None) -> None:
        """Speak by these texts; `names` tells what a resource is called (`vm:1`: VM 1 (web))."""
        self.texts = texts
        self._names = names

    def calling(self, names: Callable[[str], str]) -> Self:
        """Return the same sentences, in which resources are called by their names."""
        return type(self)(self.texts, names)

    @classmethod
    def of(cls, locale: str) -> Self:
        """Return the sentences of a language; its catalogues are read once."""
        return cls(_texts(locale))

    def event(self, event: "Event") -> str:
        """Tell an event."""
        return self.say(f"event.{event.kind}", event.fields())

    def cause(self, cause: "Cause") -> str:
        """Tell a cause."""
        return self.say(f"cause.{cause.name}", cause.fields())

    def happening(self, kind: str, whom: str, facts: Mapping[str, Any]) -> str:
        """Tell what happened to whom."""
        # the verbs that play a cluster tell of no happening, and start without them
        from virton.story.commands import parts

        known = {name: value for name, value in facts.items() if value is not None}
        if "changed" in known:
            known["changed"] = ", ".join(self._changes(known))
        command = parts(str(known.get("command"))) if kind == "asked" else None
        key, named = (kind, {}) if command is None else (f"{kind}.{command[0]}", command[1])
        told = self.say(f"happening.{key}", {"whom": whom, **known, **named})
        if "who" not in known:
            return told
        by: dict[str, Any] = {name: known[name] for name in ("who", "plan") if name in known}
        return self.say("happening.by", {"told": told, **by})

    def _changes(self, facts: Mapping[str, Any]) -> Iterator[str]:
        """Tell each setting that was changed, with what it was and is where that is known."""
        names, was, now = (facts.get(name, ()) for name in ("changed", "was", "now"))
        for at, name in enumerate(names):
            word = self.texts.get(f"set.{name}", name)
            if at >= min(len(was), len(now)):
                yield word
                continue
            values = {"was": self._setting(name, was[at]), "now": self._setting(name, now[at])}
            yield self.say("set", {"name": word, **values})

    def _setting(self, name: str, value: str) -> str:
        words = "request" if name == "state" and value else "set.value"
        return self.texts.get(f"{words}.{value or 'none'}", value)

    def objection(self, objection: "NodeObjection") -> str:
        """Tell what there is against a node."""
        return self.say(f"objection.{objection.name}", objection.fields())

    def because(self, explanation: "Explanation") -> str:
        """Tell what decided a placement."""
        if explanation.score is None:
            return self.say(f"because.{explanation.because.name.lower()}", {})
        key = explanation.because.name.lower() if explanation.by_score else "only"
        return self.say(f"because.{key}", {"score": explanation.score})

    def say(self, key: str, fields: Mapping[str, Any]) -> str:
        """Return the text of a key, in the variant for the last field that has one, filled in."""
        variants = (
            f"{key}.{'without' if value in ('', (), []) else 'with'}_{field}"
            for field, value in reversed(list(fields.items()))
        )
        text = self.texts.get(next((v for v in variants if v in self.texts), key), key)
        return with_particles(PLACEHOLDER.sub(lambda match: self._filled(match, fields), text))

    def _filled(self, match: re.Match[str], fields: Mapping[str, Any]) -> str:
        name, prefix = match.groups()
        if name not in fields:
            return match.group()
        value = fields[name]
        if prefix == FAULT:
            return fault_in(self.texts["locale"], value)
        if prefix is None:
            return _plain(value, self._names or str)
        return self.texts.get(f"{prefix}.{str(value).replace(' ', '_')}", str(value))


def _plain(value: Any, called: Callable[[str], str]) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(called(str(one)) for one in value)
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return called(str(value))
