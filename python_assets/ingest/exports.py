"""Analytics exports: what each one says of itself, never what stands in its cells.

An export is a CSV of any columns and, beside it, a JSON that declares its quasi-identifiers and k. One row per
export. What was not declared, or not in a form that can be trusted, is null; null is never "nothing to hide".
Cells are looked at here, and what is kept of them is in which columns some look private, and how small the smallest
group is; whether that is safe is dbt's to say (R20).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from python_assets.errors import UserError
from python_assets.ingest.documents import read_document
from python_assets.ingest.feeds import Table
from python_assets.ingest.files import LandingFile
from python_assets.ingest.private import DETECTORS
from python_assets.ingest.readers.base import TOO_FEW, TOO_MANY, PythonSource, Rejects
from python_assets.ingest.readers.csv import CsvRecords


class ExportRow:
    """The one row of an export. `csv_rejects` and `json_rejects` are of its files, without any cell's value."""

    fault = ""
    consumed = 0

    def __init__(self, table: Table, export: LandingFile, declaration: LandingFile | None):
        self._columns = table.column_names
        self.rejects = Rejects()
        self.row_count = 0
        self.csv_rejects = Rejects()
        self.json_rejects = Rejects()
        self._export = export
        self._declared = _declaration(declaration) if declaration else {}

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        records = CsvRecords(self._export)
        k, quasi_identifiers = self._k(), self._quasi_identifiers()
        looked = Looked(records.header, quasi_identifiers)
        width = len(records.header)
        for record, cells, _, reason in records:
            if cells is not None and len(cells) == width:
                self.row_count += 1
                looked.at(cells)
            elif cells != []:
                self.csv_rejects.add(record, None, None, reason or (TOO_FEW if len(cells or []) < width else TOO_MANY))
        values = {
            "export_id": self._export.subject,
            "k": k,
            "quasi_identifiers": _names(quasi_identifiers),
            "column_names": json.dumps(records.header),
            "row_count": str(self.row_count),
            "smallest_group_size": looked.smallest_group_size,
            **{name: _names(columns) for name, columns in looked.columns.items()},
        }
        yield 1, [values[column] for column in self._columns]

    def _k(self) -> str | None:
        value = self._declared.get("k")
        if value is None:
            return None
        if isinstance(value, str) and value.isascii() and value.isdigit() and 1 <= len(value) <= 9 and int(value) >= 1:
            return value
        self.json_rejects.add(1, "k", None, "is not a whole number of 1 or more")
        return None

    def _quasi_identifiers(self) -> list[str] | None:
        value = self._declared.get("quasi_identifiers")
        if value is None:
            return None
        if isinstance(value, list) and all(_is_name(column) for column in value):
            return value
        self.json_rejects.add(1, "quasi_identifiers", None, "is not a list of column names")
        return None


class Looked:
    """What is kept of an export's cells. A group is told from others by a hash of its cells alone."""

    def __init__(self, header: list[str], quasi_identifiers: list[str] | None):
        self._header = header
        self.columns: dict[str, list[str]] = {name: [] for name in DETECTORS}
        self._pending = [(place, name) for place in range(len(header)) for name in DETECTORS]
        # Without a declaration, or with one that names no column of the file, there is no group to measure.
        is_declared = quasi_identifiers is not None and set(quasi_identifiers) <= set(header)
        self._places = [header.index(name) for name in quasi_identifiers] if is_declared else None
        self._groups: Counter[bytes] = Counter()

    def at(self, cells: list[str | None]) -> None:
        """Looks at one row. A column in which something was found is not searched for it again."""
        found = [(place, name) for place, name in self._pending if cells[place] and DETECTORS[name](cells[place])]
        for place, name in found:
            self._pending.remove((place, name))
            self.columns[name].append(self._header[place])
        if self._places is not None:
            group = json.dumps([cells[place] for place in self._places])
            self._groups[hashlib.blake2b(group.encode("utf-8", "surrogatepass"), digest_size=16).digest()] += 1

    @property
    def smallest_group_size(self) -> str | None:
        return str(min(self._groups.values())) if self._groups else None


def _names(names: list[str] | None) -> str | None:
    return None if names is None else json.dumps(names)


def _is_name(value: Any) -> bool:
    return type(value) is str and not any("\ud800" <= char <= "\udfff" for char in value)


def _declaration(file: LandingFile) -> dict[str, Any]:
    document = read_document(file)
    if not isinstance(document, dict):
        raise UserError("is not an export's declaration: it must be a JSON object")
    return document


def export_source(table: Table, row: ExportRow) -> PythonSource:
    """The one row of an export, as a relation."""
    return PythonSource(table, row, first_record=1)
