"""Publishes a closed home anew, as the end of a run does, without anything to take over from a publication before.

python benchmarks/contenders/publishing.py HOME
"""

import shutil
import sys
import time
from pathlib import Path

from python_assets.home import Home
from python_assets.lock import home_lock
from python_assets.publish import publish


def main(root: str) -> None:
    home = Home.open(Path(root))
    with home_lock(home, 0, "benchmark"):
        home.published.unlink(missing_ok=True)
        shutil.rmtree(home.publications)
        begun = time.perf_counter()
        published = publish(home)
        seconds = time.perf_counter() - begun
    files = sum(1 for file in published.folder.rglob("*") if file.is_file())
    print(f"{sum(published.rows.values()):,} rows, {files:,} files, {seconds:.1f} s without starting Python")


if __name__ == "__main__":
    main(*sys.argv[1:])
