"""The ledger's rows in the warehouse, in the schema `sealed`: what dbt reads of the ledger.

A seal never changes, so each is read once, whole, and kept under its audit hash. Reading it from Parquet with every
query would leave filters to the files' statistics, which no hash covers.
"""

import duckdb

from python_assets import ledger
from python_assets.home import Home

TABLES = ("invoices", "invoice_lines", "top_up_balances", "usage_allowances")
_NUMBER = {"seal_number": "INTEGER"}


def load_seals(connection: duckdb.DuckDBPyConnection, home: Home) -> int:
    """Brings the schema up to date with the ledger; the number of its seals. UserError if the ledger is damaged."""
    seals = ledger.verified_seals(home)
    _create_tables(connection)
    held = dict(connection.execute("select seal_number, audit_hash from sealed.seals").fetchall())
    wanted = {seal.seal_number: seal.audit_hash for seal in seals}
    gone = [number for number, audit_hash in held.items() if wanted.get(number) != audit_hash]
    new = [seal for seal in seals if held.get(seal.seal_number) != seal.audit_hash]
    if gone:
        for table in (*TABLES, "seals"):
            connection.execute(f"delete from sealed.{table} where seal_number in ?", [gone])
    if new:
        for table in TABLES:
            ledger.insert_rows(connection, new, table, f"sealed.{table}")
        _insert_seals(connection, new)
    return len(seals)


def _create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists sealed")
    for table, columns in {**{name: ledger.TABLES[name] | _NUMBER for name in TABLES}, "seals": ledger.SEALS}.items():
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"create table if not exists sealed.{table} ({declared})")


def _insert_seals(connection: duckdb.DuckDBPyConnection, seals: list[ledger.Seal]) -> None:
    """One row per seal. Its invoices and cents are those issued: void ones are left out, all currencies added."""
    stored = [name for name in ledger.SEALS if name not in ("invoice_count", "total_cents")]
    columns = ", ".join(f"unnest(${place}::{ledger.SEALS[name]}[]) as {name}" for place, name in enumerate(stored, 1))
    connection.execute(
        f"insert into sealed.seals by name select seals.*, coalesce(invoice_count, 0) as invoice_count, "
        f"coalesce(total_cents, 0) as total_cents from (select {columns}) as seals left join ("
        "select seal_number, count(*) as invoice_count, sum(total_cents) as total_cents from sealed.invoices "
        "where status = 'issued' group by seal_number) using (seal_number)",
        [[getattr(seal, name) for seal in seals] for name in stored],
    )
