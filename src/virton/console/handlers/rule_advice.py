"""What rules say against a rule while it is filled in, and against a move: at once, from `ha`."""

from starlette.datastructures import QueryParams
from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import Call
from virton.console.problems import Refusal
from virton.console.rule_advice import (
    board_of,
    move_advice,
    nodes_of,
    rule_advice,
    rules_in_force,
    ruleset_of,
)
from virton.console.standings import AUDIT
from virton.console.watch.readings import Readings
from virton.ha.config.sections import Section
from virton.ha.rules.config import NODE_AFFINITY, RESOURCE_AFFINITY, Rule, rule_from_section

_VALUES = ("resources", "nodes", "affinity", "strict", "disable")
_NEEDED = {NODE_AFFINITY: "nodes", RESOURCE_AFFINITY: "affinity"}


async def rule(call: Call) -> Response:
    """Return what stands against a rule, and what ends it.

    The query has the rule as the API has it (`rule`, `type`, `resources` ...): in the place of the
    one of its name, or beside the others. Without a `type` the rule is taken as it is.
    """
    readings = _readings(call)
    asked = call.request.query_params
    rules, name = ruleset_of(readings.rules.data.rules), asked.get("rule", "")
    if "type" in asked:
        rules = rules.with_rule(_rule(asked))
    elif name not in rules.rules:
        raise Refusal(400, "invalid", None, {"rule": "unknown"})
    return Answer({"conflicts": rule_advice(rules, nodes_of(readings), name)})


def _rule(asked: QueryParams) -> Rule:
    values = {key: asked[key] for key in _VALUES if asked.get(key)}
    needed = _NEEDED.get(asked["type"])
    if needed is None:
        raise Refusal(400, "invalid", None, {"type": "not_a_value"})
    for field in ("resources", needed):
        if field not in values:
            raise Refusal(400, "invalid", None, {field: "required"})
    if values.get("affinity", "positive") not in ("positive", "negative"):
        raise Refusal(400, "invalid", None, {"affinity": "not_a_value"})
    return rule_from_section(Section(asked["type"], asked.get("rule", ""), values))


async def move(call: Call) -> Response:
    """Return what becomes of moves to a node: who goes along, what forbids or undoes each.

    The query has the `node`, and a `sid`, or several with commas between them.
    """
    readings = _readings(call)
    asked = call.request.query_params
    for field in ("sid", "node"):
        if not asked.get(field):
            raise Refusal(400, "invalid", None, {field: "required"})
    rules, board = rules_in_force(readings), board_of(readings)
    sids = sorted(set(asked["sid"].split(",")))
    told = move_advice(rules, nodes_of(readings), board, sids, asked["node"])
    return Answer({"consequences": told})


def _readings(call: Call) -> Readings:
    call.require(AUDIT)
    return call.console.poller.readings
