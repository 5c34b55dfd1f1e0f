"""What proves who somebody is: passwords (argon2) and API token secrets, kept only as hashes."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from virton.damage import Flaw
from virton.embedded.pmxcfs import ClusterFiles

PASSWORD_PATH = "priv/shadow.cfg"  # noqa: S105
TOKEN_PATH = "priv/token.cfg"  # noqa: S105
KEY_PATH = "priv/authkey.key"
SHORTEST_PASSWORD = 5
_KEY_BYTES = 32

_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
_MOST_MEMORY_KIB = 256 * 1024


@cache
def _nobodys_hash() -> str:
    """Return what is verified against when there is no such user, so that the answer takes as long."""
    return _HASHER.hash(secrets.token_urlsafe())


def ticket_key(files: ClusterFiles) -> bytes:
    """Return the cluster's key for tickets, made at the first call."""
    if not files.read(KEY_PATH):
        files.write(KEY_PATH, secrets.token_hex(_KEY_BYTES) + "\n")
    return read_key(files.read(KEY_PATH))


def read_key(text: str) -> bytes:
    """Return the key that a file holds; raise Flaw if it holds none."""
    key = bytes.fromhex(text.strip())
    if len(key) < _KEY_BYTES:
        raise Flaw("it holds no key")
    return key


def hashed(password: str) -> str:
    """Return the hash of a password; slow by design."""
    return _HASHER.hash(password)


def set_password_hash(files: ClusterFiles, userid: str, password_hash: str) -> None:
    """Keep the hash of a user's new password."""
    with files.batch():
        hashes = {**files.parsed(PASSWORD_PATH, _parse), userid: password_hash}
        files.write(PASSWORD_PATH, _write(hashes))


def has_password(files: ClusterFiles, userid: str) -> bool:
    """Tell whether a user has a password at all."""
    return userid in files.parsed(PASSWORD_PATH, _parse)


def forget(files: ClusterFiles, userid: str) -> None:
    """Forget the password and the token secrets of a user."""
    for path in (PASSWORD_PATH, TOKEN_PATH):
        kept = {
            name: value
            for name, value in files.parsed(path, _parse).items()
            if name != userid and not name.startswith(f"{userid}!")
        }
        files.write(path, _write(kept))


def password_matches(files: ClusterFiles, userid: str, password: str) -> bool:
    """Tell whether it is the user's password; slow by design, for every user alike."""
    known = files.parsed(PASSWORD_PATH, _parse).get(userid)
    try:
        # What a hash in a file asks for must not be more than there is.
        if known and extract_parameters(known).memory_cost > _MOST_MEMORY_KIB:
            return False
        return _HASHER.verify(known or _nobodys_hash(), password) and known is not None
    except (VerificationError, InvalidHashError):
        return False


def new_token_secret(files: ClusterFiles, tokenid: str) -> str:
    """Return a new secret for an API token, which is told this once."""
    secret = secrets.token_urlsafe(32)
    digests = {**files.parsed(TOKEN_PATH, _parse), tokenid: _digest(secret)}
    files.write(TOKEN_PATH, _write(digests))
    return secret


def token_matches(files: ClusterFiles, tokenid: str, secret: str) -> bool:
    """Tell whether it is the API token's secret.

    The secrets are ours and as long as a key, so a plain digest guards them well enough.
    """
    known = files.parsed(TOKEN_PATH, _parse).get(tokenid, "")
    return hmac.compare_digest(known.encode(), _digest(secret).encode())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _parse(text: str) -> Mapping[str, str]:
    pairs = (line.partition(" ") for line in text.splitlines())
    return MappingProxyType({name: value for name, _, value in pairs if value})


def _write(values: Mapping[str, str]) -> str:
    return "".join(f"{name} {value}\n" for name, value in sorted(values.items()))
