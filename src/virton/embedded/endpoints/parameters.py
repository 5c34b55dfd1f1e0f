"""Parameters and permissions that several endpoints share."""

from virton.embedded.access.credentials import SHORTEST_PASSWORD
from virton.embedded.registry import Need
from virton.embedded.schema import Param

AUDIT = Need("/", ("Sys.Audit",))
CONSOLE = Need("/", ("Sys.Console",))
MODIFY = Need("/", ("Sys.Modify",))

NODE = Param(format="pve-node")
VMID = Param("integer", format="pve-vmid", minimum=100, maximum=999_999_999)
PASSWORD = Param(min_length=SHORTEST_PASSWORD, max_length=64)
COMMENT = Param(optional=True, max_length=4096)
DIGEST = Param(optional=True, max_length=64)
DELETE = Param(optional=True, format="pve-configid-list", max_length=4096)
SWITCH_OFF = Param("boolean", optional=True, default=False)
SWITCH_ON = Param("boolean", optional=True, default=True)
