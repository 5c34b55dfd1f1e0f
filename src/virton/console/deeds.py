"""What was done through the console, told of the audit's records."""

import re
from collections.abc import Mapping
from typing import Any

from virton.language.sentences import PLACEHOLDER, Sentences

_DEEDS = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"POST /api/login", "login"),
        (r"POST /api/logout", "logout"),
        (r"POST /api/openid/begin", "openid.begin"),
        (r"POST /api/openid/login", "openid.login"),
        (r"DELETE /api/sessions/(?P<session>[^/]+)", "session.end"),
        (r"POST /api/resources", "resource.add"),
        (r"PUT /api/resources/(?P<sid>[^/]+)", "resource.edit"),
        (r"DELETE /api/resources/(?P<sid>[^/]+)", "resource.remove"),
        (r"POST /api/resources/(?P<sid>[^/]+)/move", "resource.move"),
        (r"POST /api/resources/(?P<sid>[^/]+)/stop", "resource.stop"),
        (r"POST /api/resources/(?P<sid>[^/]+)/repair", "repair.begin"),
        (r"DELETE /api/resources/(?P<sid>[^/]+)/repair", "repair.stop"),
        (r"POST /api/resources/(?P<sid>[^/]+)/repair/start", "repair.start"),
        (r"POST /api/ha/disarm", "disarm"),
        (r"POST /api/ha/arm", "arm"),
        (r"PUT /api/ha/settings", "settings.edit"),
        (r"POST /api/rules", "rule.add"),
        (r"PUT /api/rules/(?P<rule>[^/]+)", "rule.edit"),
        (r"DELETE /api/rules/(?P<rule>[^/]+)", "rule.remove"),
        (r"POST /api/incidents/(?P<number>\d+)/acknowledge", "incident.acknowledge"),
        (r"POST /api/incidents/(?P<number>\d+)/silence", "incident.silence"),
        (r"POST /api/notify/test", "notify.test"),
        (r"POST /api/notify/recipients", "notify.add"),
        (r"PUT /api/notify/recipients/(?P<recipient>[^/]+)", "notify.edit"),
        (r"DELETE /api/notify/recipients/(?P<recipient>[^/]+)", "notify.remove"),
        (r"PUT /api/notify/mail", "notify.mail"),
        (r"PUT /api/notify/heartbeat", "notify.heartbeat"),
        (r"PUT /api/retention", "retention.edit"),
        (r"PUT /api/forecast/domains", "domains.edit"),
        (r"POST /api/maintenance", "maintenance.begin"),
        (r"POST /api/maintenance/(?P<act>[^/]+)", "maintenance.act"),
        (r"maintenance (?P<step>\w+)", "maintenance.step"),
        (r"POST /api/drill/(?P<act>[^/]+)", "drill.act"),
        (r"POST /api/plans/entries", "plan.collect"),
        (r"DELETE /api/plans/entries/(?P<kind>[^/]+)/(?P<entry>[^/]+)", "plan.leave_out"),
        (r"POST /api/plans/(?P<act>[^/]+)", "plan.act"),
        (r"POST /api/lab", "lab"),
        (r"GET /api/snapshot-file", "export.capture"),
        (r"GET /api/history/export", "export.history"),
        (r"GET /api/drill/files/(?P<file>[^/]+)", "export.drill"),
    )
)


def told(entry: Mapping[str, Any], said: Sentences) -> dict[str, Any]:
    """Return a record of the audit with a sentence."""
    return {
        "at": entry.get("cluster_at", entry.get("at")),  # as the history beside it is told
        "who": entry.get("who"),
        "whence": entry.get("whence"),
        "what": entry.get("what"),
        "says": _says(entry, said),
        "result": entry.get("result"),
        "status": entry.get("status"),
    }


def read(what: str) -> tuple[str, dict[str, str]] | None:
    """Return which deed a request was, and what its path names; None where it is none."""
    for pattern, key in _DEEDS:
        if (match := pattern.fullmatch(what)) is not None:
            return key, match.groupdict()
    return None


def _says(entry: Mapping[str, Any], said: Sentences) -> str:
    what, params = str(entry.get("what")), entry.get("params")
    known = {k: _plain(v) for k, v in params.items()} if isinstance(params, dict) else {}
    deed = read(what)
    if deed is None:
        return said.say("deed.other", {"what": what})
    key, named = deed
    by_action = f"{key}.{known.get('action')}"
    key = by_action if f"deed.{by_action}" in said.texts else key
    word = {name: said.texts.get(f"set.{name}", name) for name in known}
    changed = ", ".join(f"{word[name]}={value}" for name, value in sorted(known.items()))
    says = said.say(f"deed.{key}", known | {"changed": changed} | named)
    # of what was refused, a field may be missing that the sentence tells of
    return PLACEHOLDER.sub("–", says)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}={_plain(one)}" for name, one in value.items())
    return str(value)
