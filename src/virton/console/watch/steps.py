"""Steps that are taken again and again: one that fails is told, and hinders none of the next."""

import logging
from collections.abc import Awaitable, Callable

from virton.rare_log import RareLog

_LOG = RareLog(logging.getLogger(__name__))


async def went_well(step: Callable[[], Awaitable[None]], what: str) -> bool:
    """Take a step; tell whether it came to its end, and log what went wrong if it did not."""
    try:
        await step()
    except Exception:  # whatever it was, whoever takes the steps goes on with the next
        _LOG.exception(f"{what} failed")
        return False
    return True
