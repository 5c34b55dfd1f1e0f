"""Repairs of resources in error, one operation for everybody who looks."""

from starlette.responses import Response

from virton.console.guard import Call, done
from virton.console.problems import Refusal
from virton.console.standings import CONSOLE
from virton.console.translate import Form
from virton.console.watch.repairs import Repairs


class RepairForm(Form):
    """Whether the resource is started again as soon as its error is cleared."""

    at_once: bool = False


async def begin(call: Call) -> Response:
    """Begin a repair: disable the resource."""
    form = await call.form(RepairForm)
    sid = call.request.path_params["sid"]
    await call.console.poller.refresh()
    managed = call.console.poller.readings.status.data.manager.services.get(sid)
    failed = managed.failed_nodes if managed else ()
    repairs = _repairs(call)
    await repairs.begin(sid, call.session.user, call.api, failed)
    if form.at_once:
        repairs.lend(sid, call.api)
    return done()


async def start(call: Call) -> Response:
    """Start the resource again, now that its cause is mended."""
    await _repairs(call).start(_under_way(call), call.api)
    return done()


async def stop(call: Call) -> Response:
    """Stop a repair: the resource stays as it is."""
    call.require(CONSOLE)
    _repairs(call).stop(_under_way(call))
    return done()


def _repairs(call: Call) -> Repairs:
    return call.console.poller.repairs


def _under_way(call: Call) -> str:
    sid = str(call.request.path_params["sid"])
    if sid not in _repairs(call).current:
        raise Refusal(404, "no_repair", f"{sid} is not being repaired")
    return sid
