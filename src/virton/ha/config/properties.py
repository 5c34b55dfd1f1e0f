"""The kinds of property that the HA configuration files hold, and the text forms of their values."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, unquote

from virton.frozen import frozen

MAX_COMMENT_LENGTH = 4096

_CONFIG_ID = re.compile(r"[a-z][a-z0-9_-]+", re.ASCII | re.IGNORECASE)
_SID = re.compile(r"[a-z]+:\S+", re.ASCII)
_NODE = re.compile(r"([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?::(\d{1,20}))?", re.ASCII)
_SEPARATORS = re.compile(r"[,;\s]+", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_LARGEST = 2**64 - 1
_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in "%:")


@frozen
class Property:
    """A property that a section may hold.

    `normalise` returns the value as it is kept, or None where it is not allowed. A boolean that
    stands without a value is set.
    """

    normalise: Callable[[str], str | None]
    required: bool = False
    boolean: bool = False

    def accept(self, value: str | None) -> str | None:
        """Return a value from a file as it is kept, or None where it is not allowed."""
        if value is None:
            return "1" if self.boolean else None
        return self.normalise(value)


def is_config_id(text: str) -> bool:
    """Tell whether a text may name a rule or a group."""
    return _CONFIG_ID.fullmatch(text) is not None


def is_sid(text: str) -> bool:
    """Tell whether a text looks like a resource id (`vm:100`)."""
    return _SID.fullmatch(text) is not None


def split_list(text: str) -> list[str]:
    """Split a list at commas, semicolons and blanks, or at NUL where it holds one."""
    if "\0" in text:
        return text.rstrip("\0").split("\0")
    return [part for part in _SEPARATORS.split(text) if part]


def parse_node_entry(text: str) -> tuple[str, int] | None:
    """Return node and priority of an entry like `node1` (priority 0) or `node1:2`."""
    match = _NODE.fullmatch(text)
    return match and (match[1], int(match[2] or 0))


def parse_nodes(text: str) -> dict[str, int]:
    """Return node -> priority of a list of entries, sorted; a later entry of a node wins."""
    entries = (parse_node_entry(entry) for entry in split_list(text))
    return dict(sorted(dict(entry for entry in entries if entry is not None).items()))


def format_nodes(nodes: Iterable[tuple[str, int]]) -> str:
    """Return a list of entries; priority 0 goes without saying."""
    return ",".join(f"{node}:{priority}" if priority else node for node, priority in nodes)


def encode_text(text: str) -> str:
    """Return a free text as rule files keep it: everything but plain ASCII percent-encoded."""
    return quote(text, safe=_PLAIN, errors="surrogateescape")


def decode_text(text: str) -> str:
    """Return the free text that a rule file keeps percent-encoded."""
    return unquote(text)


def boolean() -> Property:
    """Return a switch: `1`, `0`, or the bare key for 1."""
    return Property(lambda value: value if value in ("0", "1") else None, boolean=True)


def integer(minimum: int) -> Property:
    """Return a whole number of at least `minimum`."""

    def normalise(value: str) -> str | None:
        if not _INTEGER.fullmatch(value) or not minimum <= int(value) <= _LARGEST:
            return None
        return str(int(value))

    return Property(normalise)


def choice(*words: str, required: bool = False) -> Property:
    """Return one of the given words."""
    return Property(lambda value: value if value in words else None, required)


def comment() -> Property:
    """Return a text of limited length, measured as it stands in the file."""
    return Property(lambda value: value if len(value) <= MAX_COMMENT_LENGTH else None)


def config_id() -> Property:
    """Return the name of a rule or a group."""
    return Property(lambda value: value if is_config_id(value) else None)


def sid_list(required: bool = False) -> Property:
    """Return a list of resource ids, kept without duplicates."""
    return Property(lambda value: _normalise_list(value, is_sid), required)


def node_list(required: bool = False) -> Property:
    """Return a list of nodes with optional priorities, kept without duplicates."""
    return Property(
        lambda value: _normalise_list(value, lambda entry: parse_node_entry(entry) is not None),
        required,
    )


def _normalise_list(value: str, valid: Callable[[str], bool]) -> str | None:
    # Of two entries of one node the later wins, so of equal entries the last one must stay.
    last_first = dict.fromkeys(reversed(split_list(value)))
    return ",".join(reversed(last_first)) if all(map(valid, last_first)) else None
