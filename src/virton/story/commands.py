"""The commands that people give to the HA manager, as it tells them in its journal."""

from collections.abc import Mapping

FIELDS: Mapping[str, tuple[str, ...]] = {
    "migrate": ("sid", "node"),
    "relocate": ("sid", "node"),
    "stop": ("sid", "timeout"),
    "enable-node-maintenance": ("node",),
    "disable-node-maintenance": ("node",),
    "disarm-ha": ("mode",),
    "arm-ha": (),
}
"""What the words behind each command are."""


def parts(command: str) -> tuple[str, dict[str, str]] | None:
    """Return a command's verb and what it names; None for one that is not known."""
    verb, *words = command.split() or [""]
    fields = FIELDS.get(verb)
    if fields is None or len(fields) != len(words):
        return None
    return verb, dict(zip(fields, words, strict=True))


def subject_of(command: str) -> str:
    """Return whom a command is about: a resource or a node; empty for the cluster as a whole."""
    known = parts(command)
    return "" if known is None else known[1].get("sid", known[1].get("node", ""))
