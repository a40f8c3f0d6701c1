"""The tables that finance opens, `invoices`, `invoice_lines`, `anomalies` and `reconciliation`, as CSV and Parquet.

Each is a SELECT over the published tables of a month. CSV is for people: text is on one line there, and what a
spreadsheet would run is neutralised. Parquet is for machines: typed (`*_cents` BIGINT), never altered.
"""

from datetime import date
from pathlib import Path

import duckdb

from python_assets.exports.control import Control, Controls
from python_assets.exports.reconciliation import RECONCILIATION
from python_assets.exports.text import for_people_sql
from python_assets.ledger.relations import text_sql

# All versions with their status; add up rows with is_current only.
INVOICES = """
select
    invoice_id, tenant_id, tenant_name, period, version, is_current, document_type, status, currency,
    subtotal_cents, tax_cents, total_cents, issued_on, seal_number
from billing.invoices
where period = {period}
order by tenant_id, version
"""

INVOICE_LINES = """
select
    lines.invoice_id, lines.line_number, lines.is_current, invoices.status, lines.tenant_id, lines.period,
    invoices.currency, lines.deployment_id, lines.campaign_id, lines.kind, lines.resource_kind, lines.description,
    lines.quantity, lines.unit, lines.unit_price_cents, lines.amount_cents, lines.billed_days, lines.days_in_period,
    lines.first_day, lines.source_id, lines.adjusts_period, lines.adjusts_kind
from billing.invoice_lines as lines
inner join billing.invoices as invoices using (invoice_id)
where lines.period = {period}
order by lines.tenant_id, invoices.version, lines.line_number
"""

ANOMALIES = """
select
    anomaly_id, period, rule, severity, tenant_id, tenant_name, deployment_id, subject, expected_cents, actual_cents,
    delta_cents, currency, message, what_to_do
from reconciliation.anomalies
where period = {period}
order by list_position(['critical', 'warning', 'info'], severity), rule, tenant_id, deployment_id, subject
"""

TABLES = {
    "invoices": INVOICES,
    "invoice_lines": INVOICE_LINES,
    "anomalies": ANOMALIES,
    "reconciliation": RECONCILIATION,
}


def table_sql(name: str, period: date) -> str:
    """The SELECT of one of `TABLES` for a month, in the order of its files."""
    return TABLES[name].format(period=f"date '{period}'")


def make_tables(marts: duckdb.DuckDBPyConnection, period: date) -> None:
    """Holds the month's tables as temporary tables of this connection, `export_<name>`: each is derived once."""
    for name in TABLES:
        marts.execute(f"create or replace temp table export_{name} as {table_sql(name, period)}")


def write_tables(marts: duckdb.DuckDBPyConnection, folder: Path) -> Controls:
    """CSV and Parquet of each table of `make_tables`."""
    controls: Controls = {}
    for name in TABLES:
        source = f"(select * from export_{name} order by rowid)"
        columns = columns_of(marts, source)
        text = ", ".join(f'"{column}"' for column, kind in columns.items() if kind == "VARCHAR")
        marts.execute(
            f"copy (select {cells_sql(columns)} from {source}) to {text_sql(str(folder / f'{name}.csv'))} "
            f"(format csv, header, force_quote ({text}))"
        )
        marts.execute(
            f"copy {source} to {text_sql(str(folder / f'{name}.parquet'))} (format parquet, compression zstd)"
        )
        controls[f"{name}.csv"] = controls[f"{name}.parquet"] = _control(marts, name, columns)
    return controls


def columns_of(marts: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    """DuckDB types by column name of a FROM item."""
    return dict(marts.execute(f"select column_name, column_type from (describe from {source})").fetchall())


def cells_sql(columns: dict[str, str]) -> str:
    """The select list of a CSV for people: text as `text.for_people_sql` has it, numbers without trailing zeros."""
    return ", ".join(f'{_cell(name, kind)} as "{name}"' for name, kind in columns.items())


def _cell(name: str, kind: str) -> str:
    if kind == "VARCHAR":
        return for_people_sql(f'"{name}"')
    if kind.startswith("DECIMAL"):
        return f"rtrim(rtrim(cast(\"{name}\" as varchar), '0'), '.')"
    return f'"{name}"'


def _control(marts: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str]) -> Control:
    """Over all rows of the file, so that it can be recomputed from the file alone. Cents of rows that name no
    currency may be of different ones, so they are in no sum."""
    money = [column for column, kind in columns.items() if column.endswith("_cents") and kind == "BIGINT"]
    sums = ", ".join(f"coalesce(sum({column}), 0)" for column in money)
    found = marts.execute(f"select currency, count(*), {sums} from export_{name} group by all order by all").fetchall()
    return Control(
        rows=sum(row[1] for row in found),
        cents={currency: dict(zip(money, map(int, row), strict=True)) for currency, _, *row in found if currency},
    )
