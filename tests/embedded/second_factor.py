"""An authenticator in somebody's pocket, and the API as its owner uses it."""

from base64 import b32encode
from typing import Any
from urllib.parse import unquote

from httpx2 import Response
from starlette.types import ASGIApp

from tests.embedded.asking import AppClient
from tests.embedded.still_world import PASSWORD
from virton.embedded.access.totp import Totp

SECRET = b"12345678901234567890"


class Authenticator:
    """Shows the codes of one secret."""

    def __init__(self, secret: bytes = SECRET) -> None:
        encoded = b32encode(secret).decode()
        self.uri = f"otpauth://totp/VirtOn:root%40pam?secret={encoded}&issuer=VirtOn"
        self._totp = Totp(secret, "root@pam")

    def code(self, now_s: float) -> str:
        """Return the code that is shown at a time."""
        return self._totp.code(int(now_s) // 30)


class Root:
    """root at the API of a cluster, for what a test prepares."""

    def __init__(self, app: ASGIApp, password: str) -> None:
        self.client = AppClient(app, base_url="https://phum/api2/json")
        login = {"username": "root@pam", "password": password}
        data = self.client.post("/access/ticket", data=login).json()["data"]
        self.client.cookies.set("PVEAuthCookie", data["ticket"])
        self.client.headers["CSRFPreventionToken"] = data["CSRFPreventionToken"]

    def send(self, method: str, path: str, /, **params: Any) -> Any:
        """Send a change that goes well; return its data."""
        answer = self.client.request(method, path, data=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def add_user(self, userid: str, password: str, role: str) -> None:
        """Add a user who has a role on everything."""
        self.send("POST", "/access/users", userid=userid, password=password)
        self.send("PUT", "/access/acl", path="/", users=userid, roles=role)

    def add_authenticator(self, userid: str, now_s: float) -> Authenticator:
        """Add an authenticator for a user."""
        authenticator = Authenticator()
        assert register(self.client, userid, authenticator, now_s).status_code == 200
        return authenticator


def register(
    client: AppClient, userid: str, authenticator: Authenticator, now_s: float, **more: Any
) -> Response:
    """Add an authenticator for a user."""
    body = {"type": "totp", "description": "phone", "totp": authenticator.uri}
    value = authenticator.code(now_s)
    return client.post(f"/access/tfa/{userid}", data=body | {"value": value} | more)


def first_step(client: AppClient, userid: str, **more: Any) -> Response:
    """Log in with the password."""
    body = {"username": userid, "password": PASSWORD, "new-format": 1}
    return client.post("/access/ticket", data=body | more)


def second_step(client: AppClient, userid: str, challenge: str, response: str) -> Response:
    """Answer the challenge."""
    body = {"username": userid, "password": response, "tfa-challenge": challenge}
    return client.post("/access/ticket", data=body)


def challenge_of(answer: Response) -> str:
    """Return the challenge that a login is answered with."""
    data = answer.json()["data"]
    assert data["NeedTFA"] == 1
    ticket: str = data["ticket"]
    return ticket


def asked_for(challenge: str) -> str:
    """Return what a challenge asks for, as a client of Proxmox VE takes it out."""
    return unquote(challenge.split(":")[1]).removeprefix("!tfa!")
