"""How a file of ours is damaged, as an operator reads it."""

import json

from virton.damage import DamagedError
from virton.language.sentences import Sentences


def how(damaged: DamagedError, said: Sentences) -> str:
    """Say what is wrong in a damaged file: at which field or place, and what should be there."""
    cause = damaged.__cause__
    if (problem := getattr(cause, "problem", None)) is not None:
        fields = {"field": getattr(cause, "field", ""), **getattr(cause, "fields", {})}
        return said.say(f"plans.wrong.{problem}", fields)
    if isinstance(cause, json.JSONDecodeError):
        fields = {"line": cause.lineno, "column": cause.colno}
        return said.say("plans.wrong.not_json_at", fields)
    return str(damaged).partition("damaged: ")[2]
