"""The one reader of JSON from outside."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import any_character
from virton.strict_json import DEEPEST, read_json

HOSTILE = {
    "nested lists": "[" * 100_000,
    "nested objects": '{"a":' * 100_000,
    "just too deep": "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
    "not a number": '{"a": NaN}',
    "infinite": '{"a": -Infinity}',
    "a float beyond all": '{"a": 1e400}',
    "400 digits": '{"a": %s}' % ("9" * 400),
    "5000 digits": '{"a": %s}' % ("9" * 5000),
    "half a pair": r'{"a": "\ud800"}',
    "half a pair as key": r'{"\udfff": 1}',
    "half a pair inside": r'{"a": [["\ud800"]]}',
    "no UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "cut off": '{"a": ',
    "nothing": "",
}
"""Bodies that a door must refuse without stumbling."""

texts = st.text(any_character)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_could_break_later_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        read_json(text)


@given(values)
def test_everything_else_is_read_as_it_is(value: Any) -> None:
    assert read_json(json.dumps(value)) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value
