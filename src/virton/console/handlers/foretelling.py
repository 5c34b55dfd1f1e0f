"""How the handlers ask the forecast: of the cluster as a user reads it, its refusals told as ours."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from virton.console.guard import Call
from virton.console.problems import Refusal
from virton.console.watch.forecasts import ForecastError
from virton.proxmox.capture import see


async def seen(call: Call) -> dict[str, Any]:
    """Return the cluster as this user may read it, and nothing that they may not; raises ApiFailure."""
    return await see(call.api, call.console.forecasts.remembered_of(call.session.user))


@contextmanager
def refusals(wrong: Mapping[str, str] | None = None) -> Iterator[None]:
    """Tell as a Refusal what the forecast does not take, or takes too long for.

    `wrong` names the field of a form that is to blame.
    """
    try:
        yield
    except ForecastError as error:
        raise Refusal(400, "forecast", str(error), wrong) from None
    except TimeoutError:
        raise Refusal(504, "forecast", "it takes too long") from None
