"""The program `counterfoil`: its commands, and what holds for all of them."""

import atexit
import io
import os
import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer

from orchestration.cli.audit import audit
from orchestration.cli.close import run
from orchestration.cli.fetch import fetch
from orchestration.cli.prepare import check, init
from orchestration.cli.quote import quote
from orchestration.cli.shared import out, plainly
from orchestration.cli.status import status
from orchestration.cli.ui import ui
from orchestration.interrupts import STATUSES


class Program(typer.Typer):
    def __call__(self, *args: Any, **options: Any) -> Any:
        """Ends the process at once after a signal: DuckDB would list what the interrupted work still refers to."""
        try:
            return super().__call__(*args, **options)
        except SystemExit as ended:
            if ended.code in STATUSES:
                atexit._run_exitfuncs()
                os._exit(ended.code)
            raise


app = Program(
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
