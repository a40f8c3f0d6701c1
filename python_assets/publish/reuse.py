"""What has not changed since the publication before is not written again."""

import os
import shutil
from pathlib import Path


def link_folder(source: Path, target: Path) -> None:
    """Makes `target` with the files of `source` (no folders in it): hard links, or copies where links cannot be.

    Both are files of publications, which nobody changes; a link stays whole when the other publication is removed.
    """
    target.mkdir(parents=True)
    for file in source.iterdir():
        try:
            os.link(file, target / file.name)
        except OSError:
            shutil.copyfile(file, target / file.name)
