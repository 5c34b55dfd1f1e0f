"""Random commands to a cluster, by theme."""

from collections.abc import Callable

from tests.simulation.draft import LOCKS, NEW_VERSIONS, OLD_VERSIONS, Draft, new_sid

Weights = dict[str, int]

QUIET: Weights = {"delay": 6, "nothing": 6}
POWER: Weights = {"network_off": 6, "network_on": 4, "power_off": 6, "power_on": 8}
GOING_DOWN: Weights = {"shutdown": 5, "reboot": 4, "restart_lrm": 2, "crm_stop": 1, "crm_start": 1}
MOVES: Weights = {"migrate": 7, "relocate": 5}
STATES: Weights = {"started": 5, "stopped": 3, "disabled": 4, "ignored": 2, "stop": 3}
COMING_AND_GOING: Weights = {"add": 3, "delete": 2, "manual_migrate": 3}
LOCKING: Weights = {"lock": 3, "unlock": 2}
MAINTENANCE: Weights = {"maintenance_on": 4, "maintenance_off": 3}
DISARMING: Weights = {"disarm": 4, "arm": 4}
FAULTS: Weights = {"cfs": 5, "skip_round": 3}
FIGURES: Weights = {"set_static": 5, "set_dynamic": 8}
VERSIONS: Weights = {"version": 6}


def _mix(*parts: tuple[Weights, int]) -> Weights:
    return {name: weight * factor for part, factor in parts for name, weight in part.items()}


THEMES: dict[str, Weights] = {
    "failures": _mix((QUIET, 2), (POWER, 4), (STATES, 1), (MOVES, 1), (LOCKING, 1)),
    "operators": _mix((QUIET, 1), (POWER, 1), (STATES, 3), (MOVES, 4), (COMING_AND_GOING, 3)),
    "maintenance": _mix((QUIET, 1), (POWER, 1), (GOING_DOWN, 2), (MAINTENANCE, 5), (MOVES, 1)),
    "shutdowns": _mix((QUIET, 1), (POWER, 2), (GOING_DOWN, 5), (MAINTENANCE, 1), (STATES, 1)),
    "disarming": _mix(
        (QUIET, 1),
        (POWER, 2),
        (DISARMING, 6),
        (MOVES, 1),
        (COMING_AND_GOING, 2),
        (STATES, 1),
        (MAINTENANCE, 1),
        (GOING_DOWN, 1),
    ),
    "groups": _mix((QUIET, 1), (POWER, 2), (VERSIONS, 4), (MAINTENANCE, 1), (STATES, 1)),
    "load": _mix((QUIET, 2), (POWER, 1), (FIGURES, 4), (MOVES, 1), (STATES, 1)),
    "files": _mix((QUIET, 1), (POWER, 1), (FAULTS, 6), (MOVES, 1), (STATES, 1), (GOING_DOWN, 1)),
    "all": _mix(
        (QUIET, 1),
        (POWER, 2),
        (GOING_DOWN, 1),
        (MOVES, 1),
        (STATES, 1),
        (COMING_AND_GOING, 1),
        (LOCKING, 1),
        (MAINTENANCE, 1),
        (DISARMING, 1),
        (FAULTS, 1),
        (VERSIONS, 1),
        (FIGURES, 1),
    ),
}


def commands(draft: Draft) -> list[list[str]]:
    nodes = draft.nodes
    on = nodes if draft.chance(0.85) else draft.draw.sample(nodes, len(nodes) // 2 + 1)
    batches = [[f"power {node} on" for node in sorted(on)]]
    if draft.chance(0.3):
        batches[0].append(f"delay {draft.draw.choice((20, 40, 120))}")
    weights = THEMES[draft.theme]
    names = sorted(weights)
    for _ in range(draft.draw.randint(2, 12)):
        count = draft.draw.choices((1, 2, 3, 4, 6), (6, 4, 2, 1, 1))[0]
        chosen = draft.draw.choices(names, [weights[name] for name in names], k=count)
        drawn = (COMMANDS[name](draft) for name in chosen)
        batches.append([command for command in drawn if command is not None])
    return batches


def _to_node(words: str) -> Callable[[Draft], str]:
    return lambda draft: words.format(draft.node())


def _to_service(words: str) -> Callable[[Draft], str | None]:
    def command(draft: Draft) -> str | None:
        sid = draft.sid()
        return None if sid is None else f"service {sid} {words}".format(draft.node())

    return command


def _delay(draft: Draft) -> str:
    """Wait; long enough, now and then, for idle daemons to let go."""
    return f"delay {draft.draw.choices((5, 20, 60, 150, 400, 1400), (3, 4, 4, 3, 2, 1))[0]}"


def _change_state(state: str) -> Callable[[Draft], str | None]:
    def command(draft: Draft) -> str | None:
        sid = draft.sid()
        if sid is None:
            return None
        if state == "ignored":
            draft.ignored.add(sid)
        else:
            draft.ignored.discard(sid)
        return f"service {sid} {state}"

    return command


def _stop(draft: Draft) -> str | None:
    sid = draft.sid()
    return sid and f"service {sid} stop {draft.draw.choice((0, 0, 30, 60))}"


def _add(draft: Draft) -> str:
    gone = sorted(draft.where.keys() - set(draft.sids))
    again = bool(gone) and draft.chance(0.5)
    sid = draft.draw.choice(gone) if again else new_sid(draft, 200 + len(draft.where))
    draft.sids.append(sid)
    node = draft.where[sid] = draft.node()
    state = draft.draw.choice(("", "", " started", " stopped", " disabled", " ignored"))
    if state == " ignored":
        draft.ignored.add(sid)
    return f"service {sid} add {node}{state}" + (" 1" if state and draft.chance(0.4) else "")


def _delete(draft: Draft) -> str | None:
    sid = draft.sid()
    if sid is None:
        return None
    draft.sids.remove(sid)
    draft.ignored.discard(sid)
    return f"service {sid} delete"


def _manual_migrate(draft: Draft) -> str | None:
    """Move a guest behind the HA stack's back, where that is allowed."""
    free = draft.sids if draft.disarmed else sorted(draft.ignored.intersection(draft.sids))
    return f"service {draft.draw.choice(free)} manual-migrate {draft.node()}" if free else None


def _lock(draft: Draft) -> str | None:
    sid = draft.sid()
    return sid and f"service {sid} lock {draft.draw.choice(LOCKS)}".rstrip()


def _disarm(draft: Draft) -> str:
    mode = draft.draw.choice(("freeze", "ignore"))
    draft.disarmed = mode == "ignore"
    return f"crm {draft.node()} disarm-ha {mode}"


def _arm(draft: Draft) -> str:
    draft.disarmed = False
    return f"crm {draft.node()} arm-ha"


def _cfs(draft: Draft) -> str:
    what = draft.draw.choice(("rw", "update"))
    return f"cfs {draft.node()} {what} {draft.draw.choice(('fail', 'work', 'work'))}"


def _skip_round(draft: Draft) -> str:
    count = draft.draw.choice(("", " 1", " 2", " 4", " 6"))
    return f"skip-round {draft.draw.choice(('crm', 'lrm'))}{count}"


def _version(draft: Draft) -> str:
    versions = NEW_VERSIONS if draft.chance(0.8) else OLD_VERSIONS
    return f"pve-manager-version {draft.node()} set {draft.draw.choice(versions)}"


def _figures(draft: Draft, kind: str, cpu: str, mem: str) -> str | None:
    sid = draft.sid()
    if sid is None:
        return None
    cores, size = draft.draw.choice((0.5, 1, 2, 4, 9)), draft.draw.choice((128, 1024, 5000, 20000))
    both = (f"{cpu} {cores}", f"{mem} {size}", f"{cpu} {cores} {mem} {size}")
    return f"service {sid} set-{kind}-stats {draft.draw.choices(both, (1, 1, 4))[0]}"


COMMANDS: dict[str, Callable[[Draft], str | None]] = {
    "add": _add,
    "arm": _arm,
    "cfs": _cfs,
    "crm_start": _to_node("crm {} start"),
    "crm_stop": _to_node("crm {} stop"),
    "delay": _delay,
    "delete": _delete,
    "disabled": _change_state("disabled"),
    "disarm": _disarm,
    "ignored": _change_state("ignored"),
    "lock": _lock,
    "maintenance_off": _to_node("crm {} disable-node-maintenance"),
    "maintenance_on": _to_node("crm {} enable-node-maintenance"),
    "manual_migrate": _manual_migrate,
    "migrate": _to_service("migrate {}"),
    "network_off": _to_node("network {} off"),
    "network_on": _to_node("network {} on"),
    "nothing": lambda draft: None,
    "power_off": _to_node("power {} off"),
    "power_on": _to_node("power {} on"),
    "reboot": _to_node("reboot {}"),
    "relocate": _to_service("relocate {}"),
    "restart_lrm": _to_node("restart-lrm {}"),
    "set_dynamic": lambda draft: _figures(draft, "dynamic", "cpu", "mem"),
    "set_static": lambda draft: _figures(draft, "static", "maxcpu", "maxmem"),
    "shutdown": _to_node("shutdown {}"),
    "skip_round": _skip_round,
    "started": _change_state("started"),
    "stop": _stop,
    "stopped": _change_state("stopped"),
    "unlock": _to_service("unlock"),
    "version": _version,
}
