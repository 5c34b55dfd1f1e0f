"""Which guests make room on a node that is too full, where they may go, and what they may give."""

from collections.abc import Mapping, Sequence

from virton.forecast.changes import MIB
from virton.forecast.fates import assigned
from virton.forecast.situation import Situation
from virton.forecast.tolerance import Row, rows
from virton.plans.objectives import Domains, Objective, faults, wanted
from virton.plans.verifying import overfull, places_after

MOST_GUESTS = 6
MOST_GOALS = 3
"""So many guests are tried at most, and so many nodes for each."""


def lacking(base: Situation, broken: Objective, domains: Domains) -> dict[str, int]:
    """Return by how many bytes at most the node is over on which a guest runs, after any fault."""
    cases = [case for case in faults(base, domains) if case.kind in broken.after]
    found: dict[str, int] = {}
    tried: list[Row | None] = [None, *rows(base, cases)]
    for places in (places for row in tried for places in places_after(base, row)):
        over = overfull(base, places, broken.most)
        for sid, node in places.items():
            if node in over:
                found[sid] = max(found.get(sid, 0), over[node])
    return found


def that_make_room(base: Situation, sids: Sequence[str], lacks: Mapping[str, int]) -> list[str]:
    """Return the guests to begin with: the smallest that alone is enough, then the largest ones."""
    sizes = {sid: base.guests[sid].memory_bytes for sid in sids if sid in base.guests}
    enough = [sid for sid, size in sizes.items() if size >= lacks.get(sid, 0)]
    enough.sort(key=lambda sid: (sizes[sid], sid))
    rest = sorted(sizes.keys() - set(enough), key=lambda sid: (-sizes[sid], sid))
    return [sid for sid in (*enough, *rest) if sizes[sid]][:MOST_GUESTS]


def goals(base: Situation, sid: str, full: str) -> list[str]:
    """Return the nodes to which a guest may be moved, those with the most memory left first."""
    if sid not in base.running or not wanted(base, sid):
        return []
    used = assigned(base, base.running)
    left = {node: base.nodes[node].memory_bytes - used[node] for node in base.online - {full}}
    found = sorted(left.keys() - {base.running[sid]}, key=lambda node: (-left[node], node))
    return found[:MOST_GOALS]


def given(base: Situation, sid: str, lacks_bytes: int) -> tuple[int, int]:
    """Return the MiB that a guest keeps and frees: what is lacking, and half of its own at most."""
    whole_mib = base.guests[sid].memory_bytes // MIB
    frees_mib = min(-(-lacks_bytes // MIB), whole_mib // 2)
    return whole_mib - frees_mib, frees_mib
