"""`ui`: Dagster's, for this home."""

import os
import signal
import sys
from typing import Annotated

import typer

from orchestration.cli.shared import HomeOption, JsonOption, opened, plainly, print_json


@plainly
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """The Dagster UI on 127.0.0.1, until it is stopped."""
    from orchestration.settings import prepare_dagster
    from python_assets.permissions import keep_from_others, restrict

    of = opened(home)
    keep_from_others()  # for good: Dagster's processes take it over
    restrict(of)
    prepare_dagster(of)
    if as_json:
        print_json({"home": str(of.root), "url": f"http://127.0.0.1:{port}"})
        sys.stdout.flush()
    command = [
        sys.executable,
        "-m",
        "dagster",
        "dev",
        "-m",
        "orchestration.definitions",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    # A shell starts background jobs deaf to interrupts, and Dagster would take termination for one of them.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.executable, command)
