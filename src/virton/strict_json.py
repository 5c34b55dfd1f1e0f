"""The one reader of JSON that comes from outside: it takes nothing that could break later."""

import json
import math
from typing import Any

DEEPEST = 32
_LARGEST = 2**63


def read_json(text: str | bytes) -> Any:
    """Read a JSON document; raise ValueError for whatever is no JSON that we could pass on.

    Refused are, beside what is no JSON at all: documents nested too deeply, numbers that are not
    finite or do not fit into 64 bits, and texts with half a surrogate pair, which have no bytes.
    """
    try:
        plain = text if isinstance(text, str) else text.decode()
        document = json.loads(
            plain, parse_constant=_refused, parse_float=_finite, parse_int=_of_64_bits
        )
    except RecursionError:
        raise ValueError("the document is nested too deeply") from None
    _check(document)
    return document


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _of_64_bits(text: str) -> int:
    number = int(text)
    if not -_LARGEST <= number < _LARGEST:
        raise ValueError("a number is too large")
    return number


def _check(document: Any) -> None:
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise ValueError("the document is nested too deeply")
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                value.encode()  # raises UnicodeEncodeError, a ValueError
            elif isinstance(value, list):
                below += value
            elif isinstance(value, dict):
                below += value.keys()
                below += value.values()
        level = below
