"""What happened because of one cause is one story."""

from virton.notify.incidents import Incident, Weight, hear_all
from virton.story.happenings import Fact, Happening, Kind


def at(at_s: float, kind: Kind, whom: str = "", **facts: Fact) -> Happening:
    return Happening(kind, whom, at_s, at_s + 2, False, facts)


LOSS = [
    at(8, Kind.NODE_UNREACHABLE, "c"),
    at(18, Kind.NODE_LOST, "c"),
    at(68, Kind.NODE_FENCING, "c"),
    at(138, Kind.NODE_FENCED, "c"),
    at(138, Kind.RESOURCE_RECOVERED, "vm:1", before="c", node="a"),
    at(138, Kind.RESOURCE_RECOVERED, "vm:2", before="c", node="b"),
]


def stories(*found: Happening) -> list[Incident]:
    opened, changed = hear_all({}, found)
    return [story for story in changed if story.ended_s is not None] + list(opened.values())


def test_a_node_that_is_lost_fenced_and_recovered_is_one_story() -> None:
    (story,) = stories(*LOSS, at(200, Kind.NODE_REACHABLE, "c"), at(210, Kind.NODE_BACK, "c"))
    assert (story.key, story.weight, story.began_s, story.ended_s) == (
        "node:c",
        Weight.CRITICAL,
        8,
        212,
    )
    assert story.affected == {"vm:1", "vm:2"}
    assert len(story.happenings) == 8


def test_a_short_cut_ends_with_the_node_in_reach_again() -> None:
    (story,) = stories(at(8, Kind.NODE_UNREACHABLE, "c"), at(12, Kind.NODE_REACHABLE, "c"))
    assert (story.weight, story.lasted_s) == (Weight.WARNING, 6)


def test_while_a_resource_waits_the_story_is_not_over() -> None:
    waits = at(138, Kind.RESOURCE_WAITS, "vm:3", node="c")
    back = at(210, Kind.NODE_BACK, "c")
    (story,) = stories(*LOSS, waits, back)
    assert (story.waiting, story.ended_s) == ({"vm:3"}, None)
    recovered = at(220, Kind.RESOURCE_RECOVERED, "vm:3", before="c", node="c")
    (story,) = stories(*LOSS, waits, back, recovered)
    assert story.ended_s == 222


def down(whom: str, from_s: float, to_s: float, node: str = "a") -> Happening:
    return Happening(Kind.GUEST_DOWN, whom, from_s, to_s, False, {"node": node})


def test_guests_that_went_down_for_want_of_quorum_belong_to_its_loss() -> None:
    lost, back = at(10, Kind.QUORUM_LOST), at(200, Kind.QUORUM_BACK)
    up = [at(300, Kind.RESOURCE_STARTED, "vm:1"), at(310, Kind.RESOURCE_FAILED, "vm:2")]
    struck = [down("vm:1", 5, 202), down("vm:2", 5, 202)]
    for found in ((lost, *struck, back, *up), (lost, back, *struck, *up)):
        (story,) = {s.began_s: s for s in stories(*found)}.values()
        assert (story.key, story.affected, story.waiting) == ("quorum", {"vm:1", "vm:2"}, {"vm:2"})
        *_, story = stories(*found, at(350, Kind.RESOURCE_STARTED, "vm:2"))
        assert (story.key, story.ended_s) == ("quorum", 352)


def test_a_guest_that_went_down_with_its_node_belongs_to_the_nodes_story() -> None:
    away = at(10, Kind.NODE_UNREACHABLE, "a"), at(40, Kind.NODE_REACHABLE, "a")
    found = stories(*away, down("vm:1", 12, 55), down("vm:2", 12, 55, node="b"))
    assert {story.key for story in found if story.ended_s is None} == {"node:a", "resource:vm:2"}
    blip = at(10, Kind.QUORUM_LOST), at(20, Kind.QUORUM_BACK)
    assert [story.key for story in stories(*blip, down("vm:1", 12, 30))] == [
        "quorum",
        "resource:vm:1",
    ]


def test_what_leaves_ha_waits_no_more() -> None:
    waits = at(138, Kind.RESOURCE_WAITS, "vm:3", node="c")
    (story,) = stories(*LOSS, waits, at(150, Kind.RESOURCE_REMOVED, "vm:3"))
    assert story.waiting == set()


def test_two_losses_are_two_stories() -> None:
    found = stories(*LOSS, at(150, Kind.NODE_LOST, "b"), at(300, Kind.QUORUM_LOST))
    assert {story.key for story in found} == {"node:c", "node:b", "quorum"}


def test_a_resource_that_fails_and_ends_in_error_is_one_story() -> None:
    (story,) = stories(
        at(10, Kind.RESOURCE_FAILED, "vm:1", node="a"),
        at(40, Kind.RESOURCE_ERROR, "vm:1"),
        at(90, Kind.RESOURCE_CLEARED, "vm:1"),
    )
    assert (story.weight, story.lasted_s) == (Weight.CRITICAL, 82)


def test_good_news_of_what_was_never_bad_are_no_story() -> None:
    assert stories(at(1, Kind.NODE_BACK, "c"), at(2, Kind.ARMED), at(3, Kind.QUORUM_BACK)) == []
    assert stories(at(1, Kind.RESOURCE_STARTED, "vm:1"), at(1, Kind.MASTER_CHANGED)) == []
