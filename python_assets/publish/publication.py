"""A publication: a folder made whole beside the others, to which the link `published` is then pointed.

A reader that opens `published/…` sees one finished publication and never blocks a run. A folder is never used twice
(a crashed reader's write-ahead file would be replayed into a new database of the same name), and the one before
stays until the next run. What is published stays too where nothing that it is made of has changed.
"""

import json
import shutil
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from python_assets.errors import UserError
from python_assets.exports import Exports, write_exports
from python_assets.home import Home
from python_assets.links import has_size
from python_assets.memory import bound_memory, open_file
from python_assets.progress import tell
from python_assets.publish.marts import DATABASE, Table, Tables, parquet_path, write_marts
from python_assets.report.write import write_reports
from python_assets.takeover import Earlier, is_whole
from python_assets.warehouse.database import release
from python_assets.warehouse.made import holdings
from python_assets.warehouse.passes import BOOKS
from python_assets.warehouse.project import code_fingerprint, project_fingerprint

_RECORD = ".made_of.json"


@dataclass(frozen=True)
class Publication:
    """What was published: the folder, rows per table (`schema.table`), and which months have exports."""

    folder: Path
    rows: dict[str, int]
    exports: Exports


def publish(home: Home) -> Publication:
    """Publishes the warehouse's marts, and reports and exports per month; what was there stays until it is done.

    Where the books were not made anew since, and all files are there, what was published stays as it is.
    """
    tell("publishing")
    home.publications.mkdir(exist_ok=True)
    if home.published.exists() and not home.published.is_symlink():
        raise UserError(f"{home.published} must be a link that Counterfoil makes; move that folder away")
    books = holdings(home).passes.get(BOOKS)
    if not books:
        raise UserError("the books of the last run are not finished, so nothing can be published: run its month again")
    made_of = [books.token, repr(home.config), code_fingerprint()]
    if there := _unchanged(home, made_of):
        return there
    outdated = _outdated(home)
    folder = Path(tempfile.mkdtemp(prefix="publication-", dir=home.publications))
    folder.chmod(0o755)
    previous = home.published.resolve() if home.published.exists() else None
    release(home)
    try:
        tables = write_marts(home, folder, previous, _tables_of(previous))
        with (
            ThreadPoolExecutor(1) as beside,
            open_file(folder / DATABASE, read_only=True) as marts,
        ):
            bound_memory(marts)
            removed: list[Future[None]] = []
            exports = write_exports(
                home,
                marts,
                folder / "exports",
                Earlier(previous and previous / "exports", [publication / "exports" for publication in outdated]),
                # There may be tens of thousands of files in them.
                when_taken_over=lambda: removed.append(beside.submit(_remove, outdated)),
            )
            # After the exports: a report says which of a month's documents are not as they should be.
            write_reports(marts, folder / "reports", Earlier(previous and previous / "reports"), folder / "exports")
            for removal in removed:
                removal.result()
        # What was taken over is read-only already.
        for part in (folder / DATABASE, folder / "marts", folder / "reports"):
            for file in [part, *part.rglob("*")]:
                if file.is_file():
                    file.chmod(0o444)
    except BaseException:
        shutil.rmtree(folder)
        raise
    record = {
        "made_of": made_of,
        "version": _version(),
        "database_bytes": (folder / DATABASE).stat().st_size,
        "tables": {name: asdict(table) for name, table in tables.items()},
        "exports": asdict(exports),
    }
    (folder / _RECORD).write_text(json.dumps(record), "utf-8")
    _point_link(home, folder)
    return Publication(folder, _rows(tables), exports)


def _unchanged(home: Home, made_of: list[str]) -> Publication | None:
    """The current publication if it is made of this and whole."""
    try:
        folder = home.published.resolve(strict=True)
        record = json.loads((folder / _RECORD).read_text("utf-8"))
        tables = {name: Table(**table) for name, table in record["tables"].items()}
        if record["made_of"] != made_of or not has_size(folder / DATABASE, record["database_bytes"]):
            return None
        if not all(has_size(folder / parquet_path(name), table.parquet_bytes) for name, table in tables.items()):
            return None
        if not (is_whole(folder / "reports") and is_whole(folder / "exports")):
            return None
        months = record["exports"]["months"]
        return Publication(folder, _rows(tables), Exports(months, months, 0, 0))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _rows(tables: Tables) -> dict[str, int]:
    return {name: table.rows for name, table in tables.items()}


def _tables_of(folder: Path | None) -> Tables:
    """The tables of a publication, if this very version wrote them: files of another one are not used again."""
    try:
        record = json.loads((folder / _RECORD).read_text("utf-8")) if folder else {}
        if record["version"] != _version():
            return {}
        return {name: Table(**table) for name, table in record["tables"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _version() -> list[str]:
    """Of what writes the tables, and of the rules that they come from."""
    return [code_fingerprint(), project_fingerprint()]


def _point_link(home: Home, folder: Path) -> None:
    link = home.root / ".published.new"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.relative_to(home.root), target_is_directory=True)
    link.replace(home.published)


def _outdated(home: Home) -> list[Path]:
    """All publications but the current one, which stays as the one before."""
    current = home.published.resolve() if home.published.is_symlink() else None
    return [folder for folder in home.publications.glob("publication-*") if folder.resolve() != current]


def _remove(folders: list[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder)
