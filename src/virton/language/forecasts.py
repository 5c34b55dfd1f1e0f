"""Forecasts in sentences: each answer of the forecast with what is to be said of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from virton.language.sentences import Sentences

Json = dict[str, Any]


def told_course(answer: Json, said: Sentences) -> Json:
    """Return a course with a sentence (`says`) for each fate, phase and assumption."""
    resources = {
        sid: {**row, "says": reason(row["because"], row["verdict"], said)}
        for sid, row in answer["resources"].items()
    }
    phases = [{**row, "says": phase(row, said)} for row in answer["phases"]]
    assumptions = [{**row, "says": assumption(row, said)} for row in answer["assumptions"]]
    return {**answer, "resources": resources, "phases": phases, "assumptions": assumptions}


def told_why(found: Json, said: Sentences) -> Json:
    """Return reasons with a sentence for each node, counterfactual and repair."""
    return {
        **found,
        "says": _where(found, said),
        "objections": [
            {
                "node": node,
                "kind": told[0],
                "rules": told[1].get("rules", []),
                "says": _objection(told, said),
            }
            for node, told in found["objections"].items()
        ],
        "without": [{**row, "says": without(row, found["sid"], said)} for row in found["without"]],
        "when_its_node_is_lost": [
            {**row, "says": reason(row["because"], row["verdict"], said)}
            for row in found["when_its_node_is_lost"]
        ],
        "repairs": [{**row, "says": repair(row, said)} for row in found["repairs"]],
    }


def told_maintenance(plan: Json, said: Sentences) -> Json:
    """Return a plan with a sentence for each move, and for each node that does not take a guest."""
    return {**plan, "steps": [_told_step(step, said) for step in plan["steps"]]}


def _told_step(step: Json, said: Sentences) -> Json:
    return {
        **step,
        "moves": [
            {**row, "says": reason(row["because"], row["verdict"], said)} for row in step["moves"]
        ],
        "stuck": [{**row, "says": _stuck(row, said)} for row in step["stuck"]],
        "outside": [{**row, "says": _lacking(row, said)} for row in step["outside"]],
    }


def _stuck(row: Mapping[str, Any], said: Sentences) -> str:
    if row["missing"]:
        return said.say("forecast.missing", {"names": row["missing"]})
    told = ((node, one) for node, one in row["objections"].items() if one[0] != "in_maintenance")
    return " ".join(f"{node}: {_objection(one, said)}" for node, one in told)


def _lacking(row: Mapping[str, Any], said: Sentences) -> str:
    told = []
    for node, names in row["lacks"].items():
        if names == ["memory"]:
            told.append(f"{node}: {said.say('maintenance.no_room', {})}")
        else:
            told.append(f"{node}: {said.say('forecast.missing', {'names': names})}")
    return " ".join(told)


_OUTSIDE = ("outside_rule", "kept_off")


def told_waiting(row: Json, said: Sentences) -> Json:
    """Return why a resource will not run by itself, with a sentence and the way out (`helps`)."""
    if row["kind"] != "no_node":
        return {**row, **_both(row["kind"], row, said)}
    objections = row["objections"]
    rules = sorted({r for name, f in objections.values() if name in _OUTSIDE for r in f["rules"]})
    open_to = {node: one for node, one in objections.items() if one[0] not in _OUTSIDE}
    why = ", ".join(
        said.say(f"waiting.{_plainly(one)}", _of(node, one)) for node, one in open_to.items()
    )
    if not rules or not open_to:
        return {
            "kind": "no_node",
            "rules": rules,
            **_both("no_node", {"why": why, "rules": rules}, said),
        }
    fields = {"rules": rules, "nodes": list(open_to), "why": why}
    return {"kind": "strict", "rules": rules, **_both("strict", fields, said)}


def _both(kind: str, fields: Mapping[str, Any], said: Sentences) -> Json:
    return {
        "says": said.say(f"waiting.{kind}", fields),
        "helps": said.say(f"waiting.helps.{kind}", fields),
    }


def _plainly(told: Sequence[Any]) -> str:
    name = str(told[0])
    return name if name in ("offline", "in_maintenance", "kept_apart", "already_tried") else "other"


def _of(node: str, told: Sequence[Any]) -> Json:
    return {**told[1], "node": node}


def reason(because: Mapping[str, Any], verdict: str, said: Sentences) -> str:
    """Say what the reason of a fate is."""
    if because.get("missing"):
        return said.say("forecast.missing", {"names": because["missing"]})
    if "choice" in because and verdict == "not_placed":
        told = because["objections"].items()
        return " ".join(f"{node}: {_objection(one, said)}" for node, one in told)
    if "choice" in because:
        return said.say(f"because.{because['choice']}", {})
    if "cause" in because:
        name, fields = because["cause"]
        if name == "lrm_restarts" and verdict == "cannot_start":
            return said.say("forecast.frozen", fields)
        return said.say(f"cause.{name}", fields)
    return ""


def _objection(told: Sequence[Any], said: Sentences) -> str:
    name, fields = told
    return said.say(f"objection.{name}", fields)


def phase(row: Mapping[str, Any], said: Sentences) -> str:
    """Say what happened in a step of the course."""
    fields = {"node": row.get("node") or "", "sid": row.get("sid") or ""}
    return said.say(f"forecast.phase.{row['what']}", fields)


def assumption(row: Mapping[str, Any], said: Sentences) -> str:
    """Say what an answer stands on."""
    fields = {name: value for name, value in row.items() if name != "kind"}
    if row["kind"] == "remark":
        return said.say(f"capture.remark.{fields['remark']}", fields)
    return said.say(f"forecast.assumption.{row['kind']}", fields)


def _where(found: Mapping[str, Any], said: Sentences) -> str:
    choice = found["choice"]
    if choice is None:
        return said.say("forecast.why.unknown", {})
    because = said.say(f"because.{choice}", {})
    if found["chosen"] is None:
        return because
    return f"{said.say('forecast.why.here', {'node': found['chosen']})} {because}"


def without(row: Mapping[str, Any], sid: str, said: Sentences) -> str:
    """Say where a resource would be without a rule."""
    fields = {"without": row["without"], "node": row["node"] or "–"}
    line = said.say("forecast.why.without.row", fields)
    others = [one for one in row["moves"] if one != sid]
    if not others:
        return line
    return f"{line} ({said.say('forecast.why.without.moves', {'moves': others})})"


def repair(row: Mapping[str, Any], said: Sentences) -> str:
    """Say what a repair of the model does, and its price."""
    line = said.say(f"forecast.why.repair.{row['kind']}", {"change": row["change"]})
    return f"{line} ({price(row['price'], said)})"


def price(row: Mapping[str, Any], said: Sentences) -> str:
    """Say what a repair costs."""
    told = []
    if row["moves"]:
        told.append(said.say("forecast.why.price.moves", {"moves": row["moves"]}))
    if row["worse"]:
        told.append(said.say("forecast.why.price.worse", {"worse": row["worse"]}))
    if row.get("restarts"):
        told.append(said.say("forecast.why.price.restarts", {"restarts": row["restarts"]}))
    return "; ".join(told) or said.say("forecast.why.price.none", {})
