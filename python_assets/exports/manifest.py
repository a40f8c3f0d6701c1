"""`manifest.json`: every file of a month's folder with rows, control totals in cents and SHA-256.

Shape: `format` 1, `period`, `fingerprint` (what the folder is a function of), `audit_hash` (of the month's newest
seal), `totals` (invoices per currency and status) and `files`: by path, `rows` where a file has rows,
`control_totals` by currency (sums over all its rows that name one), `bytes` and `sha256`.
"""

import hashlib
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from python_assets.exports.control import Control, Controls
from python_assets.links import files_below
from python_assets.periods import period_text

NAME = "manifest.json"
FORMAT = 1


def write_manifest(
    marts: duckdb.DuckDBPyConnection, period: date, fingerprint: str, controls: Controls, folder: Path
) -> None:
    """Writes `manifest.json` over all files that are in `folder`, however deep."""
    start = len(f"{folder}{os.sep}")
    found = sorted((file.path[start:].replace(os.sep, "/"), file) for file in files_below(folder))
    # A document stands in its tenant's folder under a second name, and is read once.
    facts = _FactsOfFiles()
    head = {
        "format": FORMAT,
        "period": period_text(period),
        "fingerprint": fingerprint,
        "audit_hash": audit_hash(marts, period),
        "totals": _totals(marts, period),
    }
    # A line for each file: readable, and quick for tens of thousands of them.
    files = ",\n".join(
        f"    {json.dumps(path)}: {json.dumps(_control(controls.get(path)) | facts.of(file))}" for path, file in found
    )
    text = json.dumps(head, indent=2)
    (folder / NAME).write_text(f'{text[:-2]},\n  "files": {{\n{files}\n  }}\n}}\n', "utf-8")


def _control(control: Control | None) -> dict[str, Any]:
    return {"rows": control.rows, "control_totals": control.cents} if control else {}


class _FactsOfFiles:
    """Bytes and SHA-256 of files, worked out once for all names of one."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, Any]] = {}

    def of(self, file: os.DirEntry[str]) -> dict[str, Any]:
        inode = file.inode()
        if inode not in self._known:
            content = Path(file.path).read_bytes()
            self._known[inode] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        return self._known[inode]


def audit_hash(marts: duckdb.DuckDBPyConnection, period: date) -> str | None:
    """That of the month's newest seal; None without one."""
    found = marts.execute(
        "select audit_hash from audit.seals where period = ? order by seal_number desc limit 1", [period]
    ).fetchone()
    return found[0] if found else None


def _totals(marts: duckdb.DuckDBPyConnection, period: date) -> list[dict[str, Any]]:
    names = ("currency", "status", "invoice_count", "subtotal_cents", "tax_cents", "total_cents")
    rows = marts.execute(
        "select currency, status, count(*), sum(subtotal_cents)::bigint, sum(tax_cents)::bigint, "
        "sum(total_cents)::bigint from billing.invoices where period = ? group by all order by all",
        [period],
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]
