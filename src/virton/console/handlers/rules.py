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
    await call.api.add_rule(params | creation(rule_params(form), RULE_DEFAULTS))
    return done()


async def edit(call: Call) -> Response:
    """Change a rule."""
    name = call.request.path_params["rule"]
    form = await call.form(RuleForm)
    params = rule_params(form, node_affinity_signed=_signed(call, name))
    await call.api.change_rule(name, {"type": form.type} | change(params, RULE_DEFAULTS))
    return done()


async def remove(call: Call) -> Response:
    """Remove a rule."""
    await call.api.remove_rule(call.request.path_params["rule"])
    return done()


def _signed(call: Call, name: str) -> bool:
    """Tell whether the cluster itself has said of this node-affinity rule which way it works."""
    rules = call.console.poller.readings.rules.data.rules
    return any(r.rule == name and r.affinity is not None for r in rules)
