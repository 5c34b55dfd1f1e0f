"""Fault domains are kept whole, and what is wrong with one is said at its name."""

from pathlib import Path

import pytest

from virton.console.watch.domains import Domains
from virton.damage import DamagedError
from virton.plans.domains import DomainError, read_domains

KNOWN = frozenset({"a", "b"})


def test_domains_outlive_the_console(tmp_path: Path) -> None:
    Domains(tmp_path).keep(read_domains({"랙 A": ["b", "a", "a"]}, KNOWN))
    assert Domains(tmp_path).named == {"랙 A": ("a", "b")}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ([], "domains"),
        ({"": ["a"]}, "name"),
        ({"x" * 65: ["a"]}, "name"),
        ({"rack": []}, "rack"),
        ({"rack": [1]}, "rack"),
        ({"rack": ["c"]}, "rack"),
        ({str(n): ["a"] for n in range(65)}, "domains"),
    ],
)
def test_what_is_no_domain_is_named(wrong: object, field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        read_domains(wrong, KNOWN)
    assert refusal.value.field == field


def test_a_file_that_cannot_be_read_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "domains.json").write_text("{")
    with pytest.raises(DamagedError, match=r"domains\.json is damaged"):
        Domains(tmp_path)
    assert (tmp_path / "domains.json").read_text() == "{"
