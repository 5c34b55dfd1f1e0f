"""What the rooms below say of what is wrong, in the operator's language."""

from virton.cli.language import answered_in, sentences
from virton.damage import DamagedError
from virton.language.damage import how
from virton.language.faults import fault_in


def in_words(told: object) -> str:
    """Return what is wrong, in the language of the answer."""
    if isinstance(told, DamagedError):
        told = f"{told.file} is damaged: {how(told, sentences())}"
    return fault_in(answered_in(), told)
