"""raw/: what was read from landing, as Parquet, and a manifest per feed that says from which bytes.

    raw/feed=<feed>/manifest.json
    raw/feed=<feed>/table=<table>/period=YYYY-MM/<name>-<digest>.parquet
    raw/feed=<feed>/quarantine/period=YYYY-MM/<name>-<digest>.parquet

The manifest is what counts: it is replaced in one step once every file of the feed was read, and files that
it does not name are leftovers. All of raw/ may be deleted at any time.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TypeVar

import duckdb

from python_assets import currencies
from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ingest.feeds import ALL_SET_COLUMNS, FEEDS, TABLES
from python_assets.ingest.files import (
    Fault,
    FileError,
    LandingFile,
    Survey,
    list_feed,
    periods_of,
    sha256_of,
    stat_of,
    survey,
    unknown_folders,
)
from python_assets.ingest.load import Loaded, connection_for_typing, load_unit
from python_assets.ingest.mapping import read_mappings
from python_assets.ingest.readers.base import glob_literal
from python_assets.ingest.values import KINDS, name, seed_files
from python_assets.links import has_size
from python_assets.progress import tell

LATER_TABLES = frozenset({"control_plane__deployments", "control_plane__payments"})


@dataclass(frozen=True)
class FileCount:
    """Rows of one landing file; rows_read = rows_accepted + rows_quarantined + rows_skipped.

    `is_new`: read in this call.
    """

    feed: str
    table: str
    period: date
    file: str
    sha256: str
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_skipped: int
    is_new: bool


@dataclass(frozen=True)
class _Entry:
    """A line of the manifest: one landing file. Paths are relative to the feed's folder in raw/."""

    table: str
    period: date
    file: str
    unit: str
    sha256: str
    stat: tuple[int, ...]
    rows_read: int
    rows_quarantined: int
    parquet: str | None
    quarantine: str | None
    sizes: dict[str, int]  # bytes of these two, by path: enough to see that one was cut
    rows_skipped: int = 0  # left out by a condition of the mapping
    mapping: str = ""  # the digest of the mapping that it was read through

    @property
    def address(self) -> tuple[date, str]:
        return self.period, self.file

    def is_whole(self, folder: Path) -> bool:
        return all(has_size(folder / path, size) for path, size in self.sizes.items())


def ingest_feed(
    home: Home, feed: str, through: date, only_tables_after: frozenset[str] = LATER_TABLES
) -> list[FileCount]:
    """Bring raw/ up to date with all deliveries of a feed up to the period `through`.

    Of later deliveries only the tables in `only_tables_after` are read; what an earlier call read of them
    stays while it is unchanged. One UserError names every file that cannot be taken; then nothing changes.
    """
    counts, faults = ingest(home, home.raw, feed, through, only_tables_after)
    if faults:
        raise UserError("\n".join(map(str, faults)))
    return counts


def ingest(
    home: Home,
    raw: Path,
    feed: str,
    through: date,
    later: frozenset[str] = LATER_TABLES,
    keep_going: bool = False,
) -> tuple[list[FileCount], list[Fault]]:
    """As `ingest_feed`, with the faults as a list. If there is any, nothing changes unless `keep_going`."""
    landing, mappings = home.landing, read_mappings(home.mappings)
    if wrong := mappings.faults_of(feed):
        return [], wrong
    found, named = list_feed(landing, feed, mappings.usable)
    faults = [fault for period, fault in [*unknown_folders(landing), *named] if period is None or period <= through]
    wanted = [file for file in found if file.period <= through or file.table in later]
    # Two files for one table of a later delivery matter where that table is read.
    places = {file.where for file in wanted}
    faults += [fault for period, fault in named if period and period > through and fault.where in places]
    folder = raw / f"feed={feed}"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".tmp-", ignore_cleanup_errors=True) as scratch:
        run = _Run(folder, Path(scratch), _read_manifest(folder, version()))
        entries = [entry for unit in _units(found) if unit[0] not in wanted for entry in run.kept(unit)]
        for unit in _units(wanted):
            try:
                entries += run.entries_of(unit)
            except FileError as error:
                faults.append(error.fault)
        run.close()
        if not faults or keep_going:
            _write_manifest(folder, entries)
            _sweep(folder, entries)
    counts = [_count(feed, entry, entry.address in run.new) for entry in entries]
    return sorted(counts, key=lambda count: (count.period, count.table, os.fsencode(count.file))), faults


def _units(files: list[LandingFile]) -> list[list[LandingFile]]:
    units: dict[tuple, list[LandingFile]] = defaultdict(list)
    for file in files:
        units[file.table, file.period, file.unit].append(file)
    return list(units.values())


class _Run:
    """One call of `ingest`: reads the units that changed, with a DuckDB connection made when the first one did."""

    def __init__(self, folder: Path, scratch: Path, known: list[_Entry]):
        self.new: set[tuple[date, str]] = set()
        self._folder = folder
        self._scratch = scratch
        self._known = {entry.address: entry for entry in known}
        self._units: dict[tuple, set[str]] = defaultdict(set)
        for entry in known:
            self._units[entry.table, entry.period, entry.unit].add(entry.file)
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._open = ExitStack()
        self._surveyor = ThreadPoolExecutor(1, "surveyor")

    def close(self) -> None:
        self._surveyor.shutdown()
        self._open.close()

    def kept(self, unit: list[LandingFile]) -> list[_Entry]:
        """The entries of a unit that is not wanted now: those known if it did not change, else none."""
        try:
            return self._same(unit)
        except FileError:
            return []

    def entries_of(self, unit: list[LandingFile]) -> list[_Entry]:
        """The entries of a unit: those known if it did not change, else from reading it."""
        if same := self._same(unit):
            return same
        tell(f"reading {unit[0].where}")
        before = {file: _stat(file) for file in unit}
        surveys = [(file, self._surveyor.submit(_survey, file)) for file in unit]
        loaded = self._load(surveys)
        for file in unit:
            if _stat(file) != before[file]:
                raise FileError(file, "changed while it was read; run again when it is complete")
        tell(f"read {unit[0].where}", files=len(unit), rows=sum(one.rows_read for one in loaded))
        shas = [surveyed.result().sha256 for _, surveyed in surveys]
        return [self._keep(one, sha256, before[one.file]) for one, sha256 in zip(loaded, shas, strict=True)]

    def _same(self, unit: list[LandingFile]) -> list[_Entry]:
        """The known entries of a unit if no file of it changed, came or went; else nothing."""
        first = unit[0]
        if self._units[first.table, first.period, first.unit] != {file.name for file in unit}:
            return []
        entries = [self._unchanged(self._known[file.period, file.name], file) for file in unit]
        return [entry for entry in entries if entry] if all(entries) else []

    def _unchanged(self, known: _Entry, file: LandingFile) -> _Entry | None:
        if known.mapping != _mapping(file) or not known.is_whole(self._folder):
            return None
        stat = _stat(file)
        if known.stat == stat:
            return known
        return replace(known, stat=stat) if known.sha256 == _fingerprint(file, _sha256(file)) else None

    def _load(self, unit: list[tuple[LandingFile, Future[Survey]]]) -> list[Loaded]:
        if self._connection is None:
            self._connection = self._open.enter_context(connection_for_typing(self._scratch))
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        return load_unit(self._connection, unit, folder)

    def _keep(self, loaded: Loaded, sha256: str, stat: tuple[int, ...]) -> _Entry:
        """Move a file's Parquet to its place; a name never means other bytes."""
        file = loaded.file
        self.new.add((file.period, file.name))
        parquet = self._place(loaded.parquet, f"table={file.table}", file)
        quarantine = self._place(loaded.quarantine, "quarantine", file)
        return _Entry(
            table=file.table,
            period=file.period,
            file=file.name,
            unit=file.unit,
            sha256=_fingerprint(file, sha256),
            stat=stat,
            rows_read=loaded.rows_read,
            rows_quarantined=loaded.rows_quarantined,
            rows_skipped=loaded.rows_skipped,
            parquet=parquet,
            quarantine=quarantine,
            sizes={path: (self._folder / path).stat().st_size for path in (parquet, quarantine) if path},
            mapping=_mapping(file),
        )

    def _place(self, made: Path | None, room: str, file: LandingFile) -> str | None:
        if made is None:
            return None
        with made.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256")
        digest.update(f"{file.period}/{file.name}".encode())
        stem = re.sub(r"[^A-Za-z0-9._-]", "_", file.name)[:80]
        relative = f"{room}/{file.path.parent.name}/{stem}-{digest.hexdigest()[:16]}.parquet"
        target = self._folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        made.replace(target)
        return relative


T = TypeVar("T")


def _of_file(function: Callable[[LandingFile], T], file: LandingFile) -> T:
    """What a function says of a file; its errors as a FileError."""
    try:
        return function(file)
    except UserError as error:
        raise FileError(file, str(error)) from error
    except OSError as error:
        raise FileError(file, f"cannot be read: {error.strerror}") from error


def _stat(file: LandingFile) -> tuple[int, ...]:
    return _of_file(lambda it: stat_of(it.path), file)


def _sha256(file: LandingFile) -> str:
    return _of_file(lambda it: sha256_of(it.path), file)


def _mapping(file: LandingFile) -> str:
    return file.mapping.digest if file.mapping else ""


def _fingerprint(file: LandingFile, sha256: str) -> str:
    """What a file's rows rest on: its bytes, and the mapping that it was read through."""
    return hashlib.sha256(f"{sha256} {file.mapping.digest}".encode()).hexdigest() if file.mapping else sha256


def _survey(file: LandingFile) -> Survey:
    return _of_file(survey, file)


@cache
def version() -> str:
    """A hash of all that decides what a file's rows become, besides its bytes."""
    digest = hashlib.sha256(duckdb.__version__.encode())
    for path in [*sorted(Path(__file__).parent.rglob("*.py")), Path(currencies.__file__), *seed_files()]:
        digest.update(path.name.encode() + b"\0" + (path.read_bytes() if path.exists() else b"") + b"\0")
    return digest.hexdigest()


def _read_manifest(folder: Path, version: str | None = None) -> list[_Entry]:
    """The entries of a feed; none if there is no manifest, if it cannot be read or is of another version."""
    try:
        document = json.loads((folder / "manifest.json").read_text("utf-8"))
        if version is not None and document["version"] != version:
            return []
        return [
            _Entry(**entry | {"period": date.fromisoformat(entry["period"]), "stat": tuple(entry["stat"])})
            for entry in document["files"]
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _write_manifest(folder: Path, entries: list[_Entry]) -> None:
    files = [asdict(entry) | {"period": entry.period.isoformat()} for entry in entries]
    temporary = folder / ".manifest.json"
    temporary.write_text(json.dumps({"version": version(), "files": files}, indent=1), "utf-8")
    temporary.replace(folder / "manifest.json")


def _sweep(folder: Path, entries: list[_Entry]) -> None:
    """Delete what the manifest does not name: of files changed or gone, of runs that broke off."""
    named = {folder / path for entry in entries for path in entry.sizes} | {folder / "manifest.json"}
    for path in folder.rglob("*.parquet"):
        if path not in named:
            path.unlink(missing_ok=True)
    for path in folder.glob(".tmp-*"):
        shutil.rmtree(path, ignore_errors=True)


def _count(feed: str, entry: _Entry, is_new: bool) -> FileCount:
    accepted = entry.rows_read - entry.rows_quarantined - entry.rows_skipped
    counts = (entry.rows_read, accepted, entry.rows_quarantined, entry.rows_skipped)
    return FileCount(feed, entry.table, entry.period, entry.file, entry.sha256, *counts, is_new)


def _manifests(home: Home, feeds: Iterable[str] = FEEDS) -> list[tuple[str, Path, _Entry]]:
    folders = [(feed, home.raw / f"feed={feed}") for feed in feeds]
    return [(feed, folder, entry) for feed, folder in folders for entry in _read_manifest(folder)]


def file_counts(home: Home) -> list[FileCount]:
    """The counts of every file in raw/, from the manifests alone."""
    return [_count(feed, entry, False) for feed, _, entry in _manifests(home)]


def known_stats(home: Home, feed: str) -> dict[tuple[date, str], tuple[int, ...]]:
    """By (period, file): size, times and inode of each landing file of a feed when it was last read."""
    return {entry.address: entry.stat for entry in _read_manifest(home.raw / f"feed={feed}", version())}


def relation_sql(home: Home, table_name: str) -> str:
    """A SELECT over all accepted rows of a table, typed, with `_period`, `_file` and `_row` (order in the file)."""
    table = TABLES[table_name]
    entries = [(folder, entry) for _, folder, entry in _manifests(home, [table.feed]) if entry.table == table_name]
    paths = [glob_literal(folder / entry.parquet) for folder, entry in entries if entry.parquet]
    if not paths:
        typed = [(column.name, KINDS[column.kind].sql_type) for column in table.columns]
        typed += [("_period", "DATE"), ("_file", "VARCHAR"), ("_row", "BIGINT")]
        return f"select {', '.join(f'cast(null as {kind}) as {name(column)}' for column, kind in typed)} where false"
    columns = ", ".join(name(column) for column in table.column_names)
    return (
        f"select {columns}, _period, _file, cast(file_row_number as bigint) as _row "
        f"from read_parquet([{', '.join(paths)}], file_row_number = true, hive_partitioning = false) "
        "where _fault is null"
    )


def quarantine_sql(home: Home) -> str:
    """A SELECT over all quarantined records: period, feed, file, line, column_name, value and reason, which are public;
    table_name; is_same_again, whether it only repeats a row of its key; and ALL_SET_COLUMNS where they can be read."""
    paths = [glob_literal(folder / entry.quarantine) for _, folder, entry in _manifests(home) if entry.quarantine]
    columns = ["period", "feed", "file", "line", "column_name", "value", "reason"]
    columns += ["table_name", "is_same_again", *ALL_SET_COLUMNS]
    if not paths:
        kinds = {"period": "DATE", "line": "BIGINT", "is_same_again": "BOOLEAN"}
        typed = ", ".join(f"cast(null as {kinds.get(column, 'VARCHAR')}) as {column}" for column in columns)
        return f"select {typed} where false"
    return f"select {', '.join(columns)} from read_parquet([{', '.join(paths)}], hive_partitioning = false)"


def delivered_periods(home: Home) -> set[date]:
    """The periods that have a delivery in landing."""
    return {period for feed in FEEDS for period in periods_of(home.landing, feed)}


def earliest_period(home: Home) -> date | None:
    """The period of the earliest delivery in landing, None if there is none."""
    return min(delivered_periods(home), default=None)
