"""Pseudonyms sort as the names for which they stand."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from virton.proxmox.pseudonyms import Kind, Names, pseudonyms

WORDS = st.text("abhrz09-AZ", min_size=1, max_size=4)
RULES = st.one_of(WORDS, WORDS.map("ha-group-{}".format), WORDS.map("ha-rule-{}".format))
SIDS = st.builds("{}:{}".format, st.sampled_from(["ct", "vm"]), st.integers(1, 99999))


@given(st.sets(WORDS), st.sets(SIDS), st.sets(RULES), st.sets(WORDS))
def test_every_kind_keeps_its_order(
    nodes: set[str], sids: set[str], rules: set[str], groups: set[str]
) -> None:
    asked = Names()
    for names, ask in ((nodes, asked.node), (sids, asked.sid), (rules, asked.rule)):
        for name in names:
            ask(name)
    for group in groups:
        asked.group(group)
        asked.rule(f"ha-group-{group}")
    rules |= {f"ha-group-{group}" for group in groups}
    called = Names(pseudonyms(asked.asked))
    for names, call in (
        (nodes, called.node),
        (sids, called.sid),
        (rules, called.rule),
        (groups, called.group),
    ):
        in_order = [call(name) for name in sorted(names)]
        assert all(one < other for one, other in pairwise(in_order))


def test_numbers_have_as_many_digits_as_the_most_of_them_need() -> None:
    nodes = {(Kind.NODE, f"n{number}") for number in range(12)}
    assert pseudonyms(nodes)[Kind.NODE, "n0"] == "node01"
    few = {(Kind.SID, f"vm:{number}") for number in range(100, 1000)}
    assert set(pseudonyms(few).values()) == {name for _, name in few}
    many = pseudonyms({*few, (Kind.SID, "ct:1")})
    assert many[Kind.SID, "ct:1"] == "ct:1000"
    assert many[Kind.SID, "vm:999"] == "vm:1900"
