"""The two catalogues: the same keys, the same placeholders, and a text for every key in use."""

import json
import re
from pathlib import Path

import pytest

from tests.browser.contents import LRM_STATES, RESOURCE_STATES
from tests.browser.visit import EN, KO
from virton import console
from virton.ha.states import LrmMode, RequestState, ServiceState

ROOM = Path(console.__file__).parent
WEB = ROOM.parents[2] / "web"
SOURCES = [
    *(
        path
        for kind in ("js", "ts")
        for path in WEB.rglob(f"*.{kind}")
        if "node_modules" not in path.parts
    ),
    *(ROOM / "pages").glob("*.html"),
]
LITERAL = re.compile(r"""\bt\(\s*"([\w.-]+)"|data-t(?:-label)?="([\w.-]+)"|column\("([\w.-]+)"\)""")
IMPORTED = re.compile(r"""(?:from|import)\s*"\./([\w-]+\.js)\"""")
COUNTED = re.compile(r"""\btn\("([\w.-]+)\"""")


def _used() -> set[str]:
    text = "\n".join(path.read_text() for path in SOURCES)
    literal = {key for match in LITERAL.findall(text) for key in match if key}
    counted = {f"{key}.{form}" for key in COUNTED.findall(text) for form in ("one", "other")}
    return literal | counted


def test_both_catalogues_have_the_same_keys() -> None:
    assert sorted(KO) == sorted(EN)


def test_every_text_has_the_same_placeholders_in_both_languages() -> None:
    differing = [
        key
        for key in KO
        if set(re.findall(r"\{\w+\}", KO[key])) != set(re.findall(r"\{\w+\}", EN[key]))
    ]
    assert differing == []


def test_every_key_that_the_page_names_has_a_text() -> None:
    assert sorted(_used() - KO.keys()) == []


def test_no_text_is_empty() -> None:
    assert [key for key, text in [*KO.items(), *EN.items()] if not text.strip()] == []


@pytest.mark.parametrize("prefix", ["resource.state", "resource.meaning"])
def test_every_state_of_the_stack_has_a_word_and_a_meaning(prefix: str) -> None:
    states = {state.value for state in ServiceState} | set(RESOURCE_STATES)
    assert [s for s in sorted(states) if f"{prefix}.{s.replace(' ', '_')}" not in KO] == []


def test_every_state_of_a_local_resource_manager_has_a_word_and_a_meaning() -> None:
    keys = {f"lrm.{kind}.{state}" for state in LRM_STATES for kind in ("state", "meaning")}
    keys |= {f"lrm.mode.{mode}" for mode in LrmMode if mode is not LrmMode.ACTIVE}
    assert sorted(keys - KO.keys()) == []


def test_every_request_has_a_word_and_a_hint() -> None:
    keys = {f"request.{state}{end}" for state in RequestState for end in ("", ".hint")}
    assert sorted(keys - KO.keys()) == []


def test_no_korean_text_leaves_the_choice_of_a_particle_to_the_reader() -> None:
    assert [
        key for key, text in KO.items() if re.search(r"\((?:은|는|이|가|을|를|으)\)", text)
    ] == []


def test_no_korean_is_left_in_the_english_texts() -> None:
    assert [key for key, text in EN.items() if re.search(r"[가-힣]", text)] == []


def test_a_page_preloads_every_script_that_its_entry_imports() -> None:
    built = json.loads((ROOM / "static" / "manifest.json").read_text())
    for page in built["pages"].values():
        scripts = {page["script"], *page["parts"]}
        imported = {
            name
            for script in scripts
            for name in IMPORTED.findall((ROOM / "static" / script).read_text())
        }
        assert imported <= scripts
