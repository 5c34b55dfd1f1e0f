"""The resources under HA (`resources.cfg`)."""

import re
from collections.abc import Iterable, Mapping

from virton.ha.config import properties, sections
from virton.ha.config.sections import Document, Section
from virton.ha.model import ResourceConfig, resource_name, resource_type
from virton.ha.states import RequestState

RESOURCE_TYPES = ("ct", "vm")

_VMID = re.compile(r"[1-9][0-9]+", re.ASCII)
_PROPERTIES = {
    "state": properties.choice("started", "stopped", "enabled", "disabled", "ignored"),
    "group": properties.config_id(),
    "failback": properties.boolean(),
    "max_restart": properties.integer(minimum=0),
    "max_relocate": properties.integer(minimum=0),
    "auto-rebalance": properties.boolean(),
    "comment": properties.comment(),
}


def is_vmid(text: str) -> bool:
    """Tell whether a text is the number of a guest that HA can manage."""
    return _VMID.fullmatch(text) is not None


def _identify(type_name: str, name: str) -> str | None:
    return f"{type_name}:{name}" if is_vmid(name) else None


RESOURCES_FORMAT = sections.Format(
    types=dict.fromkeys(RESOURCE_TYPES, _PROPERTIES), identify=_identify, title=resource_name
)
OLDER_RESOURCES_FORMAT = RESOURCES_FORMAT.without(dict.fromkeys(RESOURCE_TYPES, "auto-rebalance"))
"""The file up to Proxmox VE 9.1."""


def read_resources(text: str, form: sections.Format = RESOURCES_FORMAT) -> Document:
    """Read `resources.cfg` as sections, by resource id."""
    return sections.parse(text, form)


def write_resources(document: Document) -> str:
    """Write `resources.cfg` with the bytes that Proxmox VE writes."""
    return sections.write(document, RESOURCES_FORMAT)


def parse_resources(text: str, guest_nodes: Mapping[str, str]) -> dict[str, ResourceConfig]:
    """Read `resources.cfg` with its defaults; `guest_nodes` is guest number -> node."""
    return resource_configs(read_resources(text), guest_nodes)


def resource_configs(
    document: Document, guest_nodes: Mapping[str, str]
) -> dict[str, ResourceConfig]:
    """Return the resources that a file describes, by resource id."""
    return {
        sid: config_of(section, guest_nodes.get(resource_name(sid)))
        for sid, section in document.sections.items()
    }


def config_of(section: Section, node: str | None) -> ResourceConfig:
    """Return the resource that a section describes, its guest being on `node`."""
    values = section.properties
    state = values.get("state", "started")
    return ResourceConfig(
        node=node,
        state=RequestState.STARTED if state == "enabled" else RequestState(state),
        max_restart=int(values.get("max_restart", "1")),
        max_relocate=int(values.get("max_relocate", "1")),
        failback=values.get("failback", "1") == "1",
        group=values.get("group"),
        comment=values.get("comment"),
        auto_rebalance=values.get("auto-rebalance", "1") == "1",
    )


def section_of(sid: str, config: ResourceConfig) -> Section:
    """Return the section that describes a resource; defaults go without saying."""
    values = {"state": str(config.state)}
    if config.max_restart != 1:
        values["max_restart"] = str(config.max_restart)
    if config.max_relocate != 1:
        values["max_relocate"] = str(config.max_relocate)
    if not config.failback:
        values["failback"] = "0"
    if not config.auto_rebalance:
        values["auto-rebalance"] = "0"
    if config.group is not None:
        values["group"] = config.group
    if config.comment is not None:
        values["comment"] = config.comment
    return Section(resource_type(sid), sid, values)


def document_of(configs: Mapping[str, ResourceConfig]) -> Document:
    """Return a file that describes resources, in the order given."""
    document = Document()
    for sid, config in configs.items():
        document = document.with_section(section_of(sid, config))
    return document


def without_groups(
    document: Document, grouped: Iterable[str], failback_off: Iterable[str]
) -> Document:
    """Return the file once its groups have become rules."""
    stays = set(failback_off)
    for sid in grouped:
        if (section := document.sections.get(sid)) is not None:
            values = {"failback": "0"} if sid in stays else {}
            document = document.with_section(section.changed(values, delete=("group",)))
    return document
