"""`ui`: Dagster's, for this home."""

import sys
from typing import Annotated

import typer

from orchestration.cli.shared import HomeOption, JsonOption, opened, out, plainly, print_json


@plainly
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
    no_daemon: Annotated[
        bool, typer.Option("--no-daemon", help="Serve pages only: no schedules, no sensor, and runs stay queued.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """The Dagster UI on 127.0.0.1, until it is stopped."""
    from orchestration.settings import prepare_dagster
    from orchestration.ui.server import listen, serve
    from python_assets.permissions import kept_from_others, restrict

    of = opened(home)
    url = f"http://127.0.0.1:{port}"
    with kept_from_others(), listen(port) as listener:
        restrict(of)
        if as_json:
            print_json({"home": str(of.root), "url": url})
            sys.stdout.flush()
        else:
            out.print(f"{url} serves {of.root} until Ctrl-C; it takes some seconds to start", highlight=False)
        prepare_dagster(of)
        serve(of, listener, with_daemon=not no_daemon)
