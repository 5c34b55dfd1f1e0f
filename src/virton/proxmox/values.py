"""Read Proxmox VE's JSON as it comes: numbers in strings, booleans in many spellings, absences."""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

Row = TypeVar("Row")
Source = TypeVar("Source")

TRUE = frozenset({"1", "yes", "on", "true"})

MOST_VALUES = 2_000_000
"""The most values in a document that is read: some ten times what 5,000 resources take."""


def document(content: bytes | bytearray) -> Any:
    """Return what JSON says; raise ValueError where it is none.

    A number that is none (Perl writes `nan` and `inf` as they are) is taken for a missing one.
    """
    # An empty object takes 3 bytes on the wire and some 70 in memory.
    if sum(content.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES} values")
    try:
        return _read(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _read(content: bytes | bytearray) -> Any:
    try:
        return json.loads(content, parse_float=_finite, parse_constant=_finite)
    except ValueError:
        mended = _TEXT_OR_NO_NUMBER.sub(lambda found: found[1] or b"null", content)
        if mended == content:
            raise
        return json.loads(mended, parse_float=_finite, parse_constant=_finite)


# A text that never ends is taken to the end, and nothing in it is tried twice: what is sent may be
# made to take for ever.
_TEXT_OR_NO_NUMBER = re.compile(
    rb'("(?:[^"\\]++|\\.)*+(?:"|\\?\Z))|(?<![\w.+-])[+-]?(?:nan|inf|infinity)(?!\w)',
    re.IGNORECASE | re.DOTALL,
)


def _finite(digits: str) -> float | None:
    read = float(digits)
    return read if math.isfinite(read) else None


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a JSON object; the empty one for an absent value or Perl's empty list."""
    if value is None or value == []:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError(f"an object was expected, not {type(value).__name__}")
    return value


def rows(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a JSON list; whatever else is among them says nothing to us."""
    if not isinstance(value, list):
        raise ValueError(f"a list was expected, not {type(value).__name__}")
    found = [item for item in value if isinstance(item, Mapping)]
    if value and not found:
        raise ValueError("a list of objects was expected")
    return found


def each(
    parse: Callable[[Mapping[str, Any]], Row], entries: Iterable[Mapping[str, Any]]
) -> list[Row]:
    """Parse rows; one that is odd is left out, and takes no other with it."""
    return [row for row in map(lenient(parse), entries) if row is not None]


def lenient(parse: Callable[[Source], Row]) -> Callable[[Source], Row | None]:
    """Return what parses as `parse` does, and answers None to what that cannot read."""

    def parsed(source: Source) -> Row | None:
        try:
            return parse(source)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    return parsed


def flag(value: Any, default: bool = False) -> bool:
    """Return a boolean in any of Proxmox's spellings."""
    if value is None:
        return default
    return str(value).strip().lower() in TRUE


def integer(value: Any) -> int | None:
    """Return a whole number, or None where there is none."""
    try:
        return None if value is None or value == "" else int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def number(value: Any) -> float | None:
    """Return a number, or None where there is none."""
    try:
        read = None if value is None or value == "" else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return read if read is not None and math.isfinite(read) else None


def text(value: Any) -> str | None:
    """Return a text, or None where there is none."""
    return None if value is None else str(value)


def comment(value: Any) -> str | None:
    """Return a comment; where its bytes came as characters, once or several times, as it was meant."""
    told = text(value)
    while told is not None:
        try:
            meant = told.encode("latin-1").decode("utf-8")
        except UnicodeError:
            return told
        if meant == told:
            return told
        told = meant
    return None


def named(value: Any) -> str:
    """Return a name; raise ValueError for an empty one, which names nothing."""
    if value is None or value == "":
        raise ValueError("a name was expected")
    return str(value)


def words(value: Any) -> tuple[str, ...]:
    """Return the items of a list, or of a text with commas, semicolons or spaces between."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(value.replace(",", " ").replace(";", " ").split())
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        return tuple(str(item) for item in value)
    raise ValueError(f"a list was expected, not {type(value).__name__}")


def beyond(data: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """Return the fields that we do not know, sorted by name."""
    return {key: data[key] for key in sorted(set(data) - set(known))}
