"""What can go wrong between a console and a node, one by one."""

import asyncio

from tests.faults.proxy import Exchange, Fault, rendered, said

JSON = "application/json"


def answers(data: bytes) -> Fault:
    """Say these bytes."""

    async def fault(exchange: Exchange) -> None:
        await exchange.say(data)

    return fault


def refuses(status: int, words: str = "so it is") -> Fault:
    """Answer with a status, in the form of Proxmox VE."""
    return answers(rendered(status, said(None, words)))


async def hangs_up(exchange: Exchange) -> None:
    """Close the connection without a word."""


async def hangs_up_in_the_head(exchange: Exchange) -> None:
    """Close the connection within the head of the answer."""
    await exchange.say(exchange.answer[:20])


async def hangs_up_in_the_body(exchange: Exchange) -> None:
    """Close the connection before the answer's last byte."""
    await exchange.say(exchange.answer[:-1])


async def says_nothing(exchange: Exchange) -> None:
    """Keep the other side waiting for the first byte."""
    await exchange.released.wait()


async def says_half(exchange: Exchange) -> None:
    """Keep the other side waiting for the second half."""
    await exchange.say(exchange.answer[: len(exchange.answer) // 2])
    await exchange.released.wait()


async def never_ends(exchange: Exchange) -> None:
    """Say one byte more, for ever."""
    await exchange.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while not exchange.released.is_set():
        await exchange.say(b"1\r\n \r\n")
        await asyncio.sleep(0)


_GZIP = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope"

QUICK: dict[str, tuple[Fault, str]] = {
    "hangs up": (hangs_up, "cut"),
    "hangs up in the head": (hangs_up_in_the_head, "cut"),
    "hangs up in the body": (hangs_up_in_the_body, "cut"),
    "500": (refuses(500, "got timeout"), "cluster"),
    "502 of a reverse proxy": (answers(rendered(502, b"<html>", "text/html")), "cluster"),
    "503": (refuses(503), "cluster"),
    "595": (refuses(595, "No route to host"), "peer"),
    "596": (refuses(596, "Connection timed out"), "peer"),
    "401": (refuses(401), "auth"),
    "403": (refuses(403), "forbidden"),
    "429": (refuses(429), "throttled"),
    "a redirect": (answers(rendered(301, b"")), "protocol"),
    "a page": (answers(rendered(200, b"<html>", "text/html")), "protocol"),
    "half a document": (answers(rendered(200, b'{"data": [', JSON)), "protocol"),
    "no data": (answers(rendered(200, b'{"success": 1}', JSON)), "protocol"),
    "other data": (answers(rendered(200, said(7), JSON)), "protocol"),
    "rows of nothing": (answers(rendered(200, said([None, 3]), JSON)), "protocol"),
    "a number without end": (answers(rendered(200, b'{"data": [1e999]}', JSON)), "protocol"),
    "a deep document": (answers(rendered(200, b"[" * 100_000, JSON)), "protocol"),
    "no text": (answers(rendered(200, b'{"data": "\xff"}', JSON)), "protocol"),
    "no gzip": (answers(_GZIP), "protocol"),
    "another protocol": (answers(b"220 mail ESMTP\r\n\r\n"), "protocol"),
}
"""Faults that show at once, with the code by which the page tells them."""

SLOW: dict[str, tuple[Fault, str]] = {
    "nothing": (says_nothing, "timeout"),
    "half": (says_half, "timeout"),
    "no end": (never_ends, "timeout"),
}
"""Faults that show when patience ends."""
