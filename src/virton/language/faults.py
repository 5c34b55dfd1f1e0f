"""What the rooms say of what is wrong, in the language of who is told.

They say it in English, as exceptions do. The catalogue has each of their sentences in Korean, by the English one
with `{}` for what is filled in; what it does not know is told as it is.
"""

import json
import re
from collections.abc import Iterator
from functools import cache

from virton.language.catalogues import CATALOGUES
from virton.language.particles import with_particles


def fault_in(locale: str, told: object) -> str:
    """Return what is wrong, in a language."""
    text = str(told)
    return text if locale == "en" else _translated(text)


def _translated(text: str) -> str:
    for pattern, sentence in _known():
        if found := pattern.fullmatch(text):
            fields = (_translated(field) for field in found.groups())
            return with_particles(sentence.format(*fields))
    place, colon, rest = text.partition(": ")
    return f"{place}{colon}{_translated(rest)}" if colon else text


@cache
def _known() -> list[tuple[re.Pattern[str], str]]:
    """Return the sentences that are known; what says most stands before what would fit as well."""
    read: dict[str, str] = json.loads((CATALOGUES / "faults.ko.json").read_text("utf-8"))
    return sorted(_patterns(read), key=lambda one: -len(one[0].pattern.replace("(.+)", "")))


def _patterns(read: dict[str, str]) -> Iterator[tuple[re.Pattern[str], str]]:
    for english, korean in read.items():
        parts = (re.escape(part) for part in english.split("{}"))
        yield re.compile("(.+)".join(parts), re.DOTALL), korean
