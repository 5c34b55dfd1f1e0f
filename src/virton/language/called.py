"""What resources are called in sentences: "VM 124 (web02)", as on the page, in place of `vm:124`."""

import re
from collections.abc import Callable, Mapping

_SID = re.compile(r"(?<![\w:])(vm|ct):(\d{1,9})(?![\w:])")


def sids_in(text: str) -> set[str]:
    """Return the resources that a text names."""
    return {match[0] for match in _SID.finditer(text)}


def caller(names: Mapping[str, str]) -> Callable[[str], str]:
    """Return what calls the resources in a text by their names, as far as these are known."""

    def called(match: re.Match[str]) -> str:
        kind, number = match.groups()
        name = names.get(match[0])
        return f"{kind.upper()} {number} ({name})" if name else f"{kind.upper()} {number}"

    return lambda text: _SID.sub(called, text)
