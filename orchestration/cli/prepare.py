"""`init` and `check`: before the first run."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.progress import showing_progress
from orchestration.cli.shared import HomeOption, JsonOption, opened, out, plainly, print_json
from orchestration.settings import home_folder


@plainly
def init(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The new home. Default: --home, COUNTERFOIL_HOME, else ./home.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a new home: a folder per feed, a template with a header per table, a README."""
    from python_assets.templates import make_home

    if folder and home:
        raise typer.BadParameter("DIR and --home both name the new home; leave one out")
    new = home_folder(folder or home)
    made = make_home(new)
    if as_json:
        print_json({"home": str(new), "templates": made})
    else:
        out.print(f"{new} is ready: fill templates/ and put the files where its README.md says.")


@plainly
def check(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Validate the landing without loading it: every problem with file, record and column."""
    from python_assets.ingest import problems

    with showing_progress("checking the landing"):
        found = problems(opened(home))
    if as_json:
        print_json({"problems": [vars(problem) for problem in found]})
    for problem in [] if as_json else found:
        place = ":".join(str(part) for part in (problem.file, problem.record, problem.column) if part is not None)
        value = "" if problem.value is None else f" ('{problem.value}')"
        out.print(f"{place}: {problem.reason}{value}")
    if not found and not as_json:
        out.print("No problem found.")
    if found:
        raise typer.Exit(1)
