"""Parameters: their types, their bounds, and all that is wrong with them at once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import any_character
from virton.embedded.schema import Param, check

texts = st.text(any_character)
sids = st.builds("{}:{}".format, st.sampled_from(["vm", "ct"]), st.integers(100, 999))

COUNT = {"count": Param("integer", optional=True, minimum=0, maximum=10)}
SWITCH = {"on": Param("boolean")}
LIST = {"resources": Param(format="pve-ha-resource-id-list")}


@given(st.integers())
def test_a_number_means_the_same_as_text_and_as_itself(number: int) -> None:
    assert check(COUNT, {"count": number}) == check(COUNT, {"count": str(number)})


@given(st.integers(0, 10))
def test_a_number_within_its_bounds_is_accepted(number: int) -> None:
    assert check(COUNT, {"count": f"+{number}"}) == ({"count": number}, {})


@given(st.integers(min_value=11) | st.integers(max_value=-1))
def test_a_number_out_of_its_bounds_is_refused(number: int) -> None:
    assert check(COUNT, {"count": number})[1].keys() == {"count"}


@given(texts.filter(lambda text: not text.lstrip("+-").isdecimal() or not text.isascii()))
def test_what_is_no_number_is_refused(text: str) -> None:
    assert check(COUNT, {"count": text})[1].keys() == {"count"}


@pytest.mark.parametrize(("spelled", "meant"), [("1", True), ("0", False), (1, True), (0, False)])
def test_a_switch_is_spelled_one_or_zero(spelled: Any, meant: bool) -> None:
    assert check(SWITCH, {"on": spelled}) == ({"on": meant}, {})


@pytest.mark.parametrize("value", [True, False])
def test_a_switch_in_json_is_itself(value: bool) -> None:
    assert check(SWITCH, {"on": value}) == ({"on": value}, {})


@pytest.mark.parametrize("spelled", ["true", "yes", "on", "maybe", "", "2", 2, [], {}, 0.5, "01"])
def test_a_switch_is_spelled_no_other_way(spelled: Any) -> None:
    assert check(SWITCH, {"on": spelled})[1].keys() == {"on"}


@given(
    st.dictionaries(
        st.text(any_character, min_size=1), st.none() | texts | st.integers(), min_size=1
    )
)
def test_every_unknown_parameter_is_named(given_: dict[str, Any]) -> None:
    assert check({}, given_)[1].keys() == given_.keys()


@given(st.recursive(st.none() | st.booleans() | st.floats() | texts, st.lists, max_leaves=9))
def test_whatever_is_given_is_either_accepted_or_named(value: Any) -> None:
    schema = {**COUNT, **SWITCH, **LIST, "comment": Param(optional=True, max_length=3)}
    for name in schema:
        values, errors = check(schema, {name: value})
        assert (name in values) + (name in errors) + (value is None) >= 1


@given(st.lists(sids))
def test_a_list_may_come_as_several_values_or_as_one(sids: list[str]) -> None:
    several = check(LIST, {"resources": sids})
    assert (
        several == check(LIST, {"resources": ",".join(sids)}) == ({"resources": ",".join(sids)}, {})
    )


def test_one_bad_entry_spoils_a_list() -> None:
    assert check(LIST, {"resources": "vm:100 100"})[1].keys() == {"resources"}


def test_a_parameter_that_another_requires_is_missed() -> None:
    schema = {"path": Param(optional=True, requires="privs"), "privs": Param(optional=True)}
    assert check(schema, {"path": "/"})[1].keys() == {"privs"}


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = {"count": "many", "colour": "red", "resources": "!"}
    assert check({**COUNT, **SWITCH, **LIST}, wrong)[1].keys() == {
        "count",
        "colour",
        "resources",
        "on",
    }


def test_length_is_counted_in_characters() -> None:
    schema = {"comment": Param(max_length=4)}
    assert check(schema, {"comment": "고가용성"})[1] == {}
    assert check(schema, {"comment": "고가용성!"})[1].keys() == {"comment"}
