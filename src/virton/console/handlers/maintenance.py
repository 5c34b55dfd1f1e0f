"""Maintenance: the plan, what is under way, and what people do about it."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from virton.console.answers import Answer
from virton.console.guard import Call, read_json
from virton.console.handlers.books import sentences_of
from virton.console.handlers.foretelling import refusals, seen
from virton.console.maintenance.acts import ACTS, IN
from virton.console.maintenance.agreed import digest_of, stop_of
from virton.console.maintenance.course import rule_of
from virton.console.maintenance.operation import Maintenance
from virton.console.maintenance.work import Phase, Stop, Way, Work
from virton.console.page.sight import sees_all_guests
from virton.console.problems import Refusal
from virton.console.standings import AUDIT, CONSOLE, GUEST_AUDIT
from virton.ha.states import ServiceState
from virton.language.forecasts import told_maintenance
from virton.proxmox.servicing import ceph, power_node, shell_of_lab

POWER = "Sys.PowerMgmt"
MOST_TOLD = 100
"""So many lines of what happened are told, the newest."""

Json = dict[str, Any]


class Begin(BaseModel):
    """What is agreed to: nodes in order, the way, the plan's digest, and that nothing is borne."""

    nodes: list[str]
    way: Way
    digest: str
    accept: bool = False
    noout: bool = False


async def plan(call: Call) -> Response:
    """Return what the maintenance of the nodes named (`node=`, in order) does."""
    nodes = call.request.query_params.getlist("node")
    told, capture = await _planned(call, nodes, timed=True)
    policy = ((capture.get("datacenter") or {}).get("ha") or {}).get("shutdown_policy")
    offers = {
        Way.MODE: await shell_of_lab(call.api),
        Way.COMMAND: True,
        Way.GUESTS: True,
        Way.RULE: all("rule" in step["ways"] for step in told["steps"]),
        Way.REBOOT: policy == "migrate" and _may_power(call, nodes),
    }
    return Answer(
        {
            **told_maintenance(told, sentences_of(call)),
            "digest": digest_of(told["steps"]),
            "whole": sees_all_guests(call.standing.permissions),
            "offers": [way for way, offered in offers.items() if offered],
            "policy": policy,
            "ceph": await _ceph(call),
        }
    )


async def _planned(call: Call, nodes: list[str], *, timed: bool) -> tuple[Json, Json]:
    capture = await seen(call)
    asked = {"capture": capture, "nodes": nodes, "timed": timed}
    with refusals(call, {"nodes": "not_a_value"}):
        return await call.console.forecasts.ask("maintenance", **asked), capture


async def _ceph(call: Call) -> Json | None:
    told = await ceph(call.api)
    return None if told is None else {**asdict(told), "well": told.is_well}


def _may_power(call: Call, nodes: list[str]) -> bool:
    permissions = call.standing.permissions
    return all(POWER in permissions.on(f"/nodes/{node}") for node in nodes)


async def begin(call: Call) -> Response:
    """Begin what was agreed to; refuse where the plan has become another meanwhile."""
    _require(call)
    form = await call.form(Begin)
    told, capture = await _planned(call, form.nodes, timed=False)
    if digest_of(told["steps"]) != form.digest:
        raise Refusal(409, "plan_changed")
    of_ceph = await ceph(call.api)
    is_risky = told["bears"] is None or (of_ceph is not None and not of_ceph.is_well)
    if is_risky and not form.accept:
        raise Refusal(400, "invalid", None, {"accept": "required"})
    services = (capture.get("manager_status") or {}).get("service_status") or {}
    work = Work(
        number=0,
        who=call.session.user,
        began=call.console.maintenance.time(),
        way=form.way,
        stops=tuple(stop_of(step) for step in told["steps"]),
        keep=told["bears"],
        noout=form.noout and of_ceph is not None and not of_ceph.noout,
        errors=tuple(
            s for s, one in sorted(services.items()) if one["state"] == ServiceState.ERROR
        ),
    )
    operation = call.console.maintenance
    operation.begin(work, call.session)
    return _shown(call, operation)


def _require(call: Call) -> None:
    """Refuse whoever may not change HA, or would take a node for empty that only looks so."""
    call.require(CONSOLE)
    call.require(AUDIT)
    call.require_all_guests()


async def show(call: Call) -> Response:
    """Return what is under way, or was last; who began it lends it their session."""
    call.require(AUDIT)
    operation = call.console.maintenance
    operation.lend(call.session)
    return _shown(call, operation)


async def act(call: Call) -> Response:
    """Pause, resume, finish a node, abort, ask again, pass a gate, take over, or close."""
    _require(call)
    operation, what = call.console.maintenance, str(call.request.path_params["act"])
    if what == "power":
        return await _power(call, operation)
    if what not in ACTS:
        raise Refusal(404, "not_found")
    work = operation.under_way
    if work is not None and work.phase not in IN.get(what, tuple(Phase)):
        raise Refusal(409, "not_now")
    user, now = call.session.user, operation.time()
    operation.change(what, lambda work: ACTS[what](work, user, now), call.session)
    return _shown(call, operation)


async def _power(call: Call, operation: Maintenance) -> Response:
    """Have the node at hand reboot or shut down, which only an empty one may."""
    command = (await read_json(call.request)).get("command")
    if command not in ("reboot", "shutdown"):
        raise Refusal(400, "invalid", None, {"command": "not_a_value"})
    work = operation.under_way
    if work is None or not operation.is_empty:
        raise Refusal(409, "not_empty")
    await power_node(call.api, work.stop.node, command)
    operation.change(f"power_{command}", lambda work: work, call.session)
    return _shown(call, operation)


# what is told


def _shown(call: Call, operation: Maintenance) -> Response:
    work = operation.work
    if work is None:
        return Answer({"work": None})
    return Answer(
        {
            "work": _work(call, work),
            "empty": operation.is_empty,
            "look": _look(call, operation),
            "gate": [
                {"kind": fact.kind, "ok": fact.ok, "names": _seen(call, fact.names)}
                for fact in operation.gate
            ],
            "planned": None if operation.planned is None else _stop(call, operation.planned),
            "waits_for_login": work.is_under_way and not operation.has_hands,
            "blind": None if operation.blind is None else operation.blind.to_json(),
        }
    )


def _work(call: Call, work: Work) -> Json:
    told = work.to_json()
    told["stops"] = [_stop(call, stop) for stop in work.stops]
    told["brought"] = _seen_goals(call, work.brought.items())
    told["log"] = [
        {"at": e.at, "what": e.what, "node": e.node, "sid": (_seen(call, (e.sid,)) or [""])[0]}
        | {"who": e.who}
        for e in work.log[-MOST_TOLD:]
    ]
    told["rule"] = rule_of(work)
    return told


def _stop(call: Call, stop: Stop) -> Json:
    return {
        "node": stop.node,
        "moves": _seen_goals(call, stop.moves.items()),
        "outside": _seen_goals(call, stop.outside.items()),
        "returns": _seen_goals(call, stop.returns.items()),
        "unborne": list(stop.unborne),
    }


def _look(call: Call, operation: Maintenance) -> Json | None:
    look = operation.fresh_look
    if look is None:
        return None
    running = look.running
    return {
        "there": look.is_there,
        "state": look.node_states.get(look.node),
        "in_maintenance": look.in_maintenance,
        "doubts": list(look.doubts()),
        "running": _seen(call, sorted(running)),
        "hidden": len(running) - len(_seen(call, running)),
        "resources": sorted(running & look.services.keys()),
        "returning": _seen(call, sorted(look.returning)),
        "awaited": _seen(call, sorted(look.awaited)),
        "tasks": [{"type": task.type, "id": task.id} for task in look.tasks or ()],
    }


def _seen_goals(call: Call, goals: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {sid: node for sid, node in goals if _seen(call, (sid,))}


def _seen(call: Call, names: Iterable[str]) -> list[str]:
    """Return the names that this viewer may know: nodes, and guests that they may see."""
    permissions = call.standing.permissions
    return [
        name
        for name in names
        if ":" not in name or GUEST_AUDIT in permissions.on(f"/vms/{name.partition(':')[2]}")
    ]
