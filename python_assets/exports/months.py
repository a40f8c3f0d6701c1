"""Which months have exports, and what each folder holds."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from python_assets.documents import write_documents
from python_assets.exports.control import Control, Controls
from python_assets.exports.focus import write_focus
from python_assets.exports.journal import write_journal
from python_assets.exports.manifest import audit_hash, write_manifest
from python_assets.exports.payloads import write_payables, write_receivables
from python_assets.exports.tables import make_tables, write_tables
from python_assets.exports.tenants import DOCUMENT_ENDINGS, hand_out_documents, write_tenants
from python_assets.exports.unchanged import month_fingerprints
from python_assets.exports.workbook import begin_workbook
from python_assets.exports.xero import write_xero
from python_assets.home import Home
from python_assets.links import files_below
from python_assets.periods import period_text
from python_assets.permissions import make_read_only
from python_assets.takeover import Earlier, keep_record


@dataclass(frozen=True)
class Exports:
    """Months with exports, how many of them are those of the publication before, files and rows of the others."""

    months: int
    unchanged_months: int
    files_written: int
    rows_written: int

    def as_metadata(self) -> dict[str, int]:
        return {name.replace("_", " "): value for name, value in vars(self).items()}


def write_exports(
    home: Home,
    marts: duckdb.DuckDBPyConnection,
    folder: Path,
    earlier: Earlier,
    when_taken_over: Callable[[], None] = lambda: None,
) -> Exports:
    """Writes `period=YYYY-MM/` below `folder` for every month with invoices of ours or of the provider.

    A month without a row has the same files, with a header or an empty list. `earlier` are the folders of exports of
    publications before: months of which nothing has changed are taken over from there, all of them first. All files
    are read-only.
    """
    months = [
        period
        for (period,) in marts.execute(
            "select period from reconciliation.period_health union select period from cost.invoices order by 1"
        ).fetchall()
    ]
    fingerprints = month_fingerprints(home, marts, months)
    names = {period: f"period={period_text(period)}" for period in months}
    changed = [
        period
        for period in months
        if not earlier.take_over(names[period], fingerprints[period], folder / names[period])
    ]
    when_taken_over()
    files = rows = 0
    for period in changed:
        before = earlier.previous / names[period] if earlier.previous else None
        controls = _write_month(home, marts, period, folder / names[period], fingerprints[period], before)
        files += len(controls)
        rows += sum(control.rows for control in controls.values())
    keep_record(folder, {names[period]: fingerprints[period] for period in months}, earlier)
    return Exports(len(months), len(months) - len(changed), files, rows)


def _write_month(
    home: Home, marts: duckdb.DuckDBPyConnection, period: date, folder: Path, fingerprint: str, before: Path | None
) -> Controls:
    folder.mkdir(parents=True)
    with ThreadPoolExecutor(2) as beside:
        # They take longer than all else together, and hardly hold it up.
        documents = beside.submit(write_documents, home, marts.cursor(), period, folder, before)
        controls, workbook = _write_files(home, marts, period, folder, beside)
        of_tenants, folders = write_tenants(home, marts, period, folder)
        for other in filter(None, (workbook, documents)):
            other.result()
    hand_out_documents(folder / "documents", folders)
    controls |= of_tenants | _documents(marts, period, folders)
    write_manifest(marts, period, fingerprint, controls, folder)
    for file in files_below(folder):
        make_read_only(file.path)
    return controls


def _write_files(
    home: Home, marts: duckdb.DuckDBPyConnection, period: date, folder: Path, beside: Executor
) -> tuple[Controls, Future[None] | None]:
    """The workbook may be still to come."""
    title = f"{home.config.supplier.name or 'Counterfoil'}: {period_text(period)}"
    heading = [title, f"Audit hash: {audit_hash(marts, period) or 'not sealed'}"]
    make_tables(marts, period)
    tables = write_tables(marts, folder)
    of_workbook, workbook = begin_workbook(marts, period, heading, tables, folder, beside)
    controls = {
        **tables,
        **of_workbook,
        **write_xero(marts, period, folder),
        **write_journal(marts, period, title, home.config.reporting_currency, folder),
        **write_focus(marts, period, folder),
        **write_payables(marts, period, folder),
        **write_receivables(marts, period, folder),
    }
    return controls, workbook


def _documents(marts: duckdb.DuckDBPyConnection, period: date, folders: dict[str, Path]) -> Controls:
    """Of each document, the tenants' own ones too: the lines of its invoice and what it comes to."""
    invoices = marts.execute(
        "select invoice_id, count(line_number), any_value(currency), any_value(subtotal_cents), "
        "any_value(tax_cents), any_value(total_cents) from billing.invoices as invoices "
        "left join (select invoice_id, line_number from billing.invoice_lines) using (invoice_id) "
        "where invoices.period = ? and seal_number is not null group by invoice_id",
        [period],
    ).fetchall()
    controls: Controls = {}
    for invoice_id, lines, currency, *cents in invoices:
        sums = dict(zip(("subtotal_cents", "tax_cents", "total_cents"), cents, strict=True))
        rooms = ["documents"]
        if invoice_id in folders:
            rooms.append(f"tenants/{folders[invoice_id].name}")
        for place in (f"{room}/{invoice_id}{ending}" for room in rooms for ending in DOCUMENT_ENDINGS):
            controls[place] = Control(lines, {currency: sums})
    return controls
