"""YAML with its comments, order and line numbers; nothing else of ours knows the library."""

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Tree = CommentedMap
WIDTH = 110


class NotYamlError(ValueError):
    """A text that is not YAML; `line` counts from 1, and is 0 where none is known."""

    def __init__(self, line: int, problem: str) -> None:
        """Say where and why."""
        super().__init__(problem)
        self.line = line


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def read_tree(text: str) -> Any:
    """Return what a text holds, with its comments; raises NotYamlError."""
    try:
        return _yaml().load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        raise NotYamlError(mark.line + 1 if mark else 0, str(error.problem)) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise NotYamlError(0, str(error).splitlines()[0]) from None


def write_tree(tree: Tree) -> str:
    """Return the text, comments and order as they were read."""
    out = io.StringIO()
    _yaml().dump(tree, out)
    return out.getvalue()


def tree(values: Mapping[str, Any] | None = None) -> Tree:
    """Return a new part of a file."""
    return CommentedMap(values or {})


def in_one_line(values: list[str]) -> CommentedSeq:
    """Return a list that is written as `[a, b]`."""
    listed = CommentedSeq(values)
    listed.fa.set_flow_style()
    return listed


def line_of(part: Any, key: Any) -> int:
    """Return in which line a key or a place of a list stands, from 1 on; 0: not known."""
    marks: Any = getattr(part, "lc", None)
    try:
        return int(marks.key(key)[0] if isinstance(part, Mapping) else marks.item(key)[0]) + 1
    except (AttributeError, KeyError, IndexError, TypeError):
        return 0
