"""The lab: forwarded to the cluster with the user's own ticket."""

from starlette.responses import Response

from virton.console.guard import Call, done, read_json
from virton.proxmox import ApiFailure


async def show(call: Call) -> Response:
    """Return the lab, if the cluster offers one to this user."""
    try:
        answer = await call.console.client.plain("GET", "/lab", call.session.ticket)
    except ApiFailure as failure:
        status = failure.error.status
        if status is None or status > 501:
            raise
        return done({"offered": False})
    return done({"offered": True} | answer)


async def act(call: Call) -> Response:
    """Do something to the lab."""
    body = await read_json(call.request)
    return done(await call.console.client.plain("POST", "/lab", call.session.ticket, body))
