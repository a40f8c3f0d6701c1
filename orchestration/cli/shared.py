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

from orchestration.cli.console import PlainConsole
from orchestration.interrupts import Interrupted, raising_interrupted
from orchestration.settings import home_folder
from python_assets.disk import full_disk
from python_assets.errors import NoHome, UserError
from python_assets.home import Home
from python_assets.periods import parse_day, parse_period

out = PlainConsole()
err = PlainConsole(stderr=True)

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="The home. Default: COUNTERFOIL_HOME, else ./home.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WaitOption = Annotated[int, typer.Option(min=0, help="Seconds to wait for another run on this home.")]


def opened(home: Path | None) -> Home:
    """The home that the option, the environment or the current folder names; NoHome if there is none."""
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
    """Ends a command with a message and an exit status, never a traceback, for whatever a user can cause."""

    @wraps(command)
    def wrapped(*args, **kwargs):
        try:
            with raising_interrupted():
                return command(*args, **kwargs)
        except BrokenPipeError:
            raise  # Nobody reads on, as with `| head`; Typer ends the program quietly.
        except Interrupted as error:
            message, status = str(error), error.status
        except NoHome as error:
            message, status = str(error), 2
        except (UserError, OSError, duckdb.Error) as error:
            message, status = full_disk(error, _folder(kwargs.get("home"))) or str(error), 1
        err.print("counterfoil:", style="red", end=" ")
        err.print(message)
        raise typer.Exit(status)

    return wrapped


def _folder(home: Path | None) -> Path:
    try:
        return home_folder(home)
    except NoHome:
        return Path.cwd()


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()  # Not at the end of the process, where nobody could say that it failed.
