"""The same file under another name. What has not changed since the publication before is not written again.

Files of a publication are read-only and never written again, so a link stays whole when the other one is removed.
"""

import os
import shutil
from pathlib import Path


def link_or_copy(source: Path, target: Path) -> None:
    """A hard link; a copy where the file system has none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def link_folder(source: Path, target: Path) -> None:
    """Makes the folder `target` with all that `source` holds."""
    target.mkdir(parents=True)
    for entry in source.iterdir():
        (link_folder if entry.is_dir() else link_or_copy)(entry, target / entry.name)
