"""resources.cfg: the resources under HA."""

from hypothesis import given
from hypothesis import strategies as st

from virton.ha.config import resources
from virton.ha.model import ResourceConfig
from virton.ha.states import RequestState

FILE = (
    "vm: 100\n\tstate started\n\n"
    "vm: 101\n\tmax_relocate 2\n\tmax_restart 3\n\tstate stopped\n\n"
    "vm: 102\n\tcomment web%3A front\n\tfailback 0\n\tstate started\n\n"
    "vm: 103\n\n"
    "ct: 200\n\tauto-rebalance 0\n\tstate enabled\n\n"
)


def test_a_file_of_proxmox_is_written_back_to_the_byte() -> None:
    assert resources.write_resources(resources.read_resources(FILE)) == FILE


def test_what_a_file_leaves_out_has_its_default() -> None:
    configs = resources.parse_resources(FILE, {"103": "node1"})
    assert configs["vm:103"] == ResourceConfig(node="node1")
    assert configs["vm:101"] == ResourceConfig(
        None, RequestState.STOPPED, max_restart=3, max_relocate=2
    )
    assert configs["vm:102"] == ResourceConfig(None, failback=False, comment="web%3A front")


def test_enabled_is_another_word_for_started() -> None:
    config = resources.parse_resources(FILE, {})["ct:200"]
    assert config == ResourceConfig(None, auto_rebalance=False)


def test_a_broken_file_gives_the_resources_that_can_be_read() -> None:
    text = (
        "vm: 100\n\tstate started\n\nxx: 5\n\tstate started\n\nvm: abc\n\nvm: 7\n\n"
        "vm: 101\n\tmax_restart -4\n\n"
    )
    document = resources.read_resources(text)
    assert list(document.sections) == ["vm:100", "vm:101"]
    assert document.sections["vm:101"].properties == {}
    assert [found.line for found in document.complaints] == [4, 7, 9, 12]


def test_numbers_are_kept_in_their_plain_form() -> None:
    text = "vm: 100\n\tmax_restart +07\n\n"
    assert resources.read_resources(text).sections["vm:100"].properties == {"max_restart": "7"}


def test_once_groups_are_rules_resources_lose_them_and_may_stay_where_they_are() -> None:
    text = "vm: 100\n\tgroup g1\n\nvm: 101\n\tgroup g2\n\tstate stopped\n\nvm: 102\n\n"
    document = resources.without_groups(
        resources.read_resources(text), ["vm:100", "vm:101"], failback_off=["vm:101"]
    )
    assert resources.write_resources(document) == (
        "vm: 100\n\nvm: 101\n\tfailback 0\n\tstate stopped\n\nvm: 102\n\n"
    )


configs = st.builds(
    ResourceConfig,
    node=st.none(),
    state=st.sampled_from(RequestState),
    max_restart=st.integers(0, 10),
    max_relocate=st.integers(0, 10),
    failback=st.booleans(),
    group=st.none() | st.just("group-1"),
    comment=st.none() | st.text("ab: %", min_size=1).filter(lambda t: t.strip() == t != ""),
    auto_rebalance=st.booleans(),
)
sids = st.builds("{}:{}".format, st.sampled_from(["vm", "ct"]), st.integers(10, 99999))


@given(st.dictionaries(sids, configs))
def test_resources_read_the_same_after_they_were_written(
    described: dict[str, ResourceConfig],
) -> None:
    text = resources.write_resources(resources.document_of(described))
    again = resources.parse_resources(text, {})
    assert again == described
    assert list(again) == list(described)
