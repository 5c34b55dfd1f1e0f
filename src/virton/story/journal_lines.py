"""The lines that CRM and LRM write to a node's journal: from events to lines, and back.

A real node's lines and those of the reference's simulator are read; written are those of a node.
The texts themselves stand in `wordings`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from virton.ha.events import cluster, daemon, lrm, resource
from virton.ha.events.base import KINDS, Event, Severity
from virton.story.wordings import REASONS, WORDINGS, Where

CRM_TAG = "pve-ha-crm"
LRM_TAG = "pve-ha-lrm"

PRIORITIES: Mapping[Severity, int] = {
    Severity.INFO: 6,
    Severity.NOTICE: 5,
    Severity.WARNING: 4,
    Severity.ERROR: 3,
    Severity.NOTIFICATION: 5,
}
"""The syslog priority of an event."""

_EVENT_MODULES = (cluster, daemon, lrm, resource)
_PLACE = re.compile(r"(?P<quote>'?)\{(?P<name>\w*)(?::(?P<form>\w+)(?P<words>[^}]*))?\}")
_IMPLIED = re.compile(r" \[(\w+)=([^\]]+)\]$")
_PAIR = re.compile(r"(\w+) = ([^,]*)")
_SID = r"(?:vm|ct|fa):\d+"
_WORD = r"[^'\s]+"


@dataclass(frozen=True, slots=True)
class Told:
    """What a line tells: an event of the HA stack, or a fact that is none (`watchdog.opened`)."""

    kind: str
    fields: Mapping[str, Any]

    @property
    def event(self) -> Event | None:
        """Return the event that the line tells, if it tells one."""
        made = KINDS.get(self.kind)
        if made is None:
            return None
        named = {"from_" if name == "from" else name: v for name, v in self.fields.items()}
        return made(**named)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a daemon writes it, with its syslog priority."""

    text: str
    priority: int = 6


@dataclass(frozen=True, slots=True)
class _Form:
    """How a field stands in a text: what matches it, how it is read, how it is written."""

    pattern: str
    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = str


def _read_nodes(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


def _read_reason(text: str) -> str:
    for reason, pattern in _REASON_PATTERNS:
        if pattern.fullmatch(text):
            return reason
    return text


def _write_reason(value: Any) -> str:
    texts = dict(reversed(REASONS))
    return texts.get(str(value), str(value)).replace("{sid}", "vm:0")


_REASON_PATTERNS = tuple(
    (reason, re.compile(re.escape(text).replace(r"\{sid\}", r"\S+"))) for reason, text in REASONS
)
_FORMS: Mapping[str, _Form] = {
    "word": _Form(_WORD),
    "sid": _Form(_SID),
    "name": _Form(r"[^'\s]*"),
    "int": _Form(r"-?\d+", int),
    "float": _Form(r"[\d.]+", float, lambda value: f"{value:.2f}"),
    "nodes": _Form(r"[\w, .-]+", _read_nodes, ", ".join),
    "text": _Form(r".+"),
    "quoted": _Form(r"[^']+"),
    "reason": _Form(r".*", _read_reason, _write_reason),
}


@dataclass(frozen=True, slots=True)
class _Wording:
    """One text of one kind, ready to be written and to be read."""

    kind: str
    where: Where
    template: str
    implied: Mapping[str, Any]
    forms: Mapping[str, str]
    pattern: re.Pattern[str]

    def fits(self, fields: Mapping[str, Any]) -> bool:
        """Tell whether an event with these fields is told in this text."""
        needed = {name for name, form in self.forms.items() if form != "pairs"}
        implied = all(fields.get(name) == value for name, value in self.implied.items())
        return implied and needed <= fields.keys()

    def write(self, fields: Mapping[str, Any]) -> str:
        """Return the text for an event's fields."""
        return _PLACE.sub(lambda place: self._written(place, fields), self.template)

    def _written(self, place: re.Match[str], fields: Mapping[str, Any]) -> str:
        quote, name, form = place["quote"], place["name"], place["form"]
        if form == "words":
            return quote + place["words"][1:]
        if form == "pairs":
            return quote + _write_pairs({k: v for k, v in fields.items() if k not in self.forms})
        return quote + _form(name, form).write(fields[name])

    def read(self, text: str) -> dict[str, Any] | None:
        """Return the fields that a line holds, or None if it is another text."""
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        fields = dict(self.implied)
        for name, form in self.forms.items():
            if form == "pairs":
                fields |= _read_pairs(match[name] or "")
            else:
                fields[name] = _form(name, form).read(match[name])
        return fields


def _form(name: str, form: str | None) -> _Form:
    return _FORMS[form or ("sid" if name == "sid" else "word")]


def _write_pairs(pairs: Mapping[str, Any]) -> str:
    text = ", ".join(f"{name} = {value}" for name, value in sorted(pairs.items()))
    return f"  ({text})" if text else ""


def _read_pairs(text: str) -> dict[str, Any]:
    known = {"node": str, "target": str, "timeout": int}
    return {name: known[name](value) for name, value in _PAIR.findall(text) if name in known}


def _compiled(kind: str, where: Where, text: str) -> _Wording:
    implied = {name: _constant(value) for name, value in _IMPLIED.findall(text)}
    template = _IMPLIED.sub("", text)
    forms: dict[str, str] = {}
    pattern, at = "", 0
    for place in _PLACE.finditer(template):
        pattern += re.escape(template[at : place.start()]) + _place_pattern(place, forms)
        at = place.end()
    # A quote behind a field is as optional as the one before it.
    pattern = re.sub(r"\)'", ")'?", pattern + re.escape(template[at:]))
    return _Wording(kind, where, template, implied, forms, re.compile(pattern))


def _place_pattern(place: re.Match[str], forms: dict[str, str]) -> str:
    name, form = place["name"], place["form"]
    quote = "'?" if place["quote"] else ""
    if form == "words":
        return f"{quote}(?:.*)"
    if name in forms:
        return f"{quote}(?:{_form(name, form).pattern})"
    forms[name] = form or ""
    if form == "pairs":
        return rf"{quote}(?:\ +\((?P<{name}>.*)\))?"
    return f"{quote}(?P<{name}>{_form(name, form).pattern})"


def _constant(text: str) -> Any:
    return {"true": True, "0": 0}.get(text, text)


_ALL = tuple(
    _compiled(kind, where, text) for where, rows in WORDINGS.items() for kind, text in rows
)
# The lines of a node come first: they are what is written where both have a text of their own.
_IN_WRITING = sorted(_ALL, key=lambda wording: wording.where is Where.SIMULATOR)
_BY_KIND: dict[str, list[_Wording]] = {}
for _wording in _IN_WRITING:
    _BY_KIND.setdefault(_wording.kind, []).append(_wording)


def read_line(text: str, *, simulator: bool = False) -> Told | None:
    """Return what a journal line tells, or None if it is no line of CRM or LRM known here.

    What only the reference's simulator writes is read only where that is asked for.
    """
    for wording in _ALL:
        if simulator or wording.where is not Where.SIMULATOR:
            fields = wording.read(text)
            if fields is not None:
                return Told(wording.kind, fields)
    return None


def line_of(event: Event, *, simulator: bool = False) -> Line | None:
    """Return the line that tells an event, or None if a node's journal has none for it."""
    text = text_of(event.kind, event.fields(), simulator=simulator)
    return None if text is None else Line(text, PRIORITIES[event.severity])


def text_of(kind: str, fields: Mapping[str, Any], *, simulator: bool = False) -> str | None:
    """Return the text of an event or a fact, in the first wording that fits."""
    for wording in _BY_KIND.get(kind, ()):
        if (simulator or wording.where is not Where.SIMULATOR) and wording.fits(fields):
            return wording.write(fields)
    return None


def told_kinds() -> Iterable[str]:
    """Return every kind that some line tells."""
    return sorted(_BY_KIND)
