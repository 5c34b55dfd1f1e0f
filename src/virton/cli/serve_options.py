"""The options of `virton serve`."""

from pathlib import Path
from typing import Annotated

import typer

from virton.cli.choices import Language, LogFormat, PveVersion

HOST = "127.0.0.1"
PORT = 8080
INTERVAL_S = 2.0
EMBEDDED_INTERVAL_S = 0.5
"""The embedded cluster is asked in-process, and its time may run sixty times as fast."""

HostOption = Annotated[str | None, typer.Option(help="Address to listen on.", show_default=HOST)]
PortOption = Annotated[
    int | None,
    typer.Option(
        help="Port to listen on; 0 takes a free one.", min=0, max=65535, show_default=str(PORT)
    ),
]
HttpsPortOption = Annotated[
    int | None,
    typer.Option(
        help="Port to listen on for HTTPS too, with a self-signed certificate that is made "
        "at the first start and kept; 0 takes a free one.",
        min=0,
        max=65535,
    ),
]
DataOption = Annotated[
    Path | None, typer.Option(envvar="VIRTON_DATA", help="Folder in which state is kept.")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        help="TOML file with these settings; without one, virton.toml in the working folder "
        "or in the data folder. What is typed here wins."
    ),
]
ProxmoxOption = Annotated[
    list[str] | None,
    typer.Option(
        "--proxmox",
        metavar="URL",
        help="Address of a node of a Proxmox VE cluster; once for each node. "
        "Without any, the embedded cluster is started.",
    ),
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        envvar="VIRTON_TOKEN",
        help="Read-only API token for the live view, user@realm!id=secret. "
        "Without one, the ticket of a user who is logged in is borrowed.",
    ),
]
IntervalOption = Annotated[
    float | None,
    typer.Option(
        min=0.5,
        max=60.0,
        help="Seconds between two looks at the cluster.",
        show_default=f"{INTERVAL_S}, of the embedded cluster {EMBEDDED_INTERVAL_S}",
    ),
]
HistoryOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Database in which it is kept what happened: postgresql://USER@HOST/NAME where several "
        "consoles share one.",
        show_default="history.sqlite in the data folder",
    ),
]
LanguageOption = Annotated[
    Language | None,
    typer.Option(help="Language of the page for who has not chosen one.", show_default="ko"),
]
PveVersionOption = Annotated[
    PveVersion | None,
    typer.Option(
        help="Version of Proxmox VE that the embedded cluster speaks; kept in its data folder.",
        show_default="as it was; at first 9.1",
    ),
]
CertificateOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="PEM file of a certificate of your own for HTTPS; SIGHUP re-reads it."
    ),
]
CertificateKeyOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Its key, where that is in another file.")
]
LogFormatOption = Annotated[
    LogFormat | None,
    typer.Option(help="Form of the log on the standard error.", show_default="text"),
]
TrustedProxyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--trusted-proxy",
        metavar="ADDRESS",
        help="Address or network of a reverse proxy whose X-Forwarded-For and X-Forwarded-Proto "
        "are believed; once for each.",
    ),
]
DemoOption = Annotated[
    str | None,
    typer.Option(
        metavar="nodes=N,resources=N,rules=N",
        help="How large the embedded cluster is, in a new data folder; votes=N gives the first node "
        "more than one vote, qdevice=1 a QDevice.",
        show_default="the ordinary one: 3 nodes",
    ),
]
