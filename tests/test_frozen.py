"""Frozen values are what frozen dataclasses are, but cost nothing until one is made."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from virton.frozen import frozen


@frozen
class Place:
    """A place."""

    node: str
    rank: int = 3
    names: list[str] = field(default_factory=list)
    note: str | None = field(default=None, compare=False, metadata={"x": 1})


@dataclass(frozen=True, slots=True)
class AsBefore:
    """The same, as the standard library makes it."""

    node: str
    rank: int = 3
    names: list[str] = field(default_factory=list)
    note: str | None = field(default=None, compare=False, metadata={"x": 1})


@frozen
class Farther(Place):
    """A place with more to it."""

    away: float = 1.5


@frozen
class Nothing:
    """Holds nothing."""


@frozen
class One:
    """Holds one value."""

    it: object


def test_they_hold_what_they_were_made_of() -> None:
    assert [Place("a").rank, Place("a", 4).rank, Place(node="a", rank=5).rank] == [3, 4, 5]
    assert Place("a").names is not Place("a").names
    assert Farther("a", away=2.0).away == 2.0
    assert repr(Place("a")) == repr(AsBefore("a")).replace("AsBefore", "Place")
    assert [f.name for f in fields(Farther)] == ["node", "rank", "names", "note", "away"]
    with pytest.raises(TypeError, match=r"Place\.__init__\(\) missing 1 required"):
        Place()  # type: ignore[call-arg]
    match Farther("a", 1):
        case Place(node, rank):
            assert (node, rank) == ("a", 1)


def test_they_are_compared_by_what_they_hold() -> None:
    assert Place("a", note="x") == Place("a", note="y") != Place("b")
    assert Place("a") != Farther("a")
    assert Nothing() == Nothing()
    assert One(1) == One(1) != One(2)
    assert One(nan := float("nan")) == One(nan)
    assert len({One(1), One(1), One(2), Nothing(), Nothing()}) == 3
    with pytest.raises(TypeError, match="unhashable"):
        hash(Place("a"))


def test_they_never_change() -> None:
    place = Place("a")
    with pytest.raises(FrozenInstanceError):
        place.rank = 4  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del place.rank
    with pytest.raises(AttributeError):
        place.more = 4  # type: ignore[attr-defined]
    assert replace(place, rank=4) == Place("a", 4)


def test_they_can_be_copied_and_sent() -> None:
    place = Farther("a", 1, ["x"], "y", 2.5)
    sent = pickle.loads(pickle.dumps(place))  # noqa: S301
    for other in (copy.deepcopy(place), copy.copy(place), sent):
        assert (other, other.note) == (place, "y")


def test_a_value_that_checks_itself_is_asked_when_it_is_made() -> None:
    @frozen
    class Even:
        number: int

        def __post_init__(self) -> None:
            if self.number % 2:
                raise ValueError("odd")

    assert Even(2).number == 2
    with pytest.raises(ValueError, match="odd"):
        Even(3)
