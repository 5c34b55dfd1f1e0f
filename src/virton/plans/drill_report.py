"""The report of a drill, computed from its record alone: the same record gives the same bytes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

from virton.forecast.answer import Answer, Span
from virton.forecast.fates import RUNS_AGAIN
from virton.forecast.reasons import reasons
from virton.forecast.situation import Situation, situation_of
from virton.ha.states import RequestState
from virton.language import forecasts
from virton.language.sentences import Sentences
from virton.plans.drill import FORM, Drill, Tried
from virton.plans.drill_forecast import forecast
from virton.plans.looking import Look, looks

REPORT_VERSION = 1
KST = timezone(timedelta(hours=9), "KST")
GOOD = ("within", "early", "unplanned_back")
Json = dict[str, Any]


def report_text(told: Json) -> str:
    """Return a report as the bytes that are kept."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def report(drill: Drill, lang: str) -> Json:
    """Return the report in a language."""
    said = Sentences.of(lang)
    scenarios = [_scenario(tried, drill, said) for tried in drill.tried]
    passed = all(one["result"] == "pass" for one in scenarios)
    first = drill.tried[0].capture if drill.tried else {}
    return {
        "version": REPORT_VERSION,
        "lang": lang,
        "program": drill.program,
        "form": {key: drill.form.get(key, "") for key in FORM},
        "limit_s": drill.form.get("limit_s"),
        "cluster": first.get("name", ""),
        "pve_version": (first.get("about") or {}).get("version") or "",
        "began": kst(min((t.struck_s for t in drill.tried), default=0)),
        "ended": kst(max((_ended_s(t) for t in drill.tried), default=0)),
        "consents": [
            {"role": c["role"], "name": c["name"], "at": kst(c["at_s"]), "user": c.get("user", "")}
            for c in drill.consents
        ],
        "objects": _objects(first),
        "scenarios": scenarios,
        "result": "pass" if passed else "fail",
        "result_says": said.say(f"plans.drill.result.{'pass' if passed else 'fail'}", {}),
        "shortfalls": [*_shortfalls(scenarios), *drill.form.get("shortfalls", [])],
        "measures": [*drill.form.get("measures", []), *_measures(drill, scenarios, said)],
        "last": None if drill.last is None else drill.last.get("began"),
        "fingerprint": drill.fingerprint,
    }


def kst(at_s: float) -> str:
    """Return a time as Korean readers write it."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(KST).strftime("%Y-%m-%d %H:%M:%S KST")


def _ended_s(tried: Tried) -> int:
    return int(tried.looks[-1]["at_s"]) if tried.looks else tried.struck_s


def _objects(capture: Mapping[str, Any]) -> Json:
    guests = capture.get("guests") or {}
    return {
        "nodes": sorted(capture.get("nodes") or {}),
        "resources": [
            {
                "sid": sid,
                "name": (guests.get(sid) or {}).get("name", ""),
                "node": row.get("node") or "",
                "state": row.get("state") or "",
            }
            for sid, row in sorted((capture.get("resources") or {}).items())
        ],
    }


def _scenario(tried: Tried, drill: Drill, said: Sentences) -> Json:
    situation, fault = situation_of(tried.capture), tried.fault
    answer = forecast(situation, fault)
    seen = list(looks(tried.looks))
    known = ((drill.last or {}).get("measured") or {}).get(fault.words) or {}
    rows = [
        _row(sid, situation, answer, tried, seen, drill.form.get("limit_s"), known.get(sid), said)
        for sid in _struck(situation, fault.node)
    ]
    good = all(row["good"] for row in rows)
    return {
        "fault": fault.words,
        "title": said.say(f"plans.drill.fault.{fault.how}", {"node": fault.node}),
        "by": said.say(f"plans.drill.by.{tried.by}", {}),
        "struck": kst(tried.struck_s),
        "ended": kst(_ended_s(tried)),
        "rows": rows,
        "outside_ha": list(answer.outside_ha),
        "steps": list(_steps(seen, tried, said)),
        "result": "pass" if good else "fail",
        "result_says": said.say(f"plans.drill.result.{'pass' if good else 'fail'}", {}),
        "capture": situation.fingerprint,
    }


def _struck(situation: Situation, node: str) -> list[str]:
    """Return the resources that ran on the node, and that somebody looks after."""
    running = situation.running
    return [
        sid
        for sid, config in sorted(situation.resources.items())
        if running.get(sid) == node and config.state is RequestState.STARTED
    ]


def _row(
    sid: str,
    situation: Situation,
    answer: Answer,
    tried: Tried,
    seen: Sequence[Look],
    limit_s: int | None,
    last: Sequence[int] | None,
    said: Sentences,
) -> Json:
    told = answer.resources[sid]
    expected = told.after_s if told.fate.verdict in RUNS_AGAIN else None
    node, measured = measure(sid, tried.fault.node, tried.struck_s, seen)
    outcome = _outcome(expected, measured, limit_s)
    fields = {"sid": sid, "limit": limit_s or "", "late": _late_s(expected, measured, limit_s)}
    return {
        "sid": sid,
        "name": situation.guests[sid].name if sid in situation.guests else "",
        "from": tried.fault.node,
        "foreseen": sorted({f.node for f in (told.fate, *told.others) if f.node}),
        "to": node,
        "expected_s": None if expected is None else list(expected),
        "measured_s": None if measured is None else list(measured),
        "last_s": None if last is None else list(last),
        "outcome": outcome,
        "good": outcome in GOOD,
        "says": said.say(f"plans.drill.outcome.{outcome}", fields),
    }


def measure(
    sid: str, lost: str, struck_s: int, seen: Sequence[Look]
) -> tuple[str | None, Span | None]:
    """Return where a resource ran again, and between how many seconds after the fault.

    It was not yet running at the look before, and was at this one: so exact is what is measured.
    """
    before_s = struck_s
    for one in seen:
        node = one.running.get(sid)
        if one.at_s > struck_s and node is not None and node != lost:
            return node, (before_s - struck_s, one.at_s - struck_s)
        before_s = max(struck_s, one.at_s)
    return None, None


def _outcome(expected: Span | None, measured: Span | None, limit_s: int | None) -> str:
    if measured is None:
        return "as_foreseen_down" if expected is None else "not_back"
    if limit_s is not None and measured[1] > limit_s:
        return "over_limit"
    if expected is None:
        return "unplanned_back"
    if measured[0] > expected[1]:
        return "late"
    return "early" if measured[1] < expected[0] else "within"


def _late_s(expected: Span | None, measured: Span | None, limit_s: int | None) -> int:
    bound = expected[1] if expected is not None else limit_s
    return 0 if measured is None or bound is None else max(0, measured[1] - bound)


def _steps(seen: Sequence[Look], tried: Tried, said: Sentences) -> Iterator[Json]:
    """Yield what the manager said of the node: after the look before, and not after this one."""
    state = seen[0].nodes.get(tried.fault.node) if seen else None
    for before, one in pairwise(seen):
        now = one.nodes.get(tried.fault.node)
        if now != state:
            fields = {"node": tried.fault.node, "state": now or ""}
            words = said.say("plans.drill.step", fields)
            from_s = max(0, before.at_s - tried.struck_s)
            yield {"after_s": [from_s, one.at_s - tried.struck_s], "says": words}
            state = now


def _shortfalls(scenarios: Sequence[Json]) -> list[str]:
    return [
        f"{one['title']}: {row['sid']}: {row['says']}"
        for one in scenarios
        for row in one["rows"]
        if not row["good"]
    ]


def _measures(drill: Drill, scenarios: Sequence[Json], said: Sentences) -> list[str]:
    """Return what helps the resources that did not come back, each tried with the model."""
    found: dict[str, None] = {}
    for tried, told in zip(drill.tried, scenarios, strict=True):
        situation = situation_of(tried.capture)
        for row in told["rows"]:
            if row["outcome"] in ("not_back", "as_foreseen_down"):
                for repair in reasons(situation, row["sid"]).repairs[:1]:
                    found[f"{row['sid']}: {forecasts.repair(repair.to_json(), said)}"] = None
    return list(found)
