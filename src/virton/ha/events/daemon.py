"""Events of the two daemons themselves, and of the locks and watchdogs they live by."""

from virton.ha.events.base import Event, Severity, event


@event("daemon.state")
class DaemonState(Event):
    """A CRM or LRM changed its state."""

    from_: str
    to: str


@event("daemon.exited")
class DaemonExited(Event):
    """A daemon ended by its own decision."""


@event("daemon.killed")
class DaemonKilled(Event):
    """A daemon died with the power of its node."""


@event("daemon.idle")
class DaemonIdle(Event):
    """A daemon goes idle after `rounds` rounds without work."""

    rounds: int


@event("daemon.shutdown_requested")
class DaemonShutdownRequested(Event):
    """A CRM was asked to end."""


@event("daemon.round_failed", Severity.ERROR)
class DaemonRoundFailed(Event):
    """A daemon had to give up its round."""


@event("daemon.round_skipped", Severity.NOTICE)
class DaemonRoundSkipped(Event):
    """A daemon skipped its work because the cluster state is not consistent for the moment."""


@event("daemon.status_read_failed", Severity.ERROR)
class DaemonStatusReadFailed(Event):
    """The manager's status could not be read."""


@event("daemon.status_write_failed", Severity.ERROR)
class DaemonStatusWriteFailed(Event):
    """An LRM could not write its status."""


@event("daemon.status_update_failed", Severity.ERROR)
class DaemonStatusUpdateFailed(Event):
    """An LRM that is to end could not say so to the cluster."""


@event("daemon.config_read_failed", Severity.ERROR)
class DaemonConfigReadFailed(Event):
    """The resource configuration could not be read."""


@event("lock.acquired")
class LockAcquired(Event):
    """A cluster-wide lock was newly taken."""

    lock: str


@event("lock.released")
class LockReleased(Event):
    """The manager's lock was given back."""


@event("lock.release_failed", Severity.NOTICE)
class LockReleaseFailed(Event):
    """The manager's lock could not be given back and will run out."""


@event("round.withheld")
class RoundWithheld(Event):
    """The simulation kept the daemons of one kind (`CRM` or `LRM`) from running."""

    daemon: str


@event("round.master_offline")
class MasterOffline(Event):
    """The manager finds its own node not working, and does nothing."""
