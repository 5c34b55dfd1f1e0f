"""groups.cfg: the legacy groups."""

from virton.ha.config import groups
from virton.ha.config.sections import Document, Fault
from virton.ha.model import GroupConfig

FILE = (
    "group: g1\n\tcomment c\n\tnodes node2:2,node1\n\tnofailback 1\n\trestricted 1\n\n"
    "group: g2\n\tnodes node3\n\n"
)


def test_a_file_of_proxmox_is_written_back_to_the_byte() -> None:
    assert groups.write_groups(groups.read_groups(FILE)) == FILE


def test_groups_have_nodes_with_priorities_and_two_switches() -> None:
    assert groups.parse_groups(FILE) == {
        "g1": GroupConfig({"node1": 0, "node2": 2}, True, True, "c"),
        "g2": GroupConfig({"node3": 0}),
    }


def test_a_group_without_nodes_is_left_out() -> None:
    document = groups.read_groups("group: g1\n\trestricted 1\n\n")
    assert not document.sections
    assert [found.fault for found in document.complaints] == [Fault.MISSING_PROPERTY]


def test_a_group_reads_the_same_after_it_was_written() -> None:
    config = GroupConfig({"node1": 0, "node2": 2}, True, False, "of old")
    document = Document().with_section(groups.section_of("g1", config))
    assert groups.parse_groups(groups.write_groups(document)) == {"g1": config}
