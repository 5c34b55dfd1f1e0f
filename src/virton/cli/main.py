"""`virton`: each verb is a module of its own."""

import typer

from virton.cli import capture, explain, forecast, serve, simulate, tolerance, why

app = typer.Typer(
    name="virton",
    help="High availability of a Proxmox VE cluster: shown, steered and explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def virton() -> None:
    """Show, steer and explain the high availability of a Proxmox VE cluster."""


app.command("serve")(serve.serve)
app.command("capture")(capture.capture)
app.command("snapshot", hidden=True)(capture.capture)
app.command("simulate")(simulate.simulate)
app.command("explain")(explain.explain)
app.command("forecast")(forecast.forecast)
app.command("tolerance")(tolerance.tolerance)
app.command("why")(why.why)
