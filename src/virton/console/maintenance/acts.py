"""What people do to a maintenance under way: each by its name, and when it can be done."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from virton.console.maintenance.work import Phase, Work

Act = Callable[[Work, str, float], Work]
"""Is told the work, who acts, and when."""


def _not_here(work: Work) -> dict[str, str]:
    return {sid: node for sid, node in work.brought.items() if node != work.stop.node}


def _returning(work: Work) -> Work:
    going = work.phase if work.phase is not Phase.EMPTYING else Phase.RETURNING
    return replace(work, phase=going, paused=False, asked=None, trouble=None)


ACTS: Mapping[str, Act] = {
    "pause": lambda work, _, __: replace(work, paused=True),
    "resume": lambda work, _, __: replace(work, paused=False, trouble=None),
    "again": lambda work, _, __: replace(
        work, paused=False, asked=None, trouble=None, brought=_not_here(work)
    ),
    "finish": lambda work, _, __: _returning(work),
    "abort": lambda work, _, __: replace(_returning(work), aborted=True),
    "pass": lambda work, _, __: replace(work, passed=True, paused=False),
    "take_over": lambda work, who, _: replace(work, who=who, paused=False, trouble=None),
    "close": lambda work, _, now: replace(work, phase=Phase.ENDED, ended=now, trouble=None),
}
IN: Mapping[str, tuple[Phase, ...]] = {"finish": (Phase.EMPTYING,), "pass": (Phase.GATE,)}
