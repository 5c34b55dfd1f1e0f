"""Comments on their way to a cluster and back, of which Proxmox VE keeps bytes, not characters.

Up to version 9 its API takes a comment's characters for bytes. A rule's comment is decoded once too
often, so that characters beyond Latin-1 are refused and those of Latin-1 lost; but as it is also
percent-decoded, a percent-encoded one arrives whole. A resource's is stored as it comes, and encoded
once more with each later write of the file: sent as its UTF-8 bytes, each taken for a character, it is
stored right, and the other resources' comments stay what they are.
"""

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:  # what speaks HTTP is loaded by who asks a live cluster
    from virton.proxmox.features import Features

_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")


def rule_comment(text: str, features: "Features") -> str:
    """Return a rule's comment as this version takes it."""
    return quote(text, safe=_PLAIN) if features.comments_are_bytes else text


def resource_comment(text: str, features: "Features") -> str:
    """Return a resource's comment as this version takes it."""
    if not features.comments_are_bytes:
        return text
    return text.encode("utf-8", "surrogatepass").decode("latin-1")
