"""The section-config text format."""

from hypothesis import given
from hypothesis import strategies as st

from tests.characters import any_character
from virton.ha.config import properties, sections
from virton.ha.config.sections import Document, Fault, Format, Section

FORM = Format(
    types={
        "thing": {
            "size": properties.integer(minimum=0),
            "colour": properties.choice("red", "blue", required=True),
            "shiny": properties.boolean(),
            "disable": properties.boolean(),
            "comment": properties.comment(),
        },
        "note": {"text": properties.comment()},
    },
    identify=lambda _type, name: name if properties.is_config_id(name) else None,
)


def faults(text: str) -> list[tuple[int, Fault]]:
    return [(found.line, found.fault) for found in sections.parse(text, FORM).complaints]


def test_comment_and_disable_come_first_then_required_then_optional_properties() -> None:
    text = "thing: t1\n\tsize 3\n\tshiny\n\tdisable 1\n\tcolour red\n\tcomment hi\n\n"
    written = sections.write(sections.parse(text, FORM), FORM)
    assert written == "thing: t1\n\tcomment hi\n\tdisable\n\tcolour red\n\tshiny 1\n\tsize 3\n\n"


def test_an_empty_file_has_no_sections_and_no_complaints() -> None:
    assert sections.parse("", FORM) == Document()
    assert sections.write(Document(), FORM) == ""


def test_a_bad_value_is_left_out_and_its_section_stays() -> None:
    text = "thing: t1\n\tcolour red\n\tsize -4\n\n"
    document = sections.parse(text, FORM)
    assert document.sections["t1"].properties == {"colour": "red"}
    assert faults(text) == [(3, Fault.BAD_VALUE)]


def test_a_good_value_counts_after_a_bad_one_of_the_same_property() -> None:
    text = "thing: t1\n\tcolour green\n\tcolour blue\n\tcolour red\n\n"
    assert sections.parse(text, FORM).sections["t1"].properties == {"colour": "blue"}
    assert faults(text) == [(2, Fault.BAD_VALUE), (4, Fault.DUPLICATE_PROPERTY)]


def test_a_section_without_a_required_property_is_left_out_but_keeps_its_ordinal() -> None:
    text = "thing: t1\n\tsize 1\n\nthing: t2\n\tcolour red\n\n"
    document = sections.parse(text, FORM)
    assert list(document.sections) == ["t2"]
    assert document.order == {"t1": 1, "t2": 2}
    assert faults(text) == [(1, Fault.MISSING_PROPERTY)]


def test_sections_of_unknown_type_or_bad_name_take_no_ordinal() -> None:
    text = "thong: t1\n\tcolour red\n\nthing: 1\n\tcolour red\n\nthing: t2\n\tcolour red\n\n"
    assert sections.parse(text, FORM).order == {"t2": 1}
    assert faults(text) == [(1, Fault.UNKNOWN_TYPE), (4, Fault.BAD_NAME)]


def test_the_last_of_two_sections_with_one_name_wins() -> None:
    text = "thing: t1\n\tcolour red\n\nthing: t2\n\tcolour red\n\nthing: t1\n\tcolour blue\n\n"
    document = sections.parse(text, FORM)
    assert document.sections["t1"].properties == {"colour": "blue"}
    assert document.order == {"t2": 2, "t1": 3}


def test_a_header_without_an_empty_line_before_it_belongs_to_the_section_above() -> None:
    text = "thing: t1\n\tcolour red\nthing: t2\n\tsize 1\n\n"
    document = sections.parse(text, FORM)
    assert document.sections["t1"].properties == {"colour": "red", "size": "1"}
    assert faults(text) == [(3, Fault.IGNORED_LINE)]


def test_comment_lines_are_skipped_and_do_not_end_a_section() -> None:
    text = "# top\nthing: t1\n  # inside\n\tcolour red\n\n"
    assert sections.parse(text, FORM).sections["t1"].properties == {"colour": "red"}
    assert faults(text) == []


def test_properties_of_versions_to_come_are_kept_and_written_back() -> None:
    text = "thing: t1\n\tcolour red\n\tgravity 9.81\n\tshiny 0\n\n"
    assert faults(text) == [(3, Fault.UNKNOWN_PROPERTY)]
    assert sections.write(sections.parse(text, FORM), FORM) == text


def test_properties_in_a_section_of_the_wrong_type_are_dropped() -> None:
    text = "thing: t1\n\tcolour red\n\ttext hello\n\n"
    assert sections.write(sections.parse(text, FORM), FORM) == "thing: t1\n\tcolour red\n\n"


def test_of_two_sections_with_one_ordinal_the_newer_stands_first() -> None:
    first, second = Section("note", "n1"), Section("note", "n2")
    document = Document({"n1": first, "n2": second}, {"n1": 2, "n2": 2})
    assert sections.write(document, FORM) == "note: n2\n\nnote: n1\n\n"


def test_a_changed_section_keeps_its_place_and_a_new_one_goes_to_the_end() -> None:
    document = sections.parse("note: n1\n\nnote: n2\n\n", FORM)
    changed = document.with_section(Section("note", "n1", {"text": "x"}))
    added = changed.with_section(Section("note", "n3"))
    assert sections.write(added, FORM) == "note: n1\n\ttext x\n\nnote: n2\n\nnote: n3\n\n"
    assert sections.write(added.without("n2"), FORM) == "note: n1\n\ttext x\n\nnote: n3\n\n"


def test_deleting_a_property_beats_setting_it() -> None:
    section = Section("thing", "t1", {"size": "1", "colour": "red"})
    changed = section.changed({"size": "2", "shiny": "1"}, delete=["size"])
    assert changed.properties == {"colour": "red", "shiny": "1"}


def test_the_digest_is_that_of_the_text() -> None:
    assert sections.parse("note: n1\n\n").digest == sections.digest_of("note: n1\n\n")
    assert sections.digest_of("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709"


@given(st.text(alphabet="thing: t1\n\tcolourdsz#0x"))
def test_reading_never_fails_and_what_is_written_reads_the_same(text: str) -> None:
    document = sections.parse(text, FORM)
    again = sections.parse(sections.write(document, FORM), FORM)
    assert {k: s.properties for k, s in again.sections.items()} == {
        k: {p: v for p, v in s.properties.items() if v and (p, v) != ("disable", "0")}
        for k, s in document.sections.items()
    }


@given(st.text(any_character))
def test_any_text_survives_encoding_as_one_plain_line(text: str) -> None:
    encoded = properties.encode_text(text)
    assert encoded.isascii()
    assert encoded.isprintable()
    assert ":" not in encoded
    assert properties.decode_text(encoded) == text


def test_lists_are_split_at_commas_semicolons_and_blanks() -> None:
    assert properties.split_list(" a, b;c  d") == ["a", "b", "c", "d"]
    assert properties.split_list("a b\0c,d") == ["a b", "c,d"]
    assert properties.split_list(" ,") == []


def test_nodes_are_read_with_their_priorities() -> None:
    assert properties.parse_nodes("b:2,a,b:3") == {"a": 0, "b": 3}
    assert properties.format_nodes([("a", 0), ("b", 3)]) == "a,b:3"
    assert properties.parse_node_entry("-bad") is None
