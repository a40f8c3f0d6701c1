"""The program `counterfoil`: its commands, and what holds for all of them."""

import io
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from orchestration.cli.audit import audit
from orchestration.cli.close import run
from orchestration.cli.fetch import fetch
from orchestration.cli.prepare import check, init
from orchestration.cli.quote import quote
from orchestration.cli.shared import out, plainly
from orchestration.cli.status import status
from orchestration.cli.ui import ui

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


@plainly
def _print_version(is_asked: bool) -> None:
    if is_asked:
        out.print(f"counterfoil {version('counterfoil')}")
        raise typer.Exit


@app.callback()
def program(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """Closes the month of a cloud reseller."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # A terminal that lacks a character gets its number, not a traceback.
            stream.reconfigure(errors="backslashreplace")


for command in (init, check, run, status, quote):
    app.command()(command)
app.add_typer(audit, name="audit")
app.add_typer(fetch, name="fetch")
app.command()(ui)
