"""Analytics exports: what each one says of itself, never what stands in its cells.

An export is a CSV of any columns and, beside it, a JSON that declares its quasi-identifiers and k. One row per
export. What was not declared, or not in a form that can be trusted, is null; null is never "nothing to hide".
"""

import json
from collections.abc import Iterator
from typing import Any

from python_assets.errors import UserError
from python_assets.ingest.documents import read_document
from python_assets.ingest.feeds import Table
from python_assets.ingest.files import LandingFile
from python_assets.ingest.reader import TOO_FEW, TOO_MANY, CsvRecords, PythonSource, Rejects


class ExportRow:
    """The one row of an export. `csv_rejects` and `json_rejects` are of its files, without any cell's value."""

    fault = ""
    consumed = 0

    def __init__(self, export: LandingFile, declaration: LandingFile | None):
        self.rejects = Rejects()
        self.row_count = 0
        self.csv_rejects = Rejects()
        self.json_rejects = Rejects()
        self._export = export
        self._declared = _declaration(declaration) if declaration else {}

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        records = CsvRecords(self._export)
        width = len(records.header)
        for record, cells, _, reason in records:
            if cells is not None and len(cells) == width:
                self.row_count += 1
            elif cells != []:
                self.csv_rejects.add(record, None, None, reason or (TOO_FEW if len(cells or []) < width else TOO_MANY))
        yield (
            1,
            [
                self._export.subject,
                self._k(),
                self._quasi_identifiers(),
                json.dumps(records.header),
                str(self.row_count),
            ],
        )

    def _k(self) -> str | None:
        value = self._declared.get("k")
        if value is None:
            return None
        if isinstance(value, str) and value.isascii() and value.isdigit() and 1 <= len(value) <= 9 and int(value) >= 1:
            return value
        self.json_rejects.add(1, "k", None, "is not a whole number of 1 or more")
        return None

    def _quasi_identifiers(self) -> str | None:
        value = self._declared.get("quasi_identifiers")
        if value is None:
            return None
        if isinstance(value, list) and all(_is_name(column) for column in value):
            return json.dumps(value)
        self.json_rejects.add(1, "quasi_identifiers", None, "is not a list of column names")
        return None


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
