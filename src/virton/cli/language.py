"""The language in which a verb answers."""

import os
from enum import StrEnum
from typing import Annotated

import typer

from virton.language.sentences import Sentences

ENVIRONMENT = ("LC_ALL", "LC_MESSAGES", "LANG")


class Language(StrEnum):
    """A language of the catalogues."""

    KO = "ko"
    EN = "en"


_chosen: list[Language] = []


def choose(language: Language | None) -> Language | None:
    """Answer in this language from now on, whatever is wrong and wherever; None is the environment's."""
    _chosen[:] = [] if language is None else [language]
    return language


LanguageOption = Annotated[
    Language | None,
    typer.Option(
        "--lang",
        help="Language of the answer; else that of LANG, else ko.",
        callback=choose,
        is_eager=True,
    ),
]


def sentences(chosen: Language | None = None) -> Sentences:
    """Return the sentences of the chosen language, or of the environment's."""
    return Sentences.of(chosen or answered_in())


def answered_in() -> Language:
    """Return the language in which this verb answers."""
    return _chosen[0] if _chosen else environment_language()


def environment_language() -> Language:
    """Return the first language that the environment asks for, if it is one of ours, else Korean."""
    asked = next((value for name in ENVIRONMENT if (value := os.environ.get(name))), "")
    return next((known for known in Language if asked.startswith(known)), Language.KO)


def printable(text: str) -> str:
    """Return a text without anything that would steer the terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
