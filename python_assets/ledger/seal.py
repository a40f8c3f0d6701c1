"""Issuing: the one writer of the ledger. Each issue appends one sealed folder, whole or not at all.

The rows come as SELECTs from the warehouse; they are written to files first, and then hashed and checked from
these files by the same code that verifies them later. Callers hold the home's lock.
"""

import shutil
from datetime import date
from pathlib import Path

import duckdb

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ledger import checks, history, statistics
from python_assets.ledger.chain import (
    FORMAT,
    NO_HASH,
    Seal,
    check_may_seal,
    check_seal_date,
    folder_name,
    seal_bytes,
    seal_from_bytes,
)
from python_assets.ledger.durable import sync
from python_assets.ledger.leaves import UnreadableSeal, open_seal, roots
from python_assets.ledger.relations import text_sql
from python_assets.ledger.remembered import marks_of, remember
from python_assets.ledger.secret import UNFINISHED, make_secret, read_secret, salt_of
from python_assets.ledger.tables import FILE_ORDER, TABLES
from python_assets.ledger.verify import verified_seals

# Cents that the lines of one seal may come to, whatever their sign. Beyond it sums that rest on several of them (a
# month's total, the differences of its findings) no longer fit 64 bits, and what is sealed is sealed for good.
MOST_CENTS = 10**17


class InternalInconsistency(Exception):
    """What the warehouse wants sealed contradicts itself or the ledger: a defect of the project, not of the input."""


def issue(
    home: Home,
    con: duckdb.DuckDBPyConnection,
    period: date,
    as_of: date,
    invoices: str,
    invoice_lines: str,
    top_up_balances: str,
    usage_allowances: str,
    inputs: str,
) -> Seal | None:
    """Appends one seal of `period` and returns it; None, and nothing written, if there is nothing new to seal.

    The five texts are SELECTs for `con` with the columns of `tables.TABLES` by name (`salt` is made here, further
    columns are ignored; a value that the ledger's type cannot hold exactly is refused). A period's first seal is
    written even without an invoice. `as_of` dates the seal. UserError if the ledger is damaged, the month or the date
    is not in order, the time zone is another, the secret is lost, or the lines come to more than MOST_CENTS;
    InternalInconsistency if the rows contradict each other or the ledger.
    """
    seals = verified_seals(home)
    check_may_seal(home, period, home.config.timezone)
    _remove_unfinished(home)
    secret = _secret_for(home, seals)
    unfinished = home.ledger / f"{UNFINISHED}{len(seals) + 1:06d}"
    unfinished.mkdir()
    try:
        count = _write_invoices(con, invoices, unfinished / "invoices.parquet", secret)
        if not count and any(seal.period == period for seal in seals):
            return None
        check_seal_date(home, period, as_of)
        sources = {
            "invoice_lines": invoice_lines,
            "top_up_balances": top_up_balances,
            "usage_allowances": usage_allowances,
            "inputs": inputs,
        }
        for table, source in sources.items():
            target = text_sql(str(unfinished / f"{table}.parquet"))
            con.execute(f"COPY ({_typed_sql(con, table, source)}) TO {target} (FORMAT parquet)")
        _write_seal(home, seals, unfinished, period, as_of)
        seals = [*seals, _publish(home, unfinished, len(seals) + 1)]
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    # Just checked as `verified_seals` would.
    remember(home, secret, {seal.seal_number: marks_of(seal) for seal in seals})
    return seals[-1]


def _remove_unfinished(home: Home) -> None:
    """Makes the ledger's folder if it is not there, and removes what a killed writer left in it."""
    if not home.ledger.is_dir():
        home.ledger.mkdir()
        sync(home.root)
    for leftover in home.ledger.glob(f"{UNFINISHED}*"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _secret_for(home: Home, seals: list[Seal]) -> bytes:
    """The ledger's secret, made if there is no seal yet."""
    if not seals and not (home.ledger / "secret").exists():
        make_secret(home)
    return read_secret(home)


def _write_invoices(con: duckdb.DuckDBPyConnection, source: str, path: Path, secret: bytes) -> int:
    """Writes the invoices with their salts; the number of rows."""
    invoices = _typed_sql(con, "invoices", source)
    ids = [invoice_id for (invoice_id,) in con.execute(f"SELECT DISTINCT invoice_id FROM ({invoices})").fetchall()]
    salts = [invoice_id and salt_of(secret, invoice_id) for invoice_id in ids]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE salts AS "
        "SELECT unnest($1::VARCHAR[]) AS invoice_id, unnest($2::VARCHAR[]) AS salt",
        [ids, salts],
    )
    order = ", ".join(FILE_ORDER["invoices"])
    [count] = con.execute(
        f"COPY (SELECT * FROM ({invoices}) LEFT JOIN salts USING (invoice_id) ORDER BY {order}) "
        f"TO {text_sql(str(path))} (FORMAT parquet)"
    ).fetchone()
    con.execute("DROP TABLE salts")
    return count


def _typed_sql(con: duckdb.DuckDBPyConnection, table: str, source: str) -> str:
    """The SELECT `source` with exactly the file's columns and types, in the file's order."""
    source = f"(\n{source.rstrip().removesuffix(';')}\n)"
    given = {name: kind for name, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    columns = [
        _exact_cast(f"{table}.{name}", given.get(name), kind) for name, kind in TABLES[table].items() if name != "salt"
    ]
    return f"SELECT {', '.join(columns)} FROM {source} AS {table} ORDER BY {', '.join(FILE_ORDER[table])}"


def _exact_cast(column: str, given: str | None, kind: str) -> str:
    """SQL that casts a column, or fails where the cast would change a value: a ledger does not round."""
    name = column.partition(".")[2]
    if given is None or given in ("DOUBLE", "FLOAT"):
        raise InternalInconsistency(
            f"{column}: the ledger needs {kind}, the warehouse gives {given or 'no such column'}"
        )
    if given == kind:
        return name
    cast = f"CAST({name} AS {kind})"
    if given != '"NULL"':
        complaint = text_sql(f"{column}: a value does not fit {kind} exactly")
        changed = f"CAST({cast} AS {given}) IS DISTINCT FROM {name}"
        cast = f"CASE WHEN {changed} THEN error({complaint}) ELSE {cast} END"
    return f"{cast} AS {name}"


def _write_seal(home: Home, seals: list[Seal], folder: Path, period: date, as_of: date) -> None:
    """Checks the files in `folder`, hashes them and writes `seal.json` beside them."""
    try:
        with open_seal(folder) as files:
            _refuse_what_cannot_be_added_up(files)
            found = checks.faults(files, period, as_of) + statistics.faults(files, folder)
            found += history.conflicts(files, [seal for seal in seals if seal.period == period])
            if found:
                raise InternalInconsistency("the rows to be sealed are inconsistent; " + "; ".join(found))
            computed = roots(files)
    except UnreadableSeal as error:
        raise InternalInconsistency(str(error)) from error
    document = {
        "format": FORMAT,
        "seal_number": len(seals) + 1,
        "period": period.isoformat(),
        "previous_hash": seals[-1].audit_hash if seals else NO_HASH,
        "timezone": home.config.timezone,
        "sealed_on": as_of.isoformat(),
        **computed,
    }
    (folder / "seal.json").write_bytes(seal_bytes(document))


def _refuse_what_cannot_be_added_up(files: duckdb.DuckDBPyConnection) -> None:
    """UserError that names the greatest lines."""
    (cents,) = files.execute("SELECT coalesce(sum(abs(amount_cents::HUGEINT)), 0) FROM invoice_lines").fetchone()
    if cents < MOST_CENTS:
        return
    greatest = files.execute(
        "SELECT tenant_id, concat_ws(' ', kind, resource_kind, deployment_id, campaign_id), quantity, amount_cents "
        "FROM invoice_lines WHERE kind <> 'tax' "
        "ORDER BY abs(amount_cents::HUGEINT) DESC, invoice_id, line_number LIMIT 3"
    ).fetchall()
    lines = [
        f"  {tenant}: {what}{f', quantity {quantity.normalize():f}' if quantity else ''}: {amount} cents"
        for tenant, what, quantity, amount in greatest
    ]
    raise UserError(
        f"nothing is sealed: the lines to be sealed come to {cents} cents, more than can be added up ({MOST_CENTS}); "
        "correct the quantities or prices of the greatest and run again:\n" + "\n".join(lines)
    )


def _publish(home: Home, unfinished: Path, number: int) -> Seal:
    """Makes the finished folder durable and gives it its name."""
    for file in unfinished.iterdir():
        sync(file)
    sync(unfinished)
    folder = home.ledger / folder_name(number)
    unfinished.rename(folder)
    sync(home.ledger)
    return seal_from_bytes((folder / "seal.json").read_bytes(), folder)
