"""The changes that were collected in the page, who collected them, and who approves of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.plans.desired import VERSION
from virton.plans.digest import digest_of
from virton.plans.fields import Fields

PRUNE = "prune"
Tree = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Draft:
    """What was collected: the parts of a file, who collected each entry, and who approves of it.

    The part `prune` names the kinds of which nothing else shall be. Each approval is for edits.
    """

    tree: Tree = field(default_factory=dict)
    by: Mapping[str, str] = field(default_factory=dict)
    approved: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> dict[str, Any]:
        """The draft as a file would hold it."""
        prune = {PRUNE: sorted(self.tree[PRUNE])} if PRUNE in self.tree else {}
        return {"version": VERSION, **self.tree, **prune}

    @property
    def digest(self) -> str:
        """What identifies exactly this draft."""
        return digest_of(self.tree)

    def with_entry(self, part: str, name: str, told: Any, who: str) -> "Draft":
        """Return the draft with an entry; whoever approved it has to look again."""
        entries = {**self.tree.get(part, {}), name: told}
        return Draft({**self.tree, part: entries}, {**self.by, f"{part}/{name}": who})

    def without(self, part: str, name: str) -> "Draft":
        """Return the draft without an entry."""
        return self.less({part: {name: self.tree.get(part, {}).get(name)}})

    def less(self, gone: Tree) -> "Draft":
        """Return the draft without entries, as far as they are still as they are told here."""
        left = {
            part: {n: v for n, v in entries.items() if (n, v) not in gone.get(part, {}).items()}
            for part, entries in self.tree.items()
        }
        tree = {part: entries for part, entries in left.items() if entries}
        if tree == self.tree:
            return self
        known = {f"{part}/{name}" for part, entries in tree.items() for name in entries}
        return Draft(tree, {entry: who for entry, who in self.by.items() if entry in known})


def read_draft(told: Any) -> Draft:
    """Read a draft that was kept; raises FieldError."""
    read = Fields(told)
    parts = read.part("tree")
    tree = {part: parts.mapping(part) for part in parts}
    return Draft(
        tree,
        read.texts_by_name("by"),
        read.texts_by_name("approved") if "approved" in read else {},
    )
