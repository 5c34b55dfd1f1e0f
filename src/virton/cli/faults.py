"""What the rooms below say of what is wrong, in the operator's language."""

from virton.cli.language import answered_in
from virton.language.faults import fault_in


def in_words(told: object) -> str:
    """Return what is wrong, in the language of the answer."""
    return fault_in(answered_in(), told)
