"""Writes to the resources under HA."""

from starlette.responses import Response

from virton.console.guard import Call, done
from virton.console.problems import Refusal
from virton.console.translate import (
    RESOURCE_DEFAULTS,
    MoveForm,
    Params,
    ResourceForm,
    change,
    creation,
    resource_params,
)


async def add(call: Call) -> Response:
    """Put a guest under HA."""
    form = await call.form(ResourceForm)
    if not form.sid:
        raise Refusal(400, "invalid", None, {"sid": "required"})
    params: Params = {"sid": form.sid}
    params |= creation(_params(call, form), RESOURCE_DEFAULTS)
    await call.api.add_resource(params)
    return done()


async def edit(call: Call) -> Response:
    """Change a resource."""
    form = await call.form(ResourceForm)
    params = change(_params(call, form), RESOURCE_DEFAULTS)
    await call.api.change_resource(call.request.path_params["sid"], params)
    return done()


async def remove(call: Call) -> Response:
    """Take a guest out of HA; `purge=0` leaves it in the rules."""
    params: Params = {}
    if "purge" in call.request.query_params and _rules_supported(call):
        params["purge"] = int(call.request.query_params["purge"] not in ("0", "false"))
    await call.api.remove_resource(call.request.path_params["sid"], params)
    return done()


async def move(call: Call) -> Response:
    """Request a migration or relocation; tell what goes along and what blocks it."""
    form = await call.form(MoveForm)
    sid = call.request.path_params["sid"]
    answer = await call.api.move_resource(sid, form.how, form.node)
    return done(
        {
            "sid": answer.get("sid", sid),
            "node": answer.get("requested-node", form.node),
            "comigrated": answer.get("comigrated-resources") or [],
            "blocking": answer.get("blocking-resources") or [],
        }
    )


def _params(call: Call, form: ResourceForm) -> Params:
    known = _rules_supported(call)
    if form.failback is False and not known:
        words = "this version of Proxmox VE has failback on groups, not on resources"
        raise Refusal(400, "invalid", None, {"failback": words})
    return resource_params(form, failback_known=known)


def _rules_supported(call: Call) -> bool:
    return call.console.poller.readings.rules.data.supported
