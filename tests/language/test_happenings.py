"""Every happening can be told, in both languages, with the particles that names ask for."""

import pytest

from virton.language.particles import with_particles
from virton.language.sentences import LOCALES, PLACEHOLDER, Sentences
from virton.story.commands import FIELDS
from virton.story.happenings import Kind

TOLD = {locale: Sentences.of(locale) for locale in LOCALES}
FACTS = {
    "before": "pve1",
    "node": "pve2",
    "command": "arm-ha",
    "mode": "ignore",
    "changed": ("state",),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_told_whole(locale: str, kind: Kind) -> None:
    said = TOLD[locale].happening(kind, "vm:100", FACTS)
    assert said != f"happening.{kind}"
    assert not PLACEHOLDER.search(said)
    assert "[" not in said


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("verb", "fields"), FIELDS.items())
def test_every_command_is_told_with_what_it_names_and_who_asked(
    locale: str, verb: str, fields: tuple[str, ...]
) -> None:
    facts = {"command": " ".join((verb, *(f"a-{field}" for field in fields))), "who": "ada@pve"}
    said = TOLD[locale].happening(Kind.ASKED, "", facts)
    assert "ada@pve" in said
    assert all(f"a-{field}" in said for field in fields if field != "timeout")
    assert f"happening.asked.{verb}" in TOLD[locale].texts


def test_no_sentence_is_left_over() -> None:
    kinds = {f"happening.{kind}" for kind in Kind} | {"happening.by"}
    kinds |= {f"happening.{Kind.ASKED}.{verb}" for verb in FIELDS}
    for sentences in TOLD.values():
        keys = [key for key in sentences.texts if key.startswith("happening.")]
        assert {key.partition(".with_")[0] for key in keys} == kinds


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("phum01[은|는]", "phum01은"),
        ("phum02[은|는]", "phum02는"),
        ("pve3[이|가]", "pve3이"),
        ("pve5[이|가]", "pve5가"),
        ("node1[으로|로]", "node1로"),
        ("node3[으로|로]", "node3으로"),
        ("node2[으로|로]", "node2로"),
        ("VM 100 (web02)[을|를]", "VM 100 (web02)를"),
        ("서울[으로|로]", "서울로"),
        ("부산[으로|로]", "부산으로"),
        ("mail[과|와]", "mail과"),
        ("db[과|와]", "db와"),
        ("[이|가]", "가"),
    ],
)
def test_a_particle_follows_the_sound_before_it(written: str, read: str) -> None:
    assert with_particles(written) == read
