"""What an endpoint accepts: its parameters, checked as Proxmox VE checks them.

All that is wrong is told at once, each under its parameter's name. Numbers and booleans may come
as text (from a form) or as themselves (from JSON); a boolean is spelled 1 or 0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from virton.embedded.formats import format_error

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_LONGEST_NUMBER = 32
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)

ParamType = Literal["string", "integer", "number", "boolean", "array"]
Value = str | int | float | bool | list[str]


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: its type and what bounds it.

    `types` are the values of the parameter `type` for which it has a meaning; `newer_types` are
    more of them, from Proxmox VE 9.2 on. A `newer` parameter is known from that version on.
    """

    type: ParamType = "string"
    optional: bool = False
    default: Value | None = None
    format: str | None = None
    enum: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    min_length: int | None = None
    pattern: str | None = None
    requires: str | None = None
    types: tuple[str, ...] = ()
    newer_types: tuple[str, ...] = ()
    newer: bool = False


Schema = Mapping[str, Param]


class _Wrong(Exception):  # noqa: N818
    """What is wrong with the value at hand."""


def check(
    schema: Schema, given: Mapping[str, Any], kind: str | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the parameters in their types, and what is wrong with which of them.

    With `kind`, the parameters must be such as that value of the parameter `type` has; what is
    wrong with one that not every type has is told under `oneOf[kind].name`.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name in sorted(schema.keys() | given.keys()):
        param = schema.get(name)
        key = f"oneOf[{kind}].{name}" if kind and param and param.types else name or "_root"
        try:
            if param is None:
                raise _Wrong("property is not defined in the schema")
            if kind and name in given and not _is_of(param, kind):
                key = name
                raise _Wrong(f"property is not defined for the type '{kind}'")
            value = _check_one(param, given.get(name))
        except _Wrong as wrong:
            errors[key] = str(wrong)
        else:
            if value is not None:
                values[name] = value
    _check_requirements(schema, given, errors)
    return values, errors


def _is_of(param: Param, kind: str) -> bool:
    return not param.types or kind in (*param.types, *param.newer_types)


def _check_requirements(schema: Schema, given: Mapping[str, Any], errors: dict[str, str]) -> None:
    for name in sorted(given):
        needed = schema[name].requires if name in schema else None
        if needed and given.get(needed) is None:
            errors.setdefault(needed, f"property is missing, '{name}' requires it")


def _check_one(param: Param, raw: Any) -> Value | None:
    if raw is None:
        if not param.optional:
            raise _Wrong("property is missing and it is not optional")
        return None
    if param.type == "array":
        return [_text(param, item) for item in (raw if isinstance(raw, list) else [raw])]
    if isinstance(raw, list) and param.type == "string" and (param.format or "").endswith("-list"):
        raw = ",".join(str(item) for item in raw)
    if param.type == "boolean":
        return _boolean(raw)
    text = _text(param, raw)
    number = _number(param, text)
    _check_text(param, text)
    return text if number is None else number


def _text(param: Param, raw: Any) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise _Wrong(f"type check ('{param.type}') failed")
    # A number of a JSON body is the text that a form would hold: `1.0` is 1.
    return f"{raw:.15g}" if isinstance(raw, float) else str(raw)


def _boolean(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str | int | float) and raw in ("0", "1", 0, 1):
        return raw in ("1", 1)
    raise _Wrong(f"type check ('boolean') failed - got '{raw}'")


def _number(param: Param, text: str) -> int | float | None:
    if param.type == "string":
        return None
    form = _INTEGER if param.type == "integer" else _NUMBER
    if len(text) > _LONGEST_NUMBER or not form.fullmatch(text):
        raise _Wrong(f"type check ('{param.type}') failed - got '{text}'")
    value = int(text) if param.type == "integer" else float(text)
    if param.maximum is not None and value > param.maximum:
        raise _Wrong(f"value must have a maximum value of {param.maximum}")
    if param.minimum is not None and value < param.minimum:
        raise _Wrong(f"value must have a minimum value of {param.minimum}")
    return value


def _check_text(param: Param, text: str) -> None:
    if param.format is not None:
        objection = format_error(param.format, text)
        if objection is not None:
            raise _Wrong(objection)
    if param.pattern is not None and not re.fullmatch(param.pattern, text):
        raise _Wrong("value does not match the regex pattern")
    if param.max_length is not None and len(text) > param.max_length:
        raise _Wrong(f"value may only be {param.max_length} characters long")
    if param.min_length is not None and len(text) < param.min_length:
        raise _Wrong(f"value must be at least {param.min_length} characters long")
    if param.enum and text not in param.enum:
        raise _Wrong(f"value '{text}' is not one of '{', '.join(param.enum)}'")
