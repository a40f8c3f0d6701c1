"""The command line. Belongs here: options, exit statuses, what a person reads. Not: any work."""

import typer

from orchestration.cli.audit import audit
from orchestration.cli.close import run
from orchestration.cli.fetch import fetch
from orchestration.cli.prepare import check, init
from orchestration.cli.quote import quote
from orchestration.cli.ui import ui

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Closes the month of a cloud reseller.")
for command in (init, check, run, quote):
    app.command()(command)
app.add_typer(audit, name="audit")
app.add_typer(fetch, name="fetch")
app.command()(ui)

__all__ = ["app"]
