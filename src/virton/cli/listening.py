"""Where the console listens, and whose word it takes for who asks."""

import contextlib
import errno
import ipaddress
import socket

from virton.cli.complaint import WRONG_INPUT, complain_of, words_of, words_of_failure


def listen(host: str, port: int, option: str = "--port") -> socket.socket:
    """Take the port before anything is started, so that a port in use is all that is said."""
    try:
        return _bound(host, port)
    except OSError as failure:
        facts = {"option": option, "host": host, "port": port, "next": port + 1}
        if failure.errno == errno.EADDRINUSE:
            complain_of("cli.port_taken", **facts)
        if isinstance(failure, socket.gaierror):
            complain_of("cli.no_host", host=host)
        complain_of("cli.no_listening", why=words_of_failure(failure), **facts)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    # With the protocol named, asyncio sends small answers at once (TCP_NODELAY): else each waits
    # for the other side's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def address_of(host: str, listener: socket.socket, scheme: str = "http") -> str:
    """Return the address to type into a browser."""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{listener.getsockname()[1]}"


def is_local(address: str) -> bool:
    """Tell whether an address is of this machine alone."""
    host = address.removeprefix("http://").rpartition(":")[0].strip("[]")
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def checked_proxies(given: list[str]) -> tuple[str, ...]:
    """Return the addresses and networks of trusted proxies, if they are written like such."""
    return checked_networks(given, "--trusted-proxy")


def checked_networks(given: list[str], option: str) -> tuple[str, ...]:
    """Return addresses and networks, if they are written like such."""
    return tuple(_address_or_network(text.strip(), option) for text in given)


def proxy_facts(proxies: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return whose word is taken for who asks."""
    told = words_of("cli.start.believed", proxies=proxies)
    return ((words_of("cli.start.proxies"), told),) if proxies else ()


def _address_or_network(text: str, option: str) -> str:
    try:
        return str(ipaddress.ip_network(text) if "/" in text else ipaddress.ip_address(text))
    except ValueError:
        complain_of("cli.no_network", WRONG_INPUT, option=option, text=text)


def known_hosts(host: str, given: list[str], proxies: tuple[str, ...]) -> frozenset[str] | None:
    """Return the names under which the console may be asked; None if all are good.

    Behind a proxy that is trusted, the proxy decides which names lead here.
    """
    if proxies and not given:
        return None
    return frozenset(name.lower() for name in (host, socket.gethostname(), *given))
