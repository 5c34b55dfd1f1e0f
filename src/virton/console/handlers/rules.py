"""Writes to the HA rules."""

from starlette.responses import Response

from virton.console.guard import Call, done
from virton.console.problems import Refusal
from virton.console.translate import (
    RULE_DEFAULTS,
    NodePriority,
    Params,
    RuleForm,
    change,
    creation,
    rule_params,
    same_value,
)
from virton.proxmox.comments import rule_comment
from virton.proxmox.configuration import Rule
from virton.proxmox.features import Features


async def add(call: Call) -> Response:
    """Add a rule."""
    form = await call.form(RuleForm)
    if not form.rule:
        raise Refusal(400, "invalid", None, {"rule": "required"})
    features = await _features(call, form)
    params: Params = {"rule": form.rule, "type": form.type}
    params |= creation(_params(form, features), RULE_DEFAULTS)
    await call.api.add_rule(_sent(params, features))
    return done()


async def edit(call: Call) -> Response:
    """Change a rule: of what the form says, what is not so already."""
    name = call.request.path_params["rule"]
    form = await call.form(RuleForm)
    features = await _features(call, form)
    params = _params(form, features)
    rule = await _as_read(call, name, form)
    if rule is not None:
        before = _params(_form_of(rule), features)
        # A node that was removed from the cluster may stand in a rule, but cannot be written anew.
        params = {
            key: value
            for key, value in params.items()
            if key == "digest" or not same_value(key, value, before.get(key))
        }
    told: Params = {"type": form.type}
    await call.api.change_rule(name, _sent(told | change(params, RULE_DEFAULTS), features))
    return done()


async def remove(call: Call) -> Response:
    """Remove a rule."""
    await call.api.remove_rule(call.request.path_params["rule"])
    return done()


async def _features(call: Call, form: RuleForm) -> Features:
    """Return what the cluster knows; refuse nodes to avoid where they cannot be."""
    features = await call.console.poller.features()
    avoids = form.type == "node-affinity" and form.affinity == "negative"
    if avoids and not features.negative_node_affinity:
        raise Refusal(400, "invalid", None, {"affinity": "nothing_to_avoid"})
    return features


def _params(form: RuleForm, features: Features) -> Params:
    return rule_params(form, node_affinity_signed=features.negative_node_affinity)


def _sent(params: Params, features: Features) -> Params:
    comment = params.get("comment")
    return params if comment is None else params | {"comment": rule_comment(str(comment), features)}


async def _as_read(call: Call, name: str, form: RuleForm) -> Rule | None:
    """Return the rule as the cluster has it, if it is what the form was filled in from."""
    if form.digest is None:
        await call.console.poller.refresh()
    rules = call.console.poller.readings.rules.data.rules
    rule = next((rule for rule in rules if rule.rule == name and rule.type == form.type), None)
    return rule if rule is not None and form.digest in (None, rule.digest) else None


def _form_of(rule: Rule) -> RuleForm:
    return RuleForm.model_construct(
        type=rule.type,
        resources=list(rule.resources),
        nodes=[NodePriority(node=node, priority=priority) for node, priority in rule.nodes],
        strict=rule.strict,
        affinity=rule.affinity or "positive",
        disabled=rule.disabled,
        comment=rule.comment or "",
    )
