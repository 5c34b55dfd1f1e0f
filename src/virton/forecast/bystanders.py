"""Which CRMs have no part in a course: as long as the master stays, the others try in vain."""

from virton.forecast.falling import falling
from virton.forecast.question import Question
from virton.forecast.situation import Situation


def bystanders(situation: Situation, question: Question) -> frozenset[str]:
    """Return the nodes whose CRMs try in vain: all slaves, where the master should keep its lock.

    A node that goes down needs its CRM, which ends last.
    """
    master = situation.master
    down = {node for _, node in question.going_down}
    left = falling(situation, question.losses, question.split).left - down
    if master is None or master not in left or situation.is_silent(master, "crm"):
        return frozenset()
    return situation.online - down - {master}
