"""The same file under another name. What has not changed since the publication before is not written again.

Files of a publication are read-only and never written again, so a link stays whole when the other one is removed.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path


def link_or_copy(source: Path | str, target: Path | str) -> None:
    """A hard link; a copy where the file system has none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def has_size(file: Path, size: int | None) -> bool:
    """Whether a file is there with as many bytes as it was written with; False where these are not known."""
    try:
        return file.stat().st_size == size
    except (FileNotFoundError, NotADirectoryError):
        return False


def files_below(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """All files of a folder, however deep. Not by Path: there may be tens of thousands."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from files_below(entry.path)
            else:
                yield entry


def link_folder(source: Path, target: Path) -> None:
    """Makes the folder `target` with all that `source` holds."""
    target.mkdir(parents=True)
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir():
                link_folder(Path(entry.path), target / entry.name)
            else:
                link_or_copy(entry.path, f"{target}{os.sep}{entry.name}")
