"""The words of the HA stack: states, modes and requests, spelled as Proxmox VE spells them."""

from enum import StrEnum


class NodeState(StrEnum):
    """A node as the manager sees it."""

    ONLINE = "online"
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"
    FENCE = "fence"
    GONE = "gone"


class ServiceState(StrEnum):
    """A resource as the manager (CRM) sees it."""

    STOPPED = "stopped"
    REQUEST_STOP = "request_stop"
    REQUEST_START = "request_start"
    REQUEST_START_BALANCE = "request_start_balance"
    STARTED = "started"
    FENCE = "fence"
    RECOVERY = "recovery"
    MIGRATE = "migrate"
    RELOCATE = "relocate"
    FREEZE = "freeze"
    ERROR = "error"


MOVING = frozenset(
    {ServiceState.MIGRATE, ServiceState.RELOCATE, ServiceState.REQUEST_START_BALANCE}
)
"""In these states a resource is on its way to its target."""

STOPPING = frozenset({ServiceState.REQUEST_STOP, ServiceState.STOPPED})
"""In these states a resource is to be stopped by its LRM."""


class RequestState(StrEnum):
    """What the operator wants of a resource."""

    STARTED = "started"
    STOPPED = "stopped"
    DISABLED = "disabled"
    IGNORED = "ignored"


class CrmState(StrEnum):
    """The Cluster Resource Manager daemon of a node."""

    WAIT_FOR_QUORUM = "wait_for_quorum"
    MASTER = "master"
    LOST_MANAGER_LOCK = "lost_manager_lock"
    SLAVE = "slave"


class LrmState(StrEnum):
    """The Local Resource Manager daemon of a node."""

    WAIT_FOR_AGENT_LOCK = "wait_for_agent_lock"
    ACTIVE = "active"
    MAINTENANCE = "maintenance"
    LOST_AGENT_LOCK = "lost_agent_lock"


class LrmMode(StrEnum):
    """What a Local Resource Manager is told to do with itself."""

    ACTIVE = "active"
    RESTART = "restart"
    SHUTDOWN = "shutdown"
    MAINTENANCE = "maintenance"
    DISARM = "disarm"


class DisarmMode(StrEnum):
    """What disarming does to the resources."""

    FREEZE = "freeze"
    IGNORE = "ignore"


class DisarmState(StrEnum):
    """How far disarming has come."""

    DISARMING = "disarming"
    DISARMED = "disarmed"


class ExitCode:
    """How a Local Resource Manager's action on a resource ended."""

    FAILED_TO_RUN = -1
    SUCCESS = 0
    ERROR = 1
    TRY_AGAIN = 2
    WRONG_NODE = 3
    UNKNOWN_COMMAND = 5
    INVALID_PARAMETER = 6
    UNKNOWN_SERVICE = 7
    IGNORED = 8


class ShutdownPolicy(StrEnum):
    """What a node's shutdown does to the resources on it (datacenter.cfg `ha`)."""

    CONDITIONAL = "conditional"
    FREEZE = "freeze"
    FAILOVER = "failover"
    MIGRATE = "migrate"


class SchedulerMode(StrEnum):
    """How placement measures a node's load (datacenter.cfg `crs`)."""

    BASIC = "basic"
    STATIC = "static"
    DYNAMIC = "dynamic"


class BalanceMethod(StrEnum):
    """How automatic re-balancing chooses its move (datacenter.cfg `crs`)."""

    BRUTEFORCE = "bruteforce"
    TOPSIS = "topsis"
