"""The section-config text format: typed, named sections with one indented property a line.

Reading never fails: what a reader must leave out becomes a complaint. Writing gives the bytes that
Proxmox VE writes, so that a file read and written by both keeps its digest.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from virton.frozen import frozen
from virton.ha.config.properties import Property

_HEADER = re.compile(r"(\S+):\s*(\S+)\s*", re.ASCII)
_PROPERTY = re.compile(r"\s+(\S+)(?:\s+(.+))?", re.ASCII)
_COMMENT = re.compile(r"\s*#", re.ASCII)


class Fault(StrEnum):
    """Why a part of a file was left out."""

    IGNORED_LINE = "ignored-line"
    BAD_NAME = "bad-name"
    UNKNOWN_TYPE = "unknown-type"
    UNKNOWN_PROPERTY = "unknown-property"
    DUPLICATE_PROPERTY = "duplicate-property"
    BAD_VALUE = "bad-value"
    MISSING_PROPERTY = "missing-property"


@frozen
class Complaint:
    """A part of a file that was left out; `line` counts from 1."""

    line: int
    fault: Fault
    section: str | None = None
    key: str | None = None
    text: str = ""


@frozen
class Section:
    """A section: valid properties as they stand in the file, and those that nobody here knows."""

    type: str
    id: str
    properties: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)

    def changed(self, values: Mapping[str, str], delete: Iterable[str] = ()) -> Self:
        """Return the section with `values` set, and then the keys of `delete` taken out."""
        gone = set(delete)
        merged = {**self.properties, **values}
        return replace(self, properties={k: v for k, v in merged.items() if k not in gone})


def _same_name(_type: str, name: str) -> str | None:
    return name


@frozen
class Format:
    """What a file may hold: its section types with their properties, and how ids are formed.

    `identify` returns the id of a section by its type and name, or None for a bad name; `title`
    returns the name that stands in the header. Without `types` everything is allowed.
    """

    types: Mapping[str, Mapping[str, Property]] | None = None
    identify: Callable[[str, str], str | None] = _same_name
    title: Callable[[str], str] = str

    def properties_of(self, type_name: str) -> Mapping[str, Property]:
        """Return the properties that sections of a type may hold."""
        return {} if self.types is None else self.types.get(type_name, {})

    def without(self, properties: Mapping[str, str]) -> Self:
        """Return the format of a version that lacks a property in sections of some types."""
        types = {name: dict(known) for name, known in (self.types or {}).items()}
        for type_name, key in properties.items():
            del types[type_name][key]
        return replace(self, types=types)

    def may_come(self, key: str) -> bool:
        """Tell whether an unknown property may be one of a version to come, and is worth keeping.

        One that stands in a section of the wrong type is just misplaced.
        """
        return key != "type" and not any(key in known for known in (self.types or {}).values())


ANYTHING = Format()


@frozen
class Document:
    """A file as read: its sections by id, their ordinals, and what had to be left out.

    A section that lacks a required property is left out, but its ordinal stays taken.
    """

    sections: Mapping[str, Section] = field(default_factory=dict)
    order: Mapping[str, int] = field(default_factory=dict)
    digest: str = hashlib.sha1(b"", usedforsecurity=False).hexdigest()
    complaints: tuple[Complaint, ...] = ()

    def with_section(self, section: Section) -> Self:
        """Return the file with a section replaced, or added at its end."""
        order = {**self.order}
        order.setdefault(section.id, max(order.values(), default=0) + 1)
        return replace(self, sections={**self.sections, section.id: section}, order=order)

    def without(self, section_id: str) -> Self:
        """Return the file without a section."""
        return replace(
            self,
            sections={key: s for key, s in self.sections.items() if key != section_id},
            order={key: at for key, at in self.order.items() if key != section_id},
        )


def digest_of(text: str) -> str:
    """Return the digest by which a change of a file is noticed."""
    return hashlib.sha1(text.encode(errors="surrogateescape"), usedforsecurity=False).hexdigest()


def parse(text: str, form: Format = ANYTHING) -> Document:
    """Read a section-config file."""
    reader = _Reader(form)
    lines = _meaningful_lines(text)
    for number, line in lines:
        if line not in ("", "0"):
            reader.read_section(number, line, lines)
    return Document(reader.sections, reader.order, digest_of(text), tuple(reader.complaints))


def write(document: Document, form: Format = ANYTHING) -> str:
    """Write a section-config file; of two sections with one ordinal the newer stands first."""
    age = {section_id: at for at, section_id in enumerate(document.sections)}
    last = max(document.order.values(), default=0) + 1
    ids = sorted(document.sections, key=lambda key: (document.order.get(key, last), -age[key]))
    return "".join(format_section(document.sections[key], form) for key in ids)


def format_section(section: Section, form: Format = ANYTHING) -> str:
    """Write one section, with the empty line that ends it."""
    known = form.properties_of(section.type)
    rest = dict(section.properties)
    comment, disable = rest.pop("comment", ""), rest.pop("disable", "")
    lines = [f"{section.type}: {form.title(section.id)}"]
    if comment not in ("", "0"):
        lines.append(f"\tcomment {comment}")
    if disable not in ("", "0"):
        lines.append("\tdisable")
    rest.update((key, value) for key, value in section.unknown.items() if key not in rest)
    by_need = sorted(rest, key=lambda key: (key not in known or not known[key].required, key))
    lines.extend(_format_property(key, rest[key], key in known) for key in by_need)
    return "\n".join(line for line in lines if line) + "\n\n"


def _format_property(key: str, value: str, known: bool) -> str:
    if value:
        return f"\t{key} {value}"
    return "" if known else f"\t{key}"


def _meaningful_lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not _COMMENT.match(line):
            yield number, line


@dataclass(slots=True)
class _Draft:
    """A section under construction."""

    line: int
    type: str
    id: str
    properties: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)

    def accept(self, key: str, value: str | None, form: Format) -> Fault | None:
        """Take a property in, or return what is wrong with it."""
        if key in self.properties or key in self.unknown:
            return Fault.DUPLICATE_PROPERTY
        known = form.properties_of(self.type).get(key)
        if known is None:
            if form.may_come(key):
                self.unknown[key] = value or ""
            return Fault.UNKNOWN_PROPERTY if form.types is not None else None
        accepted = None if "\r" in (value or "") else known.accept(value)
        if accepted is None:
            return Fault.BAD_VALUE
        self.properties[key] = accepted
        return None


class _Reader:
    """What has been read of a file so far."""

    def __init__(self, form: Format) -> None:
        self.form = form
        self.sections: dict[str, Section] = {}
        self.order: dict[str, int] = {}
        self.complaints: list[Complaint] = []
        self._ordinal = 0

    def read_section(self, number: int, line: str, lines: Iterator[tuple[int, str]]) -> None:
        """Read the section that begins with `line`, up to its empty line."""
        header = _HEADER.fullmatch(line)
        if not header:
            self.complaints.append(Complaint(number, Fault.IGNORED_LINE, text=line))
            return
        draft = self._begin(number, header[1].lower(), header[2])
        for at, text in _body(lines):
            if draft is not None:
                self._read_property(draft, at, text)
        if draft is not None:
            self._end(draft)

    def _begin(self, number: int, type_name: str, name: str) -> _Draft | None:
        section_id = self.form.identify(type_name, name)
        known = self.form.types is None or type_name in self.form.types
        if section_id is None or not known:
            fault = Fault.BAD_NAME if known else Fault.UNKNOWN_TYPE
            self.complaints.append(Complaint(number, fault, name, text=type_name))
            return None
        return _Draft(number, type_name, section_id)

    def _read_property(self, draft: _Draft, number: int, line: str) -> None:
        match = _PROPERTY.fullmatch(line.rstrip(" \t\r\f\v"))
        if not match:
            self.complaints.append(Complaint(number, Fault.IGNORED_LINE, draft.id, text=line))
            return
        key, value = match[1], match[2]
        fault = draft.accept(key, value, self.form)
        if fault is not None:
            self.complaints.append(Complaint(number, fault, draft.id, key, value or ""))

    def _end(self, draft: _Draft) -> None:
        self._ordinal += 1
        self.sections.pop(draft.id, None)
        self.order.pop(draft.id, None)
        self.order[draft.id] = self._ordinal
        known = self.form.properties_of(draft.type)
        missing = sorted(k for k, p in known.items() if p.required and k not in draft.properties)
        if missing:
            fault = Fault.MISSING_PROPERTY
            self.complaints.append(Complaint(draft.line, fault, draft.id, missing[0]))
            return
        self.sections[draft.id] = Section(draft.type, draft.id, draft.properties, draft.unknown)


def _body(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    # A lone "0" ends a section too: Proxmox VE takes it for "no line".
    for number, line in lines:
        if line in ("", "0"):
            return
        yield number, line
