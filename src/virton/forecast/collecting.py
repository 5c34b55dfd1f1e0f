"""Hold the garbage collector back while a cluster is played."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 50_000
"""So many new values are looked through at once, in place of a few hundred."""


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Have garbage looked for rarely: what a trial makes lives until it is over, all of it."""
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
