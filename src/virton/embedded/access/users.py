"""`user.cfg`: users, API tokens, groups, roles, pools and access control lists, as text."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from virton.embedded.access.names import ROOT, is_group, is_userid, normalize_path, split_tokenid
from virton.embedded.access.privileges import BUILT_IN_ROLES, PRIVILEGES
from virton.ha.config.properties import decode_text, encode_text, split_list

PATH = "user.cfg"


@dataclass(frozen=True, slots=True)
class Token:
    """An API token of a user; one with separate privileges has no more than its own."""

    separate: bool = True
    expire: int = 0
    comment: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A user; `expire` is in Unix seconds, 0 for never."""

    enabled: bool = True
    expire: int = 0
    firstname: str = ""
    lastname: str = ""
    email: str = ""
    comment: str = ""
    keys: str = ""
    tokens: Mapping[str, Token] = field(default_factory=dict)

    def may_enter(self, now: int) -> bool:
        """Tell whether the user may log in."""
        return self.enabled and not 0 < self.expire <= now


@dataclass(frozen=True, slots=True)
class Group:
    """Users who share access control entries."""

    members: frozenset[str] = frozenset()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """Guests and storages that share access control entries."""

    vmids: frozenset[int] = frozenset()
    storages: frozenset[str] = frozenset()
    comment: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One access control entry: on `path`, `who` has `role`, below it too if it propagates.

    `who` is a user, a token, or `@group`.
    """

    path: str
    who: str
    role: str
    propagate: bool = True


@dataclass(frozen=True, slots=True)
class UserConfig:
    """What `user.cfg` says, with what Proxmox VE takes for granted."""

    users: Mapping[str, User] = field(default_factory=lambda: {ROOT: User()})
    groups: Mapping[str, Group] = field(default_factory=dict)
    roles: Mapping[str, frozenset[str]] = field(default_factory=lambda: dict(BUILT_IN_ROLES))
    pools: Mapping[str, Pool] = field(default_factory=dict)
    grants: frozenset[Grant] = frozenset()

    def token(self, tokenid: str) -> Token | None:
        """Return the API token `user@realm!name`, or None if there is none."""
        parts = split_tokenid(tokenid)
        user = self.users.get(parts[0]) if parts else None
        return user.tokens.get(parts[1]) if user and parts else None

    def groups_of(self, userid: str) -> list[str]:
        """Return the groups that a user is in, sorted."""
        return sorted(name for name, group in self.groups.items() if userid in group.members)

    def with_user(self, userid: str, user: User) -> "UserConfig":
        """Return the same with a user added or replaced."""
        return replace(self, users={**self.users, userid: user})

    def without_user(self, userid: str) -> "UserConfig":
        """Return the same without a user, its tokens and what they were granted."""
        gone = f"{userid}!"
        grants = {g for g in self.grants if g.who != userid and not g.who.startswith(gone)}
        groups = {
            name: replace(group, members=group.members - {userid})
            for name, group in self.groups.items()
        }
        users = {name: user for name, user in self.users.items() if name != userid}
        return replace(self, users=users, groups=groups, grants=frozenset(grants))


class _Reader:
    """What has been read of a `user.cfg` so far; what is not understood is left out."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {ROOT: User()}
        self.groups: dict[str, Group] = {}
        self.roles: dict[str, frozenset[str]] = dict(BUILT_IN_ROLES)
        self.pools: dict[str, Pool] = {}
        self.grants: dict[tuple[str, str, str], bool] = {}

    def read(self, kind: str, fields: list[str]) -> None:
        """Read one line."""
        match kind:
            case "user":
                self._user(*_padded(fields, 8))
            case "token":
                self._token(*_padded(fields, 4))
            case "group":
                self._group(*_padded(fields, 3))
            case "role":
                self._role(*_padded(fields, 2))
            case "pool":
                self._pool(*_padded(fields, 4))
            case "acl":
                self._acl(*_padded(fields, 4))

    def _user(
        self,
        name: str,
        enabled: str,
        expire: str,
        first: str,
        last: str,
        email: str,
        comment: str,
        keys: str,
    ) -> None:
        if not is_userid(name) or not _is_time(expire):
            return
        # The line of a user begins anew: tokens must stand behind it.
        self.users[name] = User(
            enabled=enabled not in ("", "0") or name == ROOT,
            expire=int(expire or 0),
            firstname=decode_text(first),
            lastname=decode_text(last),
            email=email,
            comment=decode_text(comment),
            keys=keys,
        )

    def _token(self, tokenid: str, expire: str, separate: str, comment: str) -> None:
        parts = split_tokenid(tokenid)
        if parts is None or parts[0] not in self.users or not _is_time(expire):
            return
        owner = self.users[parts[0]]
        token = Token(separate not in ("", "0"), int(expire or 0), decode_text(comment))
        self.users[parts[0]] = replace(owner, tokens={**owner.tokens, parts[1]: token})

    def _group(self, name: str, members: str, comment: str) -> None:
        if is_group(name):
            users = frozenset(filter(is_userid, split_list(members)))
            self.groups[name] = Group(users, decode_text(comment))

    def _role(self, name: str, privileges: str) -> None:
        if is_group(name) and name not in BUILT_IN_ROLES:
            self.roles[name] = frozenset(split_list(privileges)) & PRIVILEGES

    def _pool(self, name: str, comment: str, vmids: str, storages: str) -> None:
        guests = frozenset(int(vmid) for vmid in split_list(vmids) if vmid.isdecimal())
        self.pools[name] = Pool(guests, frozenset(split_list(storages)), decode_text(comment))

    def _acl(self, propagate: str, path: str, who: str, roles: str) -> None:
        normal = normalize_path(path) if path else None
        for role in split_list(roles) if normal else []:
            for name in split_list(who) if role in self.roles else []:
                if self._may_be_granted(name):
                    self.grants[normal or "/", name, role] = propagate not in ("", "0")

    def _may_be_granted(self, who: str) -> bool:
        token = split_tokenid(who)
        if token:
            return token[0] in self.users and token[1] in self.users[token[0]].tokens
        return is_group(who[1:]) if who.startswith("@") else is_userid(who)


def _padded(fields: list[str], count: int) -> list[str]:
    return [*fields, *[""] * count][:count]


def _is_time(text: str) -> bool:
    return not text or (text.isascii() and text.isdecimal())


def parse_users(text: str) -> UserConfig:
    """Read `user.cfg`."""
    reader = _Reader()
    for line in text.split("\n"):
        kind, *fields = (part.strip() for part in line.split(":"))
        reader.read(kind, fields)
    grants = frozenset(Grant(*key, propagate=p) for key, p in reader.grants.items())
    return UserConfig(reader.users, reader.groups, reader.roles, reader.pools, grants)


def write_users(config: UserConfig) -> str:
    """Write `user.cfg`: a paragraph for each kind of line."""
    paragraphs = (
        [_user_line(name, user) for name, user in sorted(config.users.items())],
        [
            f"token:{name}!{key}:{token.expire}:{int(token.separate)}:{encode_text(token.comment)}:"
            for name, user in sorted(config.users.items())
            for key, token in sorted(user.tokens.items())
        ],
        [
            f"group:{name}:{','.join(sorted(group.members))}:{encode_text(group.comment)}:"
            for name, group in sorted(config.groups.items())
        ],
        [
            f"pool:{name}:{encode_text(pool.comment)}:{','.join(map(str, sorted(pool.vmids)))}:"
            f"{','.join(sorted(pool.storages))}:"
            for name, pool in sorted(config.pools.items())
        ],
        [
            f"role:{name}:{','.join(sorted(privileges))}:"
            for name, privileges in sorted(config.roles.items())
            if name not in BUILT_IN_ROLES
        ],
        [f"acl:{int(g.propagate)}:{g.path}:{g.who}:{g.role}:" for g in sorted(config.grants)],
    )
    return "\n".join("".join(f"{line}\n" for line in lines) for lines in paragraphs if lines)


def _user_line(name: str, user: User) -> str:
    texts = (user.firstname, user.lastname, user.email, user.comment)
    encoded = ":".join(encode_text(text) for text in texts)
    return f"user:{name}:{int(user.enabled)}:{user.expire}:{encoded}:{user.keys}:"
