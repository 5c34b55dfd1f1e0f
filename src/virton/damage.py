"""A file of ours that cannot be read: what it is called, and what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager


class DamagedError(Exception):
    """Says which file of the data folder is damaged, how, and what to do."""

    def __init__(self, file: str, how: str, advice: str) -> None:
        super().__init__(f"{file} is damaged: {how}")
        self.file = file
        self.advice = advice


@contextmanager
def reading(file: str, advice: str) -> Iterator[None]:
    """Say of whatever goes wrong with the contents of a file that it is damaged."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError) as failure:
        raise DamagedError(file, "it does not hold what it should", advice) from failure
    except (TypeError, ValueError) as failure:
        raise DamagedError(file, str(failure) or "it is not readable", advice) from failure
