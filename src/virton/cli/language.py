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


LanguageOption = Annotated[
    Language | None,
    typer.Option("--lang", help="Language of the answer; else that of LANG, else ko."),
]


def sentences(chosen: Language | None) -> Sentences:
    """Return the sentences of the chosen language, or of the environment's."""
    return Sentences.of(chosen or environment_language())


def environment_language() -> Language:
    """Return the first language that the environment asks for, if it is one of ours, else Korean."""
    asked = next((value for name in ENVIRONMENT if (value := os.environ.get(name))), "")
    return next((known for known in Language if asked.startswith(known)), Language.KO)


def printable(text: str) -> str:
    """Return a text without anything that would steer the terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
