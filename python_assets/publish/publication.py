"""A publication: a folder made whole beside the others, to which the link `published` is then pointed.

A reader that opens `published/…` sees one finished publication and never blocks a run. A folder is never used twice
(a crashed reader's write-ahead file would be replayed into a new database of the same name), and the one before
stays until the next run.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from python_assets.errors import UserError
from python_assets.exports import Exports, write_exports
from python_assets.home import Home
from python_assets.progress import tell
from python_assets.publish.marts import write_marts
from python_assets.report.write import write_reports


@dataclass(frozen=True)
class Publication:
    """What was published: the folder, rows per table (`schema.table`), and which months have exports."""

    folder: Path
    rows: dict[str, int]
    exports: Exports


def publish(home: Home) -> Publication:
    """Publishes the warehouse's marts, and reports and exports per month; what was there stays until it is done."""
    tell("publishing")
    home.publications.mkdir(exist_ok=True)
    if home.published.exists() and not home.published.is_symlink():
        raise UserError(f"{home.published} must be a link that Counterfoil makes; move that folder away")
    _remove_outdated(home)
    folder = Path(tempfile.mkdtemp(prefix="publication-", dir=home.publications))
    folder.chmod(0o755)
    previous = home.published.resolve() if home.published.exists() else None
    try:
        rows = write_marts(home, folder)
        with duckdb.connect(str(folder / "marts.duckdb"), read_only=True) as marts:
            write_reports(marts, folder / "reports", previous and previous / "reports")
            exports = write_exports(home, marts, folder / "exports", previous and previous / "exports")
        # What was linked is read-only already.
        for part in (folder / "marts.duckdb", folder / "marts", folder / "reports"):
            for file in [part, *part.rglob("*")]:
                if file.is_file():
                    file.chmod(0o444)
    except BaseException:
        shutil.rmtree(folder)
        raise
    _point_link(home, folder)
    return Publication(folder, rows, exports)


def _point_link(home: Home, folder: Path) -> None:
    link = home.root / ".published.new"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.relative_to(home.root), target_is_directory=True)
    link.replace(home.published)


def _remove_outdated(home: Home) -> None:
    """Removes all publications but the current one, which stays as the one before."""
    current = home.published.resolve() if home.published.is_symlink() else None
    for folder in home.publications.iterdir():
        if folder.resolve() != current:
            shutil.rmtree(folder)
