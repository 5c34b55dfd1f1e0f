"""What an operator is told when the console begins to serve."""

from rich.cells import cell_len
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from virton.cli.certificate import Certificate
from virton.cli.complaint import words_of
from virton.cli.listening import is_local
from virton.cli.terminal import terminal


def announce(address: str, facts: tuple[tuple[str, str], ...]) -> None:
    """Print the address and the login."""
    table = Table.grid(padding=(0, 2))
    table.add_row(Text(words_of("cli.start.console"), "dim"), Text(address, "bold"))
    for name, value in facts:
        table.add_row(Text(name, "dim"), value)
    if not is_local(address):
        careful = Text(words_of("cli.start.careful"), "yellow")
        table.add_row(careful, words_of("cli.start.reachable"))
    terminal().print(Panel(table, title="VirtOn HA", expand=False))


def announce_encrypted(address: str, certificate: Certificate) -> None:
    """Print the encrypted address and how to know that it is this one, in lines to copy from."""
    lines = (
        ("HTTPS", Text(address, "bold")),
        (words_of("cli.start.certificate"), Text(str(certificate.path))),
        ("SHA-256", Text(certificate.fingerprint)),
    )
    told = terminal(soft_wrap=True)
    for name, value in lines:
        told.print(Text.assemble((f"{name}{' ' * (13 - cell_len(name))}", "dim"), value))
