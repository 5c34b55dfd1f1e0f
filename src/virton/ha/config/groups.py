"""The legacy HA groups (`groups.cfg`), which newer clusters turn into rules."""

from virton.ha.config import properties, sections
from virton.ha.config.sections import Document, Section
from virton.ha.model import GroupConfig

GROUPS_FORMAT = sections.Format(
    types={
        "group": {
            "nodes": properties.node_list(required=True),
            "restricted": properties.boolean(),
            "nofailback": properties.boolean(),
            "comment": properties.comment(),
        }
    },
    identify=lambda _type, name: name if properties.is_config_id(name) else None,
)


def read_groups(text: str) -> Document:
    """Read `groups.cfg` as sections, by group."""
    return sections.parse(text, GROUPS_FORMAT)


def write_groups(document: Document) -> str:
    """Write `groups.cfg` with the bytes that Proxmox VE writes."""
    return sections.write(document, GROUPS_FORMAT)


def parse_groups(text: str) -> dict[str, GroupConfig]:
    """Read `groups.cfg` with its defaults."""
    return {group: config_of(section) for group, section in read_groups(text).sections.items()}


def config_of(section: Section) -> GroupConfig:
    """Return the group that a section describes."""
    values = section.properties
    return GroupConfig(
        nodes=properties.parse_nodes(values["nodes"]),
        restricted=values.get("restricted") == "1",
        nofailback=values.get("nofailback") == "1",
        comment=values.get("comment"),
    )


def section_of(group: str, config: GroupConfig) -> Section:
    """Return the section that describes a group; defaults go without saying."""
    values = {"nodes": properties.format_nodes(sorted(config.nodes.items()))}
    if config.restricted:
        values["restricted"] = "1"
    if config.nofailback:
        values["nofailback"] = "1"
    if config.comment is not None:
        values["comment"] = config.comment
    return Section("group", group, values)
