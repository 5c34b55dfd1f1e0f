"""`python -m virton`: the same as `virton`."""

from virton.cli.main import app

app(prog_name="virton")
