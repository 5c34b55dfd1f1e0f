"""The address of a node as an operator writes it, and as it is asked."""

import re
from urllib.parse import urlsplit

PORT = 8006
"""Where a Proxmox VE node answers, unless another port is named."""


class AddressError(ValueError):
    """What is no address of a node, and why."""


def node_address(text: str) -> str:
    """Return the base under which a node is asked; raise AddressError for what is no address.

    `pve1` is `https://pve1:8006`. A path stays: behind a reverse proxy the API may stand below one.
    """
    plain = text.strip()
    if re.search(r"[\s,;]", plain):
        raise _no_address(text, "it holds a blank or a comma: name each address by itself")
    if re.search(r"[?#\\]", plain):
        raise _no_address(text, "it may have a path, but nothing after that")
    try:
        parts = urlsplit(plain if "//" in plain else f"https://{plain}")
    except ValueError:
        raise _no_address(text, "as in https://pve1.example:8006") from None
    if parts.username is not None or parts.password is not None:
        # The text is not repeated: a password may stand in it.
        raise AddressError("user and password do not belong into an address: log in on the page")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _no_address(text, "as in https://pve1.example:8006")
    path = parts.path.rstrip("/")
    try:
        port = parts.port
    except ValueError:
        raise _no_address(text, "its port is no number up to 65535") from None
    if port is None and parts.scheme == "https" and not path:
        port = PORT
    return f"{parts.scheme}://{_host(parts.hostname)}{f':{port}' if port else ''}{path}"


def _host(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _no_address(text: str, why: str) -> AddressError:
    return AddressError(f"not the address of a Proxmox VE node: {text!r} ({why})")
