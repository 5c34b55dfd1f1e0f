"""A YAML file as text in which single places are changed: all else stays as it is, byte by byte."""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, SequenceNode

from virton.plans.yaml_file import composed, in_flow, tree, write_tree

_COLON = re.compile(r"\s*:")
_COMMA = re.compile(r"\s*,")
_LINE_END = re.compile(r"\r\n|\n|\r")


class TooOddError(ValueError):
    """A place that cannot be changed in the text: with an alias, or with a key of its own line."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """An entry of a mapping or of a list, and where it stands; `colon` ends a key's colon."""

    key: Node
    value: Node
    start: int
    colon: int
    end: int


@dataclass(frozen=True, slots=True)
class _Change:
    """What stands between two places from now on; of lines at one place the deepest are first."""

    start: int
    end: int
    instead: str
    depth: int = 0


class YamlText:
    """The text with the changes that are to be made in it; paths are names from the top."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._new_line = "\r\n" if "\r\n" in text else "\n"
        self._root = composed(text)
        self._ends = [match.start() for match in _LINE_END.finditer(text)] + [len(text)]
        self._changes: list[_Change] = []
        self._gone: set[int] = set()
        self._seen: dict[int, dict[str, _Spot]] = {}

    def changed(self) -> str:
        """Return the text with all changes."""
        text, at = [], 0
        for one in sorted(self._changes, key=lambda one: (one.start, one.end, -one.depth)):
            text += [self._text[at : one.start], one.instead]
            at = one.end
        return "".join([*text, self._text[at:]])

    def put(self, path: Sequence[str], value: Any) -> None:
        """Give an entry a value, in its place, or at the end of its part; raises TooOddError."""
        *above, name = path
        node = self._spot(above).value
        there = self._by_name(node).get(name) if isinstance(node, MappingNode) else None
        if there is None:
            self._append(node, in_flow({name: value})[1:-1], _in_block(name, value))
        elif isinstance(value, dict) and not there.value.value and not _is_flow(node):
            self._begin(there, write_tree(tree(value)))
        else:
            self._give(there, value)

    def put_words(
        self, path: Sequence[str], words: Sequence[str], same: Callable[[str], str]
    ) -> None:
        """Give a list other words, each in the place of the one that means the `same`."""
        node = self._spot(path).value
        spots = self._spots(node)
        gone = {same(_name(spot)): spot for spot in spots if _name(spot) not in words}
        new = sorted(set(words) - {_name(spot) for spot in spots})
        for word in [word for word in new if same(word) in gone]:
            self._give(gone.pop(same(word)), word)
            new.remove(word)
        self._cut(node, list(gone.values()))
        for word in new:
            self._append(node, in_flow([word])[1:-1], f"- {in_flow([word])[1:-1]}")

    def remove(self, part: Sequence[str], names: Sequence[str]) -> None:
        """Remove entries of a part; comments between them stay. Raises TooOddError."""
        if names:
            node = self._spot(part).value
            self._cut(node, [spot for spot in self._spots(node) if _name(spot) in names])

    # where things stand

    def _spot(self, path: Sequence[str]) -> _Spot:
        spot = _Spot(self._root, self._root, 0, 0, len(self._text))
        for name in path:
            there = self._by_name(spot.value).get(name)
            if there is None:
                raise TooOddError(name)
            spot = there
        return spot

    def _spots(self, node: Node) -> list[_Spot]:
        return list(self._by_name(node).values())

    def _by_name(self, node: Node) -> dict[str, _Spot]:
        """Return the entries of a map, or the places of a list, in their order; found once."""
        if id(node) not in self._seen:
            if isinstance(node, MappingNode):
                found = [self._of_entry(key, value) for key, value in node.value]
                self._seen[id(node)] = {_name(spot): spot for spot in found}
            elif isinstance(node, SequenceNode):
                places = [(one, int(one.start_mark.index)) for one in node.value]
                spots = [_Spot(one, one, at, at, self._end_of(one)) for one, at in places]
                self._seen[id(node)] = {str(at): spot for at, spot in enumerate(spots)}
            else:
                return {}
        return self._seen[id(node)]

    def _of_entry(self, key: Node, value: Node) -> _Spot:
        start, end = key.start_mark.index, key.end_mark.index
        found = _COLON.match(self._text, end)
        colon = found.end() if found else end
        is_empty = value.start_mark.index == value.end_mark.index
        if not is_empty and value.start_mark.index < end:
            raise TooOddError("an alias")
        return _Spot(key, value, start, colon, colon if is_empty else self._end_of(value))

    def _end_of(self, node: Node) -> int:
        if isinstance(node, CollectionNode) and node.value and not _is_flow(node):
            value = node.value[-1]
            return self._of_entry(*value).end if isinstance(value, tuple) else self._end_of(value)
        start, end = int(node.start_mark.index), int(node.end_mark.index)
        return start + len(self._text[start:end].rstrip())

    def _line_start(self, at: int) -> int:
        """Return the end of the line before: where a line is cut off, or one is added."""
        line = bisect_right(self._ends, at - 1)
        return self._ends[line - 1] if line else -1

    def _line_end(self, at: int) -> int:
        return self._ends[bisect_right(self._ends, at - 1)]

    def _indent(self, at: int) -> str:
        """Return what stands before the first sign of a line."""
        line = self._text[self._line_start(at) + 1 : at].lstrip("\n\ufeff")
        if line.strip(" -"):
            raise TooOddError("something before it in its line")
        return " " * (len(line) - len(line.lstrip(" ")))

    # changes

    def _change(self, start: int, end: int, instead: str) -> None:
        self._changes.append(_Change(start, end, instead))

    def _add_lines(self, after: int, block: str, indent: str) -> None:
        """Add lines below a place, and below the comments that stand further in than they."""
        inner = re.compile(rf"(?:\s*^{indent}[ ]+#[^\r\n]*)*", re.MULTILINE)
        found = inner.match(self._text, self._line_end(after))
        end = found.end() if found else self._line_end(after)
        text = "".join(f"{self._new_line}{indent}{line}" for line in block.splitlines())
        depth = 2 * len(indent) + block.startswith("- ")  # a list may stand right below its name
        self._changes.append(_Change(end, end, text, depth))

    def _give(self, spot: _Spot, value: Any) -> None:
        node, text = spot.value, in_flow({"": value})[5:-1]
        if spot.colon == spot.end and spot.key is not node:
            lead = " " if self._text[spot.colon - 1] == ":" else ": "
            self._change(spot.colon, spot.colon, lead + text)
        elif not isinstance(node, CollectionNode) or _is_flow(node):
            self._change(int(node.start_mark.index), spot.end, text)
        else:
            raise TooOddError("a part in the place of a value")

    def _begin(self, part: _Spot, block: str) -> None:
        """Begin a part that is empty: with the first lines below its name."""
        if part.end > part.colon:  # {}
            self._change(part.colon, part.end, "")
        self._add_lines(part.end, block, self._indent(part.start) + "  ")

    def _append(self, node: Node, flow: str, block: str) -> None:
        spots = self._spots(node)
        if not _is_flow(node):
            self._add_lines(spots[-1].end, block, self._indent(spots[-1].start))
            return
        kept = [spot for spot in spots if spot.start not in self._gone]
        at = kept[-1].end if kept else spots[0].start
        follows = bool(kept) or any(one.start == one.end == at for one in self._changes)
        self._change(at, at, f", {flow}" if follows else flow)

    def _cut(self, node: Node, gone: Sequence[_Spot]) -> None:
        self._gone |= {spot.start for spot in gone}
        spots = self._spots(node)
        for at, spot in enumerate(spots):
            if spot.start not in self._gone:
                continue
            if _is_flow(node):
                self._cut_of_flow(spots, at)
            else:
                self._indent(spot.start)
                self._change(max(0, self._line_start(spot.start)), self._line_end(spot.end), "")

    def _cut_of_flow(self, spots: Sequence[_Spot], at: int) -> None:
        """Cut an entry out of `[a, b]` with its comma; the comment of the one before stays."""
        spot = spots[at]
        before = [one for one in spots[:at] if one.start not in self._gone]
        after = [one for one in spots[at + 1 :] if one.start not in self._gone]
        if before and not after:
            end, first = before[-1].end, spots[spots.index(before[-1]) + 1].start
            if "#" not in self._text[end:first]:
                self._change(spots[at - 1].end, spot.end, "")
                return
        comma = _COMMA.match(self._text, spot.end)
        end = comma.end() if comma else spot.end
        self._change(spot.start, spots[at + 1].start if at + 1 < len(spots) else end, "")


def _is_flow(node: Node) -> bool:
    return isinstance(node, CollectionNode) and bool(node.flow_style)


def _name(spot: _Spot) -> str:
    return str(spot.key.value)


def _in_block(name: str, value: Any) -> str:
    return write_tree(tree({name: value}))


def has_aliases(text: str) -> bool:
    """Tell whether one place of a text stands for several."""
    return _is_met_again(composed(text), set())


def _is_met_again(node: Node, met: set[int]) -> bool:
    if id(node) in met:
        return True
    met.add(id(node))
    if isinstance(node, MappingNode):
        return any(
            _is_met_again(key, met) or _is_met_again(value, met) for key, value in node.value
        )
    if isinstance(node, SequenceNode):
        return any(_is_met_again(one, met) for one in node.value)
    return False
