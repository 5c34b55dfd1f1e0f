"""Changes of the affinity rules of a live cluster, each told and agreed to before it is sent."""

from collections.abc import Callable

from virton.cli.changing import carry_out_changes
from virton.cli.complaint import WRONG_INPUT, complain
from virton.cli.consent import Consent
from virton.console.translate import (
    RULE_DEFAULTS,
    Params,
    RuleForm,
    change,
    creation,
    rule_params,
)
from virton.forecast.changes import Change
from virton.language.sentences import Sentences
from virton.proxmox import ClusterApi
from virton.proxmox.comments import rule_comment
from virton.proxmox.configuration import Rule
from virton.proxmox.features import Features, detect


async def added(
    api: ClusterApi, said: Sentences, consent: Consent, name: str, form: RuleForm
) -> None:
    """Add a rule."""
    kind = form.type
    params = creation(_params(form, await detect(api)), RULE_DEFAULTS)
    wanted = [Change("add", name, {"type": kind, **_words(params)})]
    await carry_out_changes(
        api, said, consent, wanted, lambda: api.add_rule({"rule": name, "type": kind, **params})
    )


async def changed(
    api: ClusterApi,
    said: Sentences,
    consent: Consent,
    name: str,
    form_of: Callable[[str], RuleForm],
) -> None:
    """Change what the form of the rule's type names."""
    rule = _known(said, await api.rules(), name)
    form = form_of(rule.type)
    params = _params(form, await detect(api))
    sent: Params = {"type": rule.type, **change(params, RULE_DEFAULTS)}
    if rule.digest:
        sent["digest"] = rule.digest
    wanted = [Change("set", name, _words(params))]
    await carry_out_changes(api, said, consent, wanted, lambda: api.change_rule(name, sent))


async def removed(api: ClusterApi, said: Sentences, consent: Consent, name: str) -> None:
    """Remove a rule."""
    _known(said, await api.rules(), name)
    wanted = [Change("remove", name, {})]
    await carry_out_changes(api, said, consent, wanted, lambda: api.remove_rule(name))


def _known(said: Sentences, known: tuple[Rule, ...], name: str) -> Rule:
    found = next((rule for rule in known if rule.rule == name), None)
    if found is None:
        names = ", ".join(sorted(rule.rule for rule in known)) or "–"
        complain(said.say("cli.no_rule", {"rule": name, "names": names}), code=WRONG_INPUT)
    return found


def _params(form: RuleForm, features: Features) -> Params:
    params = rule_params(form, node_affinity_signed=features.negative_node_affinity)
    comment = params.get("comment")
    return params if comment is None else params | {"comment": rule_comment(str(comment), features)}


def _words(params: Params) -> dict[str, str]:
    return {key: str(value) for key, value in params.items() if key != "comment"}
