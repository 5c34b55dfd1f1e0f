"""Korean particles, which depend on the sound with which the word before them ends."""

import re

_PARTICLE = re.compile(r"\[(은|이|을|과|으로)\|(는|가|를|와|로)\]")
_HANGUL = (0xAC00, 0xD7A3)
_FINALS = 28
_RIEUL = 8

# the Korean names of digits and letters: with what they end
_CONSONANT_AT_END = set("0136") | set("mnMN")
_RIEUL_AT_END = set("178") | set("lrLR")


def with_particles(text: str) -> str:
    """Return a text with each `[은|는]` and the like as the word before it asks for.

    A word may be written in Hangul, digits or Latin letters; these are heard by their Korean names,
    so that it is phum01은, but phum02는.
    """
    return _PARTICLE.sub(lambda match: _chosen(match, text), text)


def _chosen(match: re.Match[str], text: str) -> str:
    closed, rieul = _end_of(text[: match.start()])
    after_consonant, after_vowel = match.groups()
    if after_consonant == "으로" and rieul:
        return after_vowel
    return after_consonant if closed else after_vowel


def _end_of(word: str) -> tuple[bool, bool]:
    """Tell whether a word ends with a consonant, and whether that is an ㄹ."""
    last = next((sign for sign in reversed(word) if sign.isalnum()), "")
    if last and _HANGUL[0] <= ord(last) <= _HANGUL[1]:
        final = (ord(last) - _HANGUL[0]) % _FINALS
        return final != 0, final == _RIEUL
    return last in _CONSONANT_AT_END or last in _RIEUL_AT_END, last in _RIEUL_AT_END
