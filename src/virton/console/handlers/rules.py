"""Writes to the HA rules."""

from starlette.responses import Response

from virton.console.guard import Call, done
from virton.console.problems import Refusal
from virton.console.translate import (
    RULE_DEFAULTS,
    Params,
    RuleForm,
    change,
    creation,
    rule_params,
)


async def add(call: Call) -> Response:
    """Add a rule."""
    form = await call.form(RuleForm)
    if not form.rule:
        raise Refusal(400, "invalid", None, {"rule": "required"})
    params: Params = {"rule": form.rule, "type": form.type}
    told = rule_params(form, node_affinity_signed=await _signed(call, form))
    await call.api.add_rule(params | creation(told, RULE_DEFAULTS))
    return done()


async def edit(call: Call) -> Response:
    """Change a rule."""
    name = call.request.path_params["rule"]
    form = await call.form(RuleForm)
    params = rule_params(form, node_affinity_signed=await _signed(call, form))
    await call.api.change_rule(name, {"type": form.type} | change(params, RULE_DEFAULTS))
    return done()


async def remove(call: Call) -> Response:
    """Remove a rule."""
    await call.api.remove_rule(call.request.path_params["rule"])
    return done()


async def _signed(call: Call, form: RuleForm) -> bool:
    """Tell whether nodes can be avoided; refuse that where they cannot."""
    signed = (await call.console.poller.features()).negative_node_affinity
    if form.type == "node-affinity" and form.affinity == "negative" and not signed:
        raise Refusal(400, "invalid", None, {"affinity": "nothing_to_avoid"})
    return signed
