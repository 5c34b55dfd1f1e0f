"""The table of states: each once, with its tone, its word and its meaning, for page and terminal alike."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from virton.language.sentences import Sentences

TABLE = Path(__file__).parent / "states.json"

Of = Literal["resource", "lrm", "node"]


@dataclass(frozen=True, slots=True)
class Worded:
    """A state as people read it; one that nobody knows is told as it came, and warned of."""

    tone: str
    word: str
    meaning: str


@cache
def tones() -> Mapping[str, Mapping[str, str]]:
    """Return the tone of each state, by whose it is, in the order of the legends."""
    table: dict[str, dict[str, str]] = json.loads(TABLE.read_text("utf-8"))
    return table


def worded(of: Of, state: str, said: Sentences) -> Worded:
    """Return a state's tone, word and meaning."""
    name = state.replace(" ", "_")
    return Worded(
        tones()[of].get(name, "warn"),
        said.texts.get(f"{of}.state.{name}", state),
        said.texts.get(f"{of}.meaning.{name}", ""),
    )
