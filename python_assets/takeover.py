"""Folders of months, in a publication and in those before: what is made of the same is not written again.

A part of a publication (its reports, its exports) is a folder with one for each month. A record beside it tells what
each is made of and how much is in it. A folder that an earlier publication has of the same, and whole, is taken over:
moved from one that is outdated, else as hard links (a publication's files are never written again).

What a month is made of is told by a fingerprint. Rows of tables enter it as the sum of DuckDB's 64-bit hashes of them,
whatever their order, with their number: two different sets of rows are taken for one with a chance of about 1 in 2^64.
Hashed twice, since a row's own hash ends with the xor of its last column's: sums of those can be the same by far less
of a chance. That is enough for not writing a file again; what proves something to someone is hashed by the ledger.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import duckdb

from python_assets.links import files_below, link_folder

# Of a folder: what it is made of, how many files are in it, and how many bytes in all of them.
_Entry = tuple[str, int, int]


class Earlier:
    """One part of the publication before, and of those that are outdated: of these nobody needs anything any more."""

    def __init__(self, previous: Path | None = None, outdated: Iterable[Path] = ()):
        self.previous = previous
        self.taken_over: dict[str, _Entry] = {}
        self._moved = [(folder, _read_record(folder) or {}) for folder in outdated]
        self._linked = [(previous, _read_record(previous) or {})] if previous else []

    def take_over(self, name: str, made_of: str, target: Path) -> bool:
        """Makes `target`, which is not there yet, of the folder of that name; False if none is made of that and whole.

        A file that is gone or was cut is missed; so all that may be deleted is made again.
        """
        for folders, take in ((self._moved, Path.rename), (self._linked, link_folder)):
            for folder, record in folders:
                entry = record.get(name)
                if entry and entry[0] == made_of and entry == _entry(folder / name, made_of):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    take(folder / name, target)
                    self.taken_over[name] = entry
                    return True
        return False


def keep_record(part: Path, made_of: Mapping[str, str], earlier: Earlier) -> None:
    """Notes what each folder of a part that is finished is made of, by its name; what was taken over is as it was."""
    part.mkdir(parents=True, exist_ok=True)
    record = {
        name: earlier.taken_over.get(name) or _entry(part / name, fingerprint) for name, fingerprint in made_of.items()
    }
    _record_of(part).write_text(json.dumps(record), "utf-8")


def is_whole(part: Path) -> bool:
    """Whether every folder of a part has as much in it as was noted."""
    record = _read_record(part)
    return record is not None and all(_entry(part / name, entry[0]) == entry for name, entry in record.items())


def row_hashes(
    marts: duckdb.DuckDBPyConnection, sources: Iterable[tuple[str, str]]
) -> dict[date, list[tuple[str, int, str]]]:
    """By month, of each source (a table or a query in brackets, and the column with the month): its name, the number of
    rows and the sum of their hashes."""
    found = defaultdict(list)
    for source, period in sources:
        for month, *facts in marts.execute(
            f"select cast({period} as date), count(*), sum(hash(hash(input))::hugeint)::varchar from {source} as input "
            f"where {period} is not null group by 1"
        ).fetchall():
            found[month].append((source, *facts))
    return found


def _entry(folder: Path, made_of: str) -> _Entry | None:
    try:
        sizes = [file.stat(follow_symlinks=False).st_size for file in files_below(folder)]
    except FileNotFoundError:
        return None
    return (made_of, len(sizes), sum(sizes))


def _record_of(part: Path) -> Path:
    """Hidden, and not among the months: that folder is for people and their scripts."""
    return part.with_name(f".{part.name}.made_of.json")


def _read_record(part: Path) -> dict[str, _Entry] | None:
    """None if there is none that can be read."""
    try:
        record = json.loads(_record_of(part).read_text("utf-8"))
        return {name: (made_of, files, size) for name, (made_of, files, size) in record.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return None
