"""The embedded cluster as its API's handlers hold it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from virton.embedded.access.access import Access
from virton.embedded.errors import failed
from virton.embedded.journal import Journal
from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.tasks import ClusterLog, TaskList
from virton.embedded.world import Lab, World
from virton.ha.dialect import Dialect, dialect_of

VERSION = "9.1.6"


@dataclass(slots=True)
class EmbeddedCluster:
    """A cluster: its files, its running world, and who may do what.

    `lab` is there where the world's switches may be thrown. `local_time` tells how the answering
    node reads its clock. `guarded` files cannot be changed from a node without quorum. `version`
    is that of Proxmox VE which the cluster speaks. `address` is where it answers, and so is what
    it gives as the address of each node: clients turn to it when another node does not answer.
    """

    files: ClusterFiles
    world: World
    lab: Lab | None = None
    name: str = "virton"
    local_time: Callable[[float], time.struct_time] = time.gmtime
    guarded: bool = True
    version: str = VERSION
    address: str = "127.0.0.1"
    access: Access = field(init=False)
    tasks: TaskList = field(init=False)
    log: ClusterLog = field(init=False)
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        """Make what stands on the files and the world."""
        self.access = Access(self.files)
        self.journal = Journal(self.files, self.world.now)
        self.log = ClusterLog(self.files, self.world.now, self.journal)
        self.tasks = TaskList(self.files, self.world.now, self.log)

    @property
    def dialect(self) -> Dialect:
        """What the cluster's version understands."""
        return dialect_of(self.version)

    @contextmanager
    def change(self) -> Iterator[ClusterFiles]:
        """Change the files within one as one step, on behalf of a caller of the API."""
        if self.guarded:
            self.require_quorum()
        with self.files.batch():
            yield self.files

    def require_quorum(self) -> None:
        """Raise a refusal if the answering node is not in the majority."""
        if not self.world.quorate():
            raise failed("cluster not ready - no quorum?")
