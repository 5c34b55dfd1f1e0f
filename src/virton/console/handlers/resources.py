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
from virton.console.watch.readings import Readings
from virton.proxmox.comments import resource_comment


async def add(call: Call) -> Response:
    """Put a guest under HA."""
    form = await call.form(ResourceForm)
    if not form.sid:
        raise Refusal(400, "invalid", None, {"sid": "required"})
    params: Params = {"sid": form.sid}
    params |= creation(await _params(call, form), RESOURCE_DEFAULTS)
    await call.api.add_resource(params)
    return done()


async def edit(call: Call) -> Response:
    """Change a resource."""
    form = await call.form(ResourceForm)
    sid = call.request.path_params["sid"]
    params = change(await _params(call, form, sid), RESOURCE_DEFAULTS)
    await call.api.change_resource(sid, params)
    return done()


async def remove(call: Call) -> Response:
    """Take a guest out of HA; `purge=0` leaves it in the rules."""
    params: Params = {}
    asked = call.request.query_params.get("purge")
    if asked is not None:
        features, purge = await call.console.poller.features(), asked not in ("0", "false")
        # Old versions never purge and know no such parameter. Newer ones purge unless told not
        # to: where the version is not known, a refusal is better than a purge.
        if features.purge or (features.version is None and not purge):
            params["purge"] = int(purge)
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


async def _params(call: Call, form: ResourceForm, sid: str | None = None) -> Params:
    """Return the parameters that the cluster's version knows; refuse what it could not do."""
    features = await call.console.poller.features()
    readings = call.console.poller.readings
    known, problems = set[str](), dict[str, str]()
    if features.rules:
        known.add("failback")
    elif form.failback is not None and form.failback != _failback_of_group(readings, form, sid):
        problems["failback"] = "failback_on_groups"
    if features.auto_rebalance:
        known.add("auto-rebalance")
    elif form.auto_rebalance is False:
        problems["auto_rebalance"] = "always_balanced"
    if not features.rules or readings.rules.data.groups:
        known.add("group")
    elif form.group:
        problems["group"] = "rules_for_groups"
    if problems:
        raise Refusal(400, "invalid", None, problems)
    params = resource_params(form, known)
    if form.comment is not None:
        params["comment"] = resource_comment(form.comment, features)
    return params


def _failback_of_group(readings: Readings, form: ResourceForm, sid: str | None) -> bool:
    group = next((r.group for r in readings.resources.data if r.sid == sid), None)
    return readings.failback_of_group(group if form.group is None else form.group)
