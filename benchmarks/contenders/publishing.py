"""Publishes a closed home, as the end of a run does.

python benchmarks/contenders/publishing.py HOME anew: with nothing to take over from a publication before.
python benchmarks/contenders/publishing.py HOME again: after a setting was changed on which no document rests.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

from python_assets.home import Home
from python_assets.lock import home_lock
from python_assets.publish import publish


def main(root: str, how: str) -> None:
    home = Home.open(Path(root))
    with home_lock(home, 0, "benchmark"):
        if how == "anew":
            home.published.unlink(missing_ok=True)
            # Not removed: a file system is slow to make files where tens of thousands have just gone.
            home.publications.rename(home.root / "publications before")
        else:
            home = replace(home, config=replace(home.config, k=home.config.k + 1))
        begun = time.perf_counter()
        published = publish(home)
        seconds = time.perf_counter() - begun
    files = sum(1 for file in published.folder.rglob("*") if file.is_file())
    print(f"{sum(published.rows.values()):,} rows, {files:,} files, {seconds:.1f} s without starting Python")


if __name__ == "__main__":
    main(*sys.argv[1:])
