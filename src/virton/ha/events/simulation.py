"""Events of simulated hardware and of what commands it."""

from virton.ha.events.base import Event, Severity, event


@event("command")
class CommandExecuted(Event):
    """The simulated hardware was commanded."""

    command: str


@event("simulation.started")
class SimulationStarted(Event):
    """A simulation began."""


@event("simulation.ended")
class SimulationEnded(Event):
    """A simulation is over."""


@event("simulation.overcommitted", Severity.WARNING)
class Overcommitted(Event):
    """More `cpu` or `mem` is in use on a node or in a resource than there is."""

    what: str
    on: str
