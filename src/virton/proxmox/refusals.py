"""Which parameter a refusal of the cluster is about, wherever in its answer it says so."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_INVALID_RULE = re.compile(r"[Rr]ule '[^']+' is invalid\.?\s*(?P<lines>.*)", re.DOTALL)
_LINE = re.compile(r"^(?P<field>[a-z][\w-]*): (?P<words>.+)$", re.MULTILINE)

_SENTENCES = (
    (re.compile(r"cannot use non-existent node\(s\) .+"), "nodes"),
    (re.compile(r"no nodes were specified"), "nodes"),
    (re.compile(r"cannot use unmanaged resource\(s\) .+"), "resources"),
    (re.compile(r"no resources were specified"), "resources"),
    (re.compile(r"HA rule '[^']+' already defined"), "rule"),
)
"""Refusals that name no parameter, with the one that they are about."""


def fields_of(message: str | None, errors: Any) -> dict[str, str]:
    """Return the words of a refusal by parameter, from its `errors` and from its message."""
    named = dict(_named(message or ""))
    if isinstance(errors, Mapping):
        named |= {_parameter(str(key)): _words(value) for key, value in errors.items()}
    return named


def _parameter(key: str) -> str:
    """Return a parameter's own name: a schema of alternatives says `oneOf[node-affinity].nodes`."""
    return key.rpartition("].")[2]


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item).strip() for item in value)
    return str(value).strip()


def _named(message: str) -> Iterator[tuple[str, str]]:
    for pattern, field in _SENTENCES:
        match = pattern.search(message)
        if match:
            yield field, match[0].strip()
    invalid = _INVALID_RULE.search(message)
    if invalid:
        yield from (
            (line["field"], line["words"].strip()) for line in _LINE.finditer(invalid["lines"])
        )
