"""Plans in sentences: each edit, move, conflict and requirement with what is to be said of it."""

from collections.abc import Mapping
from typing import Any

from virton.damage import DamagedError
from virton.language.damage import how
from virton.language.forecasts import price, repair
from virton.language.sentences import Sentences

Json = dict[str, Any]
LONGEST = 60


def told_plan(plan: Json, said: Sentences) -> Json:
    """Return a plan with a sentence for each step, note, bearing and trouble."""
    steps = [_step(step, said) for step in plan["steps"]]
    key = ("plans.nothing", "plans.change", "plans.changes")[min(len(steps), 2)]
    trouble, repairs = _trouble(plan, said)
    return {
        **plan,
        "says": said.say(key, {"count": len(steps), "capture": plan["capture"]}),
        "steps": steps,
        "bearing": _bearing(plan, said) if steps else [],
        "trouble": trouble,
        "repairs_of": repairs,
    }


def edit(row: Json, said: Sentences) -> str:
    """Say what is done to an entry, in one line."""
    what = said.say(f"plans.kind.{row['kind']}", {})
    fields = {"what": what, "name": row["name"]}
    line = said.say(f"plans.verb.{row['verb']}", fields)
    changes = [_change(key, row) for key in row["changed"]] if row["verb"] != "remove" else []
    told = ", ".join(change for change in changes if change)
    return f"{line}: {told}" if told else line


def _change(key: str, row: Json) -> str:
    before, after = (row["before"] or {}).get(key), (row["after"] or {}).get(key)
    if row["before"] is None:
        usual = {
            "comment": "",
            "disable": "0",
            "strict": "0",
            "failback": "1",
            "auto-rebalance": "1",
        }
        usual |= {"max_restart": "1", "max_relocate": "1"}
        return "" if usual.get(key) == after else f"{key} {_short(after)}"
    return f"{key} {_short(before)} → {_short(after)}"


def _short(value: str | None) -> str:
    text = value or "–"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _step(step: Json, said: Sentences) -> Json:
    notes = [move(row, said) for row in step["moves"]]
    if step["drops"]:
        notes.append(said.say("plans.drops", {"rules": step["drops"]}))
    if step["endless"]:
        notes.append(said.say("plans.endless", {}))
    return {**step, "says": edit(step, said), "notes": notes or [said.say("plans.no_moves", {})]}


def move(row: Json, said: Sentences) -> str:
    """Say where a resource goes, how, and when."""
    fields = {"sid": row["sid"], "from": row["from"] or "–", "to": row["to"] or "–"}
    line = said.say(f"plans.move.{row['how']}", fields)
    if row["after_s"] is None:
        return line
    span = said.say("plans.span", {"from_s": row["after_s"][0], "to_s": row["after_s"][1]})
    return f"{line} ({span})"


def _bearing(plan: Json, said: Sentences) -> list[str]:
    before, after = plan["before"]["tolerates"], plan["after"]["tolerates"]
    lines = [said.say("plans.bearing", {"before": before, "after": after})]
    if plan["worse"]:
        lines.append(said.say("plans.worse", {"faults": plan["worse"]}))
    return lines


def _trouble(plan: Json, said: Sentences) -> tuple[list[str], dict[str, list[str]]]:
    lines: dict[str, list[str]] = {}
    for row in plan["conflicts"]:
        rules, reason = row["left_out"], row["reason"]
        fields = {"rule": rules[0]} if len(rules) == 1 else {"rules": rules}
        line = said.say("plans.conflict", {"reason": reason, **fields})
        if others := [rule for rule in row["against"] if rule not in rules]:
            line += " " + said.say("plans.against", {"rules": others})
        lines[line] = [remedy(one, said) for one in row["repairs"]]
    for row in plan["repairs"]:
        line = said.say("plans.lost", {"sid": row["sid"]})
        lines.setdefault(line, []).append(repair(row, said))
    return list(lines), lines


def remedy(row: Json, said: Sentences) -> str:
    """Say which edits help, and their price."""
    told = " + ".join(edit(one, said) for one in row["edits"])
    return f"{said.say('plans.helps', {'edits': told})} ({price(row['price'], said)})"


def damaged(file: DamagedError, said: Sentences) -> str:
    """Say that a file cannot be read, how it is damaged, and what to do."""
    return said.say("plans.damaged", {"file": file.file, "told": how(file, said)})


def told_requirement(row: Mapping[str, Any], said: Sentences) -> str:
    """Say whether a requirement is kept, and what was found."""
    key = "plans.required.kept" if row["kept"] else "plans.required.broken"
    if row["found"] is None:
        key = "plans.required.never"
    return said.say(key, {"require": row["require"], "found": row["found"]})


def told_objective(row: Mapping[str, Any], said: Sentences) -> str:
    """Say whether an objective holds, or what breaks it and how."""
    broken = row["counterexample"]
    if broken is None:
        return said.say("plans.objective.holds", {"name": row["name"], "tried": row["tried"]})
    where = said.say(
        f"plans.fault.{broken['fault']}", {"name": broken["name"], "nodes": broken["nodes"]}
    )
    fields = {key: value for key, value in broken["fields"].items() if value is not None}
    told = said.say(f"plans.objective.{broken['how']}", fields)
    return said.say("plans.objective.broken", {"name": row["name"], "fault": where, "how": told})


def told_advice(row: Mapping[str, Any] | None, said: Sentences) -> str:
    """Say what mends an objective, and its price."""
    if row is None:
        return said.say("plans.advice.none", {})
    parts = []
    for one in row["options"]:
        if "edit" in one:
            parts.append(edit(one["edit"], said))
        else:
            parts.append(said.say(f"plans.advice.{one['kind']}", one))
    return f"{said.say('plans.helps', {'edits': ' + '.join(parts)})} ({price(row['price'], said)})"
