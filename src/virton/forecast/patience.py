"""Give an answer up that nobody waits for any more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_unwanted: ContextVar[Callable[[], bool]] = ContextVar("unwanted", default=lambda: False)


class GivenUpError(Exception):
    """An answer that nobody waits for any more."""


@contextmanager
def giving_up(unwanted: Callable[[], bool]) -> Iterator[None]:
    """Have whatever is played meanwhile given up as soon as it is unwanted: GivenUpError."""
    token = _unwanted.set(unwanted)
    try:
        yield
    finally:
        _unwanted.reset(token)


def go_on() -> None:
    """Raise GivenUpError if what is being played is unwanted; each round and each few seconds ask."""
    if _unwanted.get()():
        raise GivenUpError
