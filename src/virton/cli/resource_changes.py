"""Changes of the resources of a live cluster, each told and agreed to before it is sent."""

from virton.cli.changing import carry_out, carry_out_changes, foreseen_move
from virton.cli.consent import Consent
from virton.console.translate import (
    RESOURCE_DEFAULTS,
    Params,
    ResourceForm,
    change,
    creation,
    resource_params,
)
from virton.forecast.changes import Change
from virton.language.sentences import Sentences
from virton.proxmox import ClusterApi
from virton.proxmox.comments import resource_comment
from virton.proxmox.features import Features, detect


async def added(
    api: ClusterApi, said: Sentences, consent: Consent, sid: str, form: ResourceForm
) -> None:
    """Put a guest under HA."""
    params = creation(_params(form, await detect(api)), RESOURCE_DEFAULTS)
    wanted = [Change("add", sid, _words(params))]
    await carry_out_changes(
        api, said, consent, wanted, lambda: api.add_resource({"sid": sid, **params})
    )


async def changed(
    api: ClusterApi, said: Sentences, consent: Consent, sid: str, form: ResourceForm
) -> None:
    """Change what the form names of a resource."""
    params = _params(form, await detect(api))
    digest = next((one.digest for one in await api.resources() if one.digest), None)
    sent = change(params, RESOURCE_DEFAULTS) | ({"digest": digest} if digest else {})
    wanted = [Change("set", sid, _words(params))]
    await carry_out_changes(api, said, consent, wanted, lambda: api.change_resource(sid, sent))


async def moved(
    api: ClusterApi, said: Sentences, consent: Consent, sid: str, node: str, how: str
) -> None:
    """Move a resource: `how` is migrate or relocate."""
    await carry_out(
        api,
        said,
        consent,
        lambda situation: foreseen_move(situation, sid, node),
        lambda: api.move_resource(sid, how, node),
    )


async def removed(
    api: ClusterApi, said: Sentences, consent: Consent, sid: str, *, keep_in_rules: bool
) -> None:
    """Take a resource out of HA."""
    knows_purge = (await detect(api)).purge
    params: Params = {"purge": int(not keep_in_rules)} if knows_purge else {}
    wanted = [Change("remove", sid, {})]
    await carry_out_changes(api, said, consent, wanted, lambda: api.remove_resource(sid, params))


def _params(form: ResourceForm, features: Features) -> Params:
    """Return the parameters; what the cluster's version does not know it refuses by itself."""
    params = resource_params(form, ("failback", "auto-rebalance", "group"))
    if form.comment is not None:
        params["comment"] = resource_comment(form.comment, features)
    return params


def _words(params: Params) -> dict[str, str]:
    """Return the parameters in which the effect is asked; a group's rules are nothing it plays."""
    return {key: str(value) for key, value in params.items() if key not in ("group", "comment")}
