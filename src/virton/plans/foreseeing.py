"""What steps move that were not planned but follow from others, as those of an undoing."""

from collections.abc import Sequence
from dataclasses import replace

from virton.forecast.changes import ChangeError
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.plans.applying import Surprise
from virton.plans.playing import play
from virton.plans.records import Stride


def foreseen(situation: Situation, strides: Sequence[Stride]) -> tuple[Stride, ...]:
    """Return steps with what each one moves, by the model."""
    base, _ = at_rest(situation)
    found = []
    for stride in strides:
        try:
            played = play(base, stride.edit)
        except ChangeError as error:
            raise Surprise("cannot_be", told=str(error)) from None
        moves = tuple(move.to_json() for move in played.timed())
        found.append(replace(stride, moves=moves))
        base = played.after
    return tuple(found)
