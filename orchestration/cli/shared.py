"""What all commands share: their common options, exit statuses, how a value is read and an answer printed."""

import json
import sys
from collections.abc import Callable
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console

from orchestration.settings import home_folder
from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.periods import parse_day, parse_period

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

HomeOption = Annotated[Path | None, typer.Option("--home", help="The home; else COUNTERFOIL_HOME, else ./home.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
WaitOption = Annotated[int, typer.Option(min=0, help="Seconds to wait for another run on this home.")]


def opened(home: Path | None) -> Home:
    """The home that the option, the environment or the current folder names."""
    return Home.open(home_folder(home))


def as_period(text: str) -> date:
    try:
        return parse_period(text)
    except UserError as error:
        raise typer.BadParameter(str(error)) from None


def as_date(text: str) -> date:
    try:
        return parse_day(text)
    except UserError as error:
        raise typer.BadParameter(str(error)) from None


def plainly(command: Callable) -> Callable:
    """Ends a command with exit status 1 and a message, never a traceback, for what a user can cause."""

    @wraps(command)
    def wrapped(*args, **kwargs):
        try:
            return command(*args, **kwargs)
        except (UserError, OSError, duckdb.Error) as error:
            err.print(f"[red]counterfoil:[/] {escaped(str(error))}")
            raise typer.Exit(1) from None

    return wrapped


def escaped(text: str) -> str:
    """Text for the terminal: no markup, and no control characters, which a value of a file may bring along."""
    shown = (char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode() for char in text)
    return "".join(shown).replace("[", r"\[")


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
