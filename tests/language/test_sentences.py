"""Every event, cause and objection can be told, in both languages."""

import importlib
import json
import pkgutil
import re
from dataclasses import fields
from enum import StrEnum
from typing import Any

import pytest

from virton.ha import events
from virton.ha.causes import CAUSES, Commanded, NodeLost
from virton.ha.events import KINDS
from virton.ha.events.cluster import NodeStateChanged, RuleDropped
from virton.ha.events.lrm import Stopping
from virton.ha.events.resource import (
    Rebalanced,
    RebalancedOnStart,
    ResourceRemoved,
    ResourceStateChanged,
)
from virton.ha.placement.choice import Because
from virton.ha.placement.reasons import OBJECTIONS, Explanation, KeptApart, WorseScore
from virton.ha.rules.feasibility import Reason
from virton.ha.states import (
    CrmState,
    DisarmMode,
    DisarmState,
    LrmMode,
    LrmState,
    NodeState,
    RequestState,
    SchedulerMode,
    ServiceState,
    ShutdownPolicy,
)
from virton.language.sentences import CATALOGUES, FAULT, LOCALES, PLACEHOLDER, Sentences

for module in pkgutil.iter_modules(events.__path__):
    importlib.import_module(f"{events.__name__}.{module.name}")

KO, EN = (Sentences.of(locale) for locale in LOCALES)
OWN = {locale: json.loads((CATALOGUES / f"events.{locale}.json").read_text()) for locale in LOCALES}
PARAMETERS = {f"event.{kind}": cls for kind, cls in KINDS.items()}
PARAMETERS |= {f"cause.{name}": cls for name, cls in CAUSES.items()}
PARAMETERS |= {f"objection.{name}": cls for name, cls in OBJECTIONS.items()}


def names(cls: type[Any]) -> dict[str, bool]:
    """Return a value's fields, and whether each may be missing."""
    return {field.name.rstrip("_"): "None" in str(field.type) for field in fields(cls)}


def placeholders(text: str) -> set[str]:
    return {match[1] for match in PLACEHOLDER.finditer(text)}


both = pytest.mark.parametrize("said", [KO, EN], ids=LOCALES)


@both
def test_everything_that_can_be_told_has_a_sentence(said: Sentences) -> None:
    assert sorted(PARAMETERS.keys() - said.texts.keys()) == []


@both
def test_a_sentence_asks_only_for_what_is_always_there(said: Sentences) -> None:
    wrong = {
        key: asked
        for key, cls in PARAMETERS.items()
        if (asked := placeholders(said.texts[key]))
        - {name for name, optional in names(cls).items() if not optional}
    }
    assert wrong == {}


@both
def test_a_sentence_tells_every_field_that_is_always_there(said: Sentences) -> None:
    left_out = {
        key: missing
        for key, cls in PARAMETERS.items()
        if (
            missing := {name for name, optional in names(cls).items() if not optional}
            - placeholders(said.texts[key])
        )
    }
    assert left_out == {}


@both
def test_what_may_be_missing_has_a_variant_that_tells_it(said: Sentences) -> None:
    for key, cls in PARAMETERS.items():
        for name in (name for name, optional in names(cls).items() if optional):
            variant = said.texts.get(f"{key}.with_{name}")
            assert variant is not None, f"{key}.with_{name}"
            assert placeholders(variant) <= names(cls).keys()


@both
@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("resource.state", ServiceState),
        ("node.state", NodeState),
        ("request", RequestState),
        ("word.daemon", [*CrmState, *LrmState, "startup"]),
        ("word.mode", LrmMode),
        ("word.policy", [*ShutdownPolicy, "maintenance"]),
        ("word.scheduler", SchedulerMode),
        ("word.disarm", DisarmMode),
        ("word.disarmed", DisarmState),
        ("word.dropped", Reason),
        ("word.how", ["migrate", "relocate"]),
        ("word.action", ["start", "shutdown", "migrate", "relocate"]),
        ("word.going_down", ["shutdown", "reboot"]),
        ("word.figure", ["cpu", "mem"]),
        ("word.removed", ["no_config", "ignored_state_requested"]),
        ("word.choice", ["new", "current"]),
        ("because", ["only", *(because.name.lower() for because in Because)]),
    ],
)
def test_every_word_of_the_stack_has_its_translation(
    said: Sentences, prefix: str, words: list[str] | type[StrEnum]
) -> None:
    assert [word for word in words if f"{prefix}.{word}" not in said.texts] == []


@both
def test_every_prefix_of_words_is_one_that_exists(said: Sentences) -> None:
    prefixes = {m[2] for text in said.texts.values() for m in PLACEHOLDER.finditer(text) if m[2]}
    prefixes -= {FAULT}
    assert [p for p in prefixes if not any(key.startswith(f"{p}.") for key in said.texts)] == []


def test_both_catalogues_have_the_same_keys_and_placeholders() -> None:
    assert OWN["ko"].keys() == OWN["en"].keys()
    differing = [
        key for key in OWN["ko"] if placeholders(OWN["ko"][key]) != placeholders(OWN["en"][key])
    ]
    assert differing == []


def test_no_key_is_in_two_catalogues() -> None:
    page = json.loads((CATALOGUES / "ko.json").read_text())
    assert sorted(page.keys() & OWN["ko"].keys()) == []


def test_no_korean_sentence_leaves_the_choice_of_a_particle_to_the_reader() -> None:
    doubtful = re.compile(
        r"\((?:은|는|이|가|을|를|으)\)|\}(?:은|는|이|가|을|를|와|과|로|으로)(?=[\s,.]|$)"
    )
    assert [key for key, text in OWN["ko"].items() if doubtful.search(text)] == []


def test_no_korean_is_left_in_the_english_sentences() -> None:
    assert [key for key, text in OWN["en"].items() if re.search(r"[가-힣]", text)] == []


def test_states_are_told_in_words() -> None:
    changed = NodeStateChanged("node1", "online", "unknown")
    assert KO.event(changed) == "node1 노드의 상태가 바뀌었습니다: 온라인 → 확인 불가 (Unknown)"
    assert EN.event(changed) == "Node node1 changed its state: Online → Unknown"


def test_a_sentence_grows_with_what_is_there() -> None:
    plain = ResourceStateChanged("vm:1", "started", "fence")
    moving = ResourceStateChanged("vm:1", "started", "migrate", "node1", "node2")
    assert EN.event(plain) == "vm:1: Started → Being fenced"
    assert EN.event(moving) == "vm:1: Started → Migrating (node1 → node2)"
    assert EN.event(Stopping("vm:1")) == "Stopping vm:1."
    assert EN.event(Stopping("vm:1", 0)) == "Stopping vm:1 within 0 s."


def test_a_start_that_has_no_node_is_told_without_one() -> None:
    assert EN.event(RebalancedOnStart("vm:1", "new", "n")).endswith("chosen: n (another one)")
    nowhere = RebalancedOnStart("vm:1", "new", "")
    assert EN.event(nowhere) == "There is no node on which vm:1 may start."


def test_a_name_that_is_also_a_word_stays_a_name() -> None:
    assert "master" in EN.event(NodeStateChanged("master", "online", "fence"))
    assert EN.event(ResourceRemoved("vm:1", "no config")).endswith("it is not configured any more.")


def test_numbers_and_lists_are_written_plainly() -> None:
    assert EN.objection(WorseScore(2.0, -0.83333, "n")).startswith("Score 2; n has -0.833")
    assert "vm:1, vm:2" in EN.objection(KeptApart(("vm:1", "vm:2"), "n", ("r",)))
    assert "0.43 → 0.1" in EN.event(Rebalanced("migrate", "vm:1", "n", 0.43, 0.1))


def test_braces_in_a_value_are_left_alone() -> None:
    assert EN.cause(Commanded("{node}")).endswith("{node}")


def test_causes_and_decisions_are_told() -> None:
    assert KO.cause(NodeLost("node3", 60)) == "node3 노드가 60초째 보이지 않습니다."
    why = Explanation("vm:1", "n", Because.SCORE, "m", {"o": WorseScore(2.0, 1.0, "n")}, 1.0)
    assert "(1, lower is better)" in EN.because(why)
    alone = Explanation("vm:1", "n", Because.SCORE, "m", {}, 1.0)
    assert EN.because(alone) == "It is the only node left."
    assert (
        EN.because(Explanation("vm:1", None, Because.NO_NODE, "m", {})) == "No node is left for it."
    )


def test_a_dropped_rule_is_told_with_the_reason_in_words() -> None:
    told = EN.event(RuleDropped("r1", "fewer-than-two-resources"))
    assert told == "Rule “r1” is left out: it holds fewer than two resources and has no effect."
