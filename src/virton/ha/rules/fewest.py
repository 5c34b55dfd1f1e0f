"""The fewest of several things that together have some effect."""

from collections.abc import Callable, Collection, Sequence
from itertools import chain, combinations, islice


def fewest(
    names: Sequence[str], hold: Callable[[Collection[str]], bool], most: int, tried: int
) -> tuple[str, ...]:
    """Return the fewest names that `hold`, as all of them do.

    Leaving out one after the other, the last first, gives some of which none can be spared. Fewer may
    be among the others: all sets of up to `most` are tried, as long as that is bearable (`tried`).
    """
    if hold(()):
        return ()
    kept = list(names)
    for name in reversed(names):
        rest = [other for other in kept if other != name]
        kept = rest if hold(rest) else kept
    sizes = range(1, min(len(kept) - 1, most) + 1)
    smaller = chain.from_iterable(combinations(names, size) for size in sizes)
    return next(filter(hold, islice(smaller, tried)), tuple(kept))
