"""`python -m support.first_close`: the first close of this version of the project, unless it has been closed.

dbt parses and compiles the project then, which takes more than the close; every later one repeats what it compiled.
"""

import tempfile
from pathlib import Path

from python_assets.warehouse.passes import BOOKS
from python_assets.warehouse.project import PROJECT
from python_assets.warehouse.recording import Recordings


def main() -> None:
    if Recordings(PROJECT / "target").of(BOOKS):
        return
    from support.worlds import World  # With all of Dagster: that takes seconds.

    with tempfile.TemporaryDirectory() as folder:
        World(Path(folder), '[billing]\nfirst_period = "2026-01"\n').run("2026-01")


if __name__ == "__main__":
    main()
