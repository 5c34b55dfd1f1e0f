"""Every state that the HA stack has is in the table, with a word and a meaning in each language."""

import pytest

from virton.ha.states import NodeState, RequestState, ServiceState
from virton.language.sentences import LOCALES, PLACEHOLDER, Sentences
from virton.language.states import Of, tones, worded

TONES = {"ok", "idle", "info", "warn", "bad", "plum"}
NEVER_SHOWN = {"online", "unknown"}
"""A node that is online has no word of its own; one that is unknown is told with why."""


def test_every_state_of_the_stack_is_in_the_table() -> None:
    assert {str(state) for state in ServiceState} <= set(tones()["resource"])
    assert {str(state) for state in NodeState} - NEVER_SHOWN <= set(tones()["node"])


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("of", ["resource", "lrm", "node"])
def test_every_state_has_a_tone_a_word_and_mostly_a_meaning(of: Of, locale: str) -> None:
    said = Sentences.of(locale)
    for name, tone in tones()[of].items():
        assert tone in TONES
        one = worded(of, name, said)
        assert one.word != name, name
        assert one.meaning or of == "node" or name == "missing", name


def test_no_state_has_words_of_its_own_elsewhere() -> None:
    """Whatever fills a sentence with a state reads it from the table, or from the form's choices."""
    tables = {"resource.state", "node.state", "lrm.state", "request"}
    ways_to_move = {"word.how"}
    names = [{str(one) for one in kind} for kind in (ServiceState, NodeState, RequestState)]
    for locale in LOCALES:
        texts = Sentences.of(locale).texts
        used = {m[2] for text in texts.values() for m in PLACEHOLDER.finditer(text) if m[2]}
        for prefix in used - tables - ways_to_move:
            own = {key.removeprefix(f"{prefix}.") for key in texts if key.startswith(f"{prefix}.")}
            assert not any(own and own <= states for states in names), prefix


def test_a_state_that_nobody_knows_is_told_as_it_came() -> None:
    one = worded("resource", "levitating", Sentences.of("ko"))
    assert (one.tone, one.word, one.meaning) == ("warn", "levitating", "")
    assert worded("resource", "clearing error flag", Sentences.of("en")).tone == "info"
