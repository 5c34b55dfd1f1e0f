"""How the handlers ask the forecast: of the cluster as a user reads it, its refusals told as ours."""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from virton.console.guard import Call
from virton.console.handlers.books import language_of
from virton.console.problems import Refusal
from virton.console.standings import sees_all
from virton.console.watch.forecasts import ForecastError
from virton.language.faults import fault_in
from virton.proxmox.capture import see


async def seen(call: Call) -> dict[str, Any]:
    """Return the cluster as this user may read it, and nothing that they may not; raises ApiFailure."""
    sights = call.console.forecasts.sights
    if _is_shown_all(call):
        return await sights.own_now()
    return await sights.of_now(_who(call), lambda kept: see(call.api, kept))


async def seen_lately(call: Call) -> dict[str, Any]:
    """Return the same as it was read lately, for what does not depend on the second."""
    sights = call.console.forecasts.sights
    if _is_shown_all(call):
        return await sights.own()
    return await sights.of(_who(call), lambda kept: see(call.api, kept))


def _who(call: Call) -> Hashable:
    return call.session.user, call.standing.sight


def _is_shown_all(call: Call) -> bool:
    """Tell whether somebody may see all that the console sees, and the console sees all there is."""
    token = call.console.poller.readings.token
    own = token is not None and token.sees_all and not token.refused
    return own and sees_all(call.standing.permissions)


@contextmanager
def refusals(call: Call, wrong: Mapping[str, str] | None = None) -> Iterator[None]:
    """Tell as a Refusal, in the user's language, what the forecast does not take, or takes too long for.

    `wrong` names the field of a form that is to blame.
    """
    try:
        yield
    except ForecastError as error:
        raise Refusal(400, "forecast", fault_in(language_of(call), error), wrong) from None
    except TimeoutError:
        told = fault_in(language_of(call), "the forecast takes too long")
        raise Refusal(504, "forecast", told) from None
