"""The calls of the Proxmox VE API that we make, typed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote

from virton.proxmox.access import (
    Permissions,
    Realm,
    TicketAnswer,
    parse_controlled,
    parse_permissions,
    parse_realms,
    parse_ticket,
)
from virton.proxmox.client import ProxmoxClient
from virton.proxmox.configuration import (
    Group,
    Resource,
    Rule,
    parse_groups,
)
from virton.proxmox.credentials import ApiToken, Credentials, Ticket
from virton.proxmox.errors import ApiError, ApiFailure, ErrorCode
from virton.proxmox.exchange import MOST_BYTES
from virton.proxmox.inventory import (
    Inventory,
    Membership,
    Version,
    parse_membership,
    parse_time,
    parse_version,
)
from virton.proxmox.manager import ManagerFiles
from virton.proxmox.parsers import Parsers
from virton.proxmox.second_factor import Challenge, SecondFactorRefused
from virton.proxmox.status import CurrentStatus
from virton.proxmox.values import rows
from virton.proxmox.votes import Votes, parse_node_votes, parse_qdevice

View = TypeVar("View")

LOGIN_BYTES = 1 << 20
"""The largest answer that is read before anybody has logged in."""


class ClusterApi:
    """One user's (or token's) calls to a cluster; reads go to one address alone where one is named.

    `asked` is the address that was asked last. `parsers` remember their last answers for whoever
    asks again and again.
    """

    def __init__(
        self,
        client: ProxmoxClient,
        credentials: Credentials | None = None,
        *,
        at: str | None = None,
        parsers: Parsers | None = None,
    ) -> None:
        self.client = client
        self.credentials = credentials
        self.asked: str | None = None
        self._at = at
        self._given = parsers

    @cached_property
    def _parsers(self) -> Parsers:
        # most callers ask for nothing that is parsed row by row
        return self._given or Parsers()

    async def read(self, path: str, parse: Callable[[Any], View], **params: Any) -> View:
        """Get a path and read the answer; one of unexpected shape is a `protocol` error."""
        most = LOGIN_BYTES if self.credentials is None else MOST_BYTES
        try:
            answer = await self.client.call(
                "GET",
                path,
                self.credentials,
                params,
                at=self._at,
                trying=self._note,
                most_bytes=most,
            )
        except ApiFailure as failure:
            raise _of_token(failure, self.credentials) from failure
        return _parsed(path, parse, answer)

    async def write(self, method: str, path: str, params: Mapping[str, Any]) -> Any:
        """Send a write; one that may have been executed is not sent twice."""
        return await self.client.call(method, path, self.credentials, params)

    def _note(self, address: str) -> None:
        self.asked = address

    async def listed(self, path: str, key: str) -> frozenset[str]:
        """Return what stands below a path that lists it."""
        return await self.read(path, lambda data: frozenset(str(row[key]) for row in rows(data)))

    async def status(self) -> CurrentStatus:
        """Return the rows of the HA status."""
        return await self.read("/cluster/ha/status/current", self._parsers.status)

    async def manager_status(self) -> ManagerFiles:
        """Return the status files of the HA stack."""
        return await self.read("/cluster/ha/status/manager_status", self._parsers.manager)

    async def resources(self) -> tuple[Resource, ...]:
        """Return the configured resources."""
        return await self.read("/cluster/ha/resources", self._parsers.resources)

    async def rules(self) -> tuple[Rule, ...]:
        """Return the configured rules."""
        return await self.read("/cluster/ha/rules", self._parsers.rules)

    async def groups(self) -> tuple[Group, ...]:
        """Return the HA groups of a cluster that still has them."""
        return await self.read("/cluster/ha/groups", parse_groups)

    async def inventory(self) -> Inventory:
        """Return guests and nodes."""
        return await self.read("/cluster/resources", self._parsers.inventory)

    async def membership(self) -> Membership:
        """Return the cluster's name and which nodes are online."""
        return await self.read("/cluster/status", parse_membership)

    async def votes(self) -> Votes:
        """Return who has how many votes; where the QDevice may not be seen, the nodes' alone."""
        nodes = await self.read("/cluster/config/nodes", parse_node_votes)
        try:
            return Votes(nodes, await self.read("/cluster/config/qdevice", parse_qdevice))
        except ApiFailure:
            return Votes(nodes)

    async def version(self) -> Version:
        """Return the version of the node that answers."""
        return await self.read("/version", parse_version)

    async def time(self, node: str) -> int | None:
        """Return what a node's clock says (Unix seconds)."""
        return await self.read(f"/nodes/{quote(node, safe='')}/time", parse_time)

    async def realms(self) -> tuple[Realm, ...]:
        """Return the realms; needs no credentials."""
        return await self.read("/access/domains", parse_realms)

    async def permissions(self) -> Permissions:
        """Return what the asking user may do, and so whether the ticket still holds."""
        held = await self.read("/access/permissions", parse_permissions)
        try:
            return held.but_for(await self.read("/access/acl", parse_controlled))
        except ApiFailure as failure:
            if failure.error.code is ErrorCode.AUTH:
                raise
            return held  # of who may not read the list, what is inherited is taken as it is told

    async def log_in(self, user: str, password: str, now: int, otp: str | None = None) -> Ticket:
        """Exchange a password, or a ticket that still holds, for a new ticket.

        Raise `SecondFactorNeeded` where the password is only half of the login, and
        `SecondFactorRefused` where its other half (`otp`) is wrong.
        """
        answer = await self._ticket({"username": user, "password": password}, repeatable=True)
        if answer.challenge is not None:
            answer = await self._answered(user, answer.challenge, otp)
        return Ticket(answer.user, answer.ticket, answer.csrf, now)

    async def _answered(self, user: str, challenge: Challenge, code: str | None) -> TicketAnswer:
        response = challenge.response(code)
        params = {"username": user, "tfa-challenge": challenge.ticket, "password": response}
        try:
            # A code is good for once: sent again, it would be refused for that alone.
            answer = await self._ticket(params, repeatable=False)
        except ApiFailure as failure:
            if failure.error.code is ErrorCode.AUTH:
                raise SecondFactorRefused(failure.error) from failure
            raise
        if answer.challenge is not None:
            words = "the cluster still asks for a second factor"
            raise SecondFactorRefused(ApiError(401, code=ErrorCode.AUTH, detail=words))
        return answer

    async def _ticket(self, params: Mapping[str, Any], *, repeatable: bool) -> TicketAnswer:
        path = "/access/ticket"
        # Before 8.0 a challenge has another form unless the new one is asked for.
        asked = {**params, "new-format": 1}
        answer = await self.client.call(
            "POST", path, None, asked, repeatable=repeatable, most_bytes=LOGIN_BYTES
        )
        return _parsed(path, parse_ticket, answer)

    async def openid_address(self, realm: str, back: str) -> str:
        """Return where a user of an OpenID realm logs in, to be sent `back` with a code."""
        path = "/access/openid/auth-url"
        asked = {"realm": realm, "redirect-url": back}
        answer = await self.client.call("POST", path, None, asked, most_bytes=LOGIN_BYTES)
        return _parsed(path, str, answer)

    async def openid_log_in(self, code: str, state: str, back: str, now: int) -> Ticket:
        """Exchange the code that a user was sent back with for a ticket."""
        path = "/access/openid/login"
        asked = {"code": code, "state": state, "redirect-url": back}
        answer = _parsed(
            path,
            parse_ticket,
            await self.client.call("POST", path, None, asked, most_bytes=LOGIN_BYTES),
        )
        return Ticket(answer.user, answer.ticket, answer.csrf, now)

    async def add_resource(self, params: Mapping[str, Any]) -> None:
        """Put a guest under HA."""
        await self.client.call("POST", "/cluster/ha/resources", self.credentials, params)

    async def change_resource(self, sid: str, params: Mapping[str, Any]) -> None:
        """Change a resource's configuration."""
        await self.client.call("PUT", _resource(sid), self.credentials, params)

    async def remove_resource(self, sid: str, params: Mapping[str, Any]) -> None:
        """Take a guest out of HA."""
        await self.client.call("DELETE", _resource(sid), self.credentials, params)

    async def move_resource(self, sid: str, how: str, node: str) -> Mapping[str, Any]:
        """Request a resource's `migrate` or `relocate`; return what goes along and what blocks."""
        path = f"{_resource(sid)}/{how}"
        answer = await self.client.call("POST", path, self.credentials, {"node": node})
        return answer if isinstance(answer, Mapping) else {}

    async def add_rule(self, params: Mapping[str, Any]) -> None:
        """Add a rule."""
        await self.client.call("POST", "/cluster/ha/rules", self.credentials, params)

    async def change_rule(self, rule: str, params: Mapping[str, Any]) -> None:
        """Change a rule."""
        await self.client.call("PUT", _rule(rule), self.credentials, params)

    async def remove_rule(self, rule: str) -> None:
        """Remove a rule."""
        await self.client.call("DELETE", _rule(rule), self.credentials)


def _of_token(failure: ApiFailure, credentials: Credentials | None) -> ApiFailure:
    """Return the failure, with the name of the token that is refused or lacks a privilege."""
    concerns = failure.error.code in (ErrorCode.AUTH, ErrorCode.FORBIDDEN)
    if not concerns or not isinstance(credentials, ApiToken):
        return failure
    return ApiFailure(replace(failure.error, token=credentials.name), sent=failure.sent)


def _resource(sid: str) -> str:
    return f"/cluster/ha/resources/{quote(sid, safe=':')}"


def _rule(rule: str) -> str:
    return f"/cluster/ha/rules/{quote(rule, safe='')}"


def _parsed(path: str, parse: Callable[[Any], View], answer: Any) -> View:
    try:
        return parse(answer)
    except (KeyError, TypeError, ValueError, AttributeError) as failure:
        words = f"not an answer of Proxmox VE to {path}: {failure!r}"
        raise ApiFailure(ApiError(200, code=ErrorCode.PROTOCOL, detail=words)) from failure
