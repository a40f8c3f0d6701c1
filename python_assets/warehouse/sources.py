"""What dbt finds in the warehouse before a pass: input as views over files, ledger as views over the rows in `sealed`,
the run and its surroundings as tables.

Everything that differs from run to run reaches the models as rows of these tables; a changed variable would make
dbt parse the whole project anew.
"""

from datetime import date
from itertools import compress

import duckdb

from python_assets import ingest
from python_assets.home import Home
from python_assets.ingest import FileCount
from python_assets.periods import add_months
from python_assets.warehouse.database import connect, has_table
from python_assets.warehouse.days import local_days
from python_assets.warehouse.fingerprints import (
    Run,
    delivery_fingerprints,
    digest,
    horizon,
    is_followed,
    month_fingerprint,
    run_fingerprint,
)
from python_assets.warehouse.sealed import load_seals

SCHEMAS = ("raw", "control", "carried", "ledger")
LEDGER_TABLES = ("invoices", "invoice_lines", "top_up_balances", "usage_allowances", "seals")
CARRIED_TABLES = ("invoices", "invoice_lines", "seals")


def prepare(home: Home, run: Run) -> None:
    """Makes views and tables for a run; the warehouse afterwards belongs to that run's month."""
    counts = ingest.file_counts(home)
    newest, fingerprint = horizon(home, run.period), run_fingerprint(home, run, counts)
    with connect(home) as connection:
        connection.execute("begin")
        for schema in SCHEMAS:
            connection.execute(f"create schema if not exists {schema}")
        connection.execute("create table if not exists control.made_months (period date, fingerprint varchar)")
        for table in ingest.TABLES:
            connection.execute(f"create or replace view raw.{table} as {ingest.relation_sql(home, table)}")
        seals = load_seals(connection, home)
        _show_ledger(connection)
        for table in CARRIED_TABLES:
            _carry(connection, table, f"period < date '{run.period}' and seal_number <= {seals}")
        # Where later months are sealed already, lots are left as they are.
        _carry(connection, "top_up_balances", f"seal_number <= {seals}")
        _write_drafts(connection, run)
        _write_kept_periods(connection, home, run, counts)
        _write_reissues(connection, run)
        _write_run(connection, home, run, newest, (fingerprint, _made_of(connection, fingerprint)))
        _write_local_days(connection, home)
        _write_files(connection, home, counts)
        _write_stale_deliveries(connection, home, run, counts)
        connection.execute(
            "create table if not exists control.passes (name varchar, made_of varchar, token varchar, results varchar)"
        )
        connection.execute("commit")


def _carry(connection: duckdb.DuckDBPyConnection, table: str, condition: str) -> None:
    """Shows what was sealed before the run, which adds to the ledger itself."""
    connection.execute(f"create or replace view carried.{table} as select * from sealed.{table} where {condition}")


def _write_drafts(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """What earlier months should have been invoiced and is not sealed, as the warehouse derived it last.

    Of months that the ledger has: one before it begins can never be sealed, so nothing waits for it.
    """
    connection.execute("create or replace table carried.drafts (tenant_id varchar, period date)")
    if has_table(connection, "intermediate", "int_expected_invoices"):
        connection.execute(
            f"""
            insert into carried.drafts
            select expected.tenant_id, expected.period
            from intermediate.int_expected_invoices as expected
            where expected.period < date '{run.period}'
                and expected.period >= (select min(period) from ledger.seals)
                and not exists (
                    select 1 from ledger.current_invoices as sealed
                    where sealed.tenant_id = expected.tenant_id and sealed.period = expected.period
                )
            """
        )


def _write_kept_periods(connection: duckdb.DuckDBPyConnection, home: Home, run: Run, counts: list[FileCount]) -> None:
    """Earlier months that stand as they were derived, and their lines: what was not invoiced so is looked at again."""
    connection.execute("create or replace table carried.kept_periods (period date)")
    lines = "period, tenant_id, deployment_id, kind, resource_kind, amount_cents"
    connection.execute(
        "create or replace table carried.expected_lines (period date, tenant_id varchar, deployment_id varchar, "
        "kind varchar, resource_kind varchar, amount_cents bigint)"
    )
    if not has_table(connection, "intermediate", "int_expected_invoice_lines"):
        return
    made = dict(connection.execute("from control.made_months").fetchall())
    standing = [month for month in made if month < run.period and made[month] == month_fingerprint(home, month, counts)]
    connection.execute(
        "insert into carried.kept_periods select month from (select unnest($1::date[]) as month) "
        "where month in (select period from carried.seals) "
        "and month not in (select period from carried.invoices where status = 'void')",
        [standing],
    )
    connection.execute(
        f"insert into carried.expected_lines select {lines} from intermediate.int_expected_invoice_lines "
        f"where period in (select period from carried.kept_periods) and period >= $1",
        [add_months(run.period, -home.config.adjustment_months)],
    )


def _write_reissues(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Tenants that get another version: those of a forced run, and those whose invoice was voided for nothing."""
    connection.execute(
        f"""
        create or replace table control.reissues as
        select tenant_id, max(version) as version
        from ledger.invoices
        where period = date '{run.period}'
        group by tenant_id
        having ({run.force} and ({not run.tenants} or tenant_id in ?))
            or tenant_id not in (select tenant_id from ledger.current_invoices where period = date '{run.period}')
        """,
        [list(run.tenants)],
    )


def refresh_ledger(home: Home) -> None:
    """Shows the books what was sealed since `prepare`."""
    with connect(home) as connection:
        connection.execute("begin")
        load_seals(connection, home)
        connection.execute("commit")


def _show_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    for table in LEDGER_TABLES:
        connection.execute(f"create or replace view ledger.{table} as select * from sealed.{table}")
    connection.execute(
        "create or replace view ledger.current_invoices as select * from ledger.invoices where status = 'issued' "
        "and invoice_id not in (select invoice_id from ledger.invoices where status = 'void')"
    )


def mark_deliveries_made(home: Home) -> None:
    """Notes that the event models hold the stale deliveries now."""
    with connect(home) as connection:
        connection.execute("begin")
        connection.execute(
            "delete from control.made_deliveries where (feed, delivery_period) in "
            "(select (feed, delivery_period) from control.stale_deliveries)"
        )
        connection.execute(
            "insert into control.made_deliveries select feed, delivery_period, fingerprint "
            "from control.stale_deliveries where fingerprint is not null"
        )
        connection.execute("commit")


def _made_of(connection: duckdb.DuckDBPyConnection, fingerprint: str) -> str:
    """Everything that what a run expects rests on: the home, and what of it the warehouse alone can tell."""
    rows = [
        connection.execute(f"select to_json(t)::varchar from {table} as t order by all").fetchall()
        for table in ("carried.drafts", "control.reissues")
    ]
    return digest([fingerprint, rows])


def _write_run(
    connection: duckdb.DuckDBPyConnection, home: Home, run: Run, newest: date, prepared_of: tuple[str, str]
) -> None:
    config = home.config
    connection.execute(
        "create or replace table control.run as select cast(? as date) as period, cast(? as date) as horizon, "
        "cast(? as date) as as_of, cast(? as boolean) as is_draft, "
        "cast(? as boolean) as is_followed, cast(? as integer) as adjustment_months, "
        "cast(? as varchar) as supplier_abn, cast(? as varchar) as supplier_name, "
        "cast(? as varchar) as reporting_currency, cast(? as integer) as k, "
        "cast(? as varchar) as fingerprint, cast(? as varchar) as made_of",
        [
            run.period,
            newest,
            run.as_of,
            run.is_draft,
            is_followed(home, run),
            config.adjustment_months,
            config.supplier.abn or None,
            config.supplier.name or None,
            config.reporting_currency,
            config.k,
            *prepared_of,
        ],
    )


def _write_local_days(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    connection.execute("create table if not exists control.time_zone (timezone varchar)")
    if connection.execute("select timezone from control.time_zone").fetchall() == [(home.config.timezone,)]:
        return
    days = local_days(home.config.timezone)
    # Wherever there is no row the local day is that of UTC: of that zone nothing need be looked up for any event.
    differs = [local_on != utc_on for local_on, utc_on in zip(days["local_on"], days["utc_on"], strict=True)]
    connection.execute(
        "create or replace table control.local_days as select unnest($1::date[]) as utc_on, "
        "unnest($2::timestamp[]) as utc_from, unnest($3::timestamp[]) as utc_until, unnest($4::date[]) as local_on",
        [list(compress(days[name], differs)) for name in ("utc_on", "utc_from", "utc_until", "local_on")],
    )
    connection.execute("delete from control.time_zone")
    connection.execute("insert into control.time_zone values (?)", [home.config.timezone])


def _write_files(connection: duckdb.DuckDBPyConnection, home: Home, counts: list[FileCount]) -> None:
    columns = {
        "feed": "varchar",
        "table": "varchar",
        "period": "date",
        "file": "varchar",
        "sha256": "varchar",
        "rows_read": "bigint",
        "rows_accepted": "bigint",
        "rows_quarantined": "bigint",
        "rows_skipped": "bigint",
    }
    lists = ", ".join(
        f"unnest(${position}::{kind}[]) as {'table_name' if name == 'table' else name}"
        for position, (name, kind) in enumerate(columns.items(), start=1)
    )
    connection.execute(
        f"create or replace table control.files as select {lists}",
        [[getattr(count, name) for count in counts] for name in columns],
    )
    connection.execute(f"create or replace table control.quarantine as {ingest.quarantine_sql(home)}")


def _write_stale_deliveries(
    connection: duckdb.DuckDBPyConnection, home: Home, run: Run, counts: list[FileCount]
) -> None:
    """Deliveries up to the run's month whose events, or those that they are compared with, are not as they were."""
    connection.execute(
        "create table if not exists control.made_deliveries (feed varchar, delivery_period date, fingerprint varchar)"
    )
    made = {
        (feed, period): fingerprint
        for feed, period, fingerprint in connection.execute("select * from control.made_deliveries").fetchall()
    }
    now = {key: fingerprint for key, fingerprint in delivery_fingerprints(home, counts).items() if key[1] <= run.period}
    stale = [
        (feed, period, fingerprint)
        for (feed, period), fingerprint in now.items()
        if made.get((feed, period)) != fingerprint
    ]
    delivered = {(c.feed, c.period) for c in counts}
    stale += [(feed, period, None) for feed, period in made if (feed, period) not in delivered]
    connection.execute(
        "create or replace table control.stale_deliveries (feed varchar, delivery_period date, fingerprint varchar)"
    )
    if stale:
        connection.executemany("insert into control.stale_deliveries values (?, ?, ?)", sorted(stale, key=str))
