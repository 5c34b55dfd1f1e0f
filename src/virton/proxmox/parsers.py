"""The parsers of the large answers, which know again what is as it was in the last one."""

from dataclasses import dataclass, field

from virton.proxmox.configuration import ResourcesParser, RulesParser
from virton.proxmox.inventory import InventoryParser
from virton.proxmox.manager import ManagerParser
from virton.proxmox.status import StatusParser


@dataclass(frozen=True, slots=True)
class Parsers:
    """One for each answer that may be large."""

    status: StatusParser = field(default_factory=StatusParser)
    manager: ManagerParser = field(default_factory=ManagerParser)
    resources: ResourcesParser = field(default_factory=ResourcesParser)
    rules: RulesParser = field(default_factory=RulesParser)
    inventory: InventoryParser = field(default_factory=InventoryParser)
