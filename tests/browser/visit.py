"""How a test speaks to the page: in the words of its catalogue."""

import json

from virton.language.sentences import CATALOGUES

Words = dict[str, str]


def words_of(locale: str) -> Words:
    """The page's words in a language."""
    words: Words = json.loads((CATALOGUES / f"{locale}.json").read_text())
    return words


KO = words_of("ko")
EN = words_of("en")
