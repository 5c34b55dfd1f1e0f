"""YAML with its comments, order and line numbers; nothing else of ours knows the library."""

import io
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.anchor import Anchor
from ruamel.yaml.comments import CommentedMap, CommentedSeq, merge_attrib
from ruamel.yaml.composer import ComposerError
from ruamel.yaml.constructor import ConstructorError, DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

Tree = CommentedMap
WIDTH = 110


class NotYamlError(ValueError):
    """A text that is not YAML; `line` counts from 1, and is 0 where none is known."""

    def __init__(self, line: int, why: str) -> None:
        """Say where, and why in a word for which the catalogues have a sentence."""
        super().__init__(why)
        self.line = line
        self.why = why


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


class _Placed(RoundTripConstructor):
    """Knows the line of what was made last: some errors of the library name no place."""

    line = 0

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Make a value of a node."""
        self.line = node.start_mark.line + 1
        return super().construct_object(node, deep)


def read_tree(text: str) -> Any:
    """Return what a text holds, with its comments; raises NotYamlError."""
    yaml = _yaml()
    yaml.Constructor = _Placed
    try:
        return yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        raise NotYamlError(mark.line + 1 if mark else 0, _why(error)) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYamlError(line, "character") from None
    except RecursionError:
        raise NotYamlError(0, "deep") from None
    except (YAMLError, ValueError, OverflowError, TypeError):  # a list as a name, too
        raise NotYamlError(yaml.constructor.line, "value") from None


def _why(error: MarkedYAMLError) -> str:
    match error:
        case DuplicateKeyError():
            return "twice"
        case ComposerError() if error.context:
            return "documents"
        case ComposerError():
            return "alias"
        case ConstructorError():
            return "value"
    return "tab" if "'\\t'" in str(error.problem) else "form"


def write_tree(tree: Tree) -> str:
    """Return the text, comments and order as they were read."""
    return _dumped(_yaml(), tree)


def _dumped(yaml: YAML, tree: Any) -> str:
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


def in_flow(value: Any) -> str:
    """Return a map or a list as it stands in one line, between its brackets."""
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width, yaml.allow_unicode = True, 2**31, True
    yaml.sort_base_mapping_type_on_output = False
    return _dumped(yaml, value).strip()


def composed(text: str) -> Any:
    """Return the nodes of a text that can be read, each with its place in it."""
    return _yaml().compose(text)


def without_aliases(text: str) -> str:
    """Return a text with everything written out that aliases and merges stand for."""
    return write_tree(_written_out(read_tree(text)))


def _written_out(part: Any) -> Any:
    made: CommentedMap | CommentedSeq
    if isinstance(part, CommentedMap):
        made = CommentedMap({key: _written_out(told) for key, told in part.items()})
    elif isinstance(part, CommentedSeq):
        made = CommentedSeq([_written_out(told) for told in part])
    else:
        return str(part) if getattr(part, "anchor", None) else part
    part.copy_attributes(made)
    for mark in (Anchor.attrib, merge_attrib):
        vars(made).pop(mark, None)
    return made


def tree(values: Mapping[str, Any]) -> Tree:
    """Return a new part of a file; lists are written as `[a, b]`."""
    return CommentedMap({key: _part(value) for key, value in values.items()})


def _part(value: Any) -> Any:
    if isinstance(value, list):
        listed = CommentedSeq(value)
        listed.fa.set_flow_style()
        return listed
    return tree(value) if isinstance(value, Mapping) else value


def lines_of(tree: Any) -> dict[str, int]:
    """Return the line, from 1 on, of every name by its path, and of every word of a list."""
    found: dict[str, int] = {}
    _note_lines(tree, "", found, set())
    return found


def _note_lines(part: Any, path: str, found: dict[str, int], seen: set[int]) -> None:
    if id(part) in seen:  # an alias
        return
    seen.add(id(part))
    if isinstance(part, CommentedMap):
        for key, told in part.items():
            at = f"{path}.{key}" if path else str(key)
            with suppress(KeyError):  # merged from elsewhere
                found[at] = part.lc.key(key)[0] + 1
            _note_lines(told, at, found, seen)
    elif isinstance(part, CommentedSeq):
        for place, told in enumerate(part):
            if isinstance(told, str):
                found.setdefault(f"{path} {told}", part.lc.item(place)[0] + 1)


def line_at(lines: Mapping[str, int], path: str, word: str = "") -> int:
    """Return the line of a path, or of a word in its list; where it is unsaid, that of its part."""
    if (line := lines.get(f"{path} {word}")) is not None:
        return line
    while path not in lines and "." in path:
        path = path.rpartition(".")[0]
    return lines.get(path, 0)
