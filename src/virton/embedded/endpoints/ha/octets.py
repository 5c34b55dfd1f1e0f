"""Files of the HA stack as the API of Proxmox VE handles them: as bytes, each taken for a character.

A comment of a resource comes back as its UTF-8 bytes. One written in characters beyond Latin-1 makes
the whole file be encoded, so that what other comments hold is encoded once more; one written as its
bytes goes into the file as it should be. A rule's comment is decoded once more on its way in.
"""

from urllib.parse import unquote_to_bytes

from virton.embedded.errors import failed


def read_as_octets(text: str) -> str:
    """Return a file's text with each of its bytes as a character."""
    return text.encode(errors="surrogateescape").decode("latin-1")


def written_as_octets(text: str) -> str:
    """Return the text that a file holds into which these characters were written."""
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        octets = text.encode(errors="surrogateescape")
    return octets.decode(errors="surrogateescape")


def decoded_once_more(text: str) -> str:
    """Return a rule's comment as it is kept: percent-decoded, and its characters taken for bytes."""
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        raise failed("Wide character in the comment") from None
    return unquote_to_bytes(octets).decode(errors="replace")
