"""How a test speaks to the page: in the words of its catalogue."""

import json
from pathlib import Path

from virton import console

Words = dict[str, str]

CATALOGUE = Path(console.__file__).parent / "catalogue"


def words_of(locale: str) -> Words:
    """The page's words in a language."""
    words: Words = json.loads((CATALOGUE / f"{locale}.json").read_text())
    return words


KO = words_of("ko")
EN = words_of("en")
