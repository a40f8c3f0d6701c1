"""Small hand-made rows to seal: two tenants a month, an awkward description, an amount beyond 2^53."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from python_assets.home import Config, Home
from python_assets.ledger import Seal, issue
from python_assets.ledger.tables import TABLES
from python_assets.memory import lent
from python_assets.periods import add_months, period_text

APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)
HUGE = 2**53 + 1


def new_home(root: Path, timezone: str = "UTC") -> Home:
    root.mkdir(exist_ok=True)
    return Home(root, Config(timezone=timezone))


def invoice_id(period: date, tenant: str, version: int = 1) -> str:
    return f"INV-{period_text(period)}-{tenant}-{version}"


def invoice(period: date, tenant: str, total: int, version: int = 1, status: str = "issued", **other) -> dict:
    row = {
        "invoice_id": invoice_id(period, tenant, version),
        "tenant_id": tenant,
        "period": period,
        "version": version,
        "document_type": "invoice",
        "status": status,
        "currency": "AUD",
        "subtotal_cents": total - 10,
        "tax_cents": 10,
        "total_cents": total,
        "issued_on": add_months(period, 1),
    }
    return row | other


def lines_of(row: dict, **other) -> list[dict]:
    """Three lines that add up to the invoice: a base, an overage and the tax."""
    common = dict.fromkeys(TABLES["invoice_lines"]) | {
        name: row[name] for name in ("invoice_id", "tenant_id", "period")
    }
    base = common | {"line_number": 1, "deployment_id": "d-1", "kind": "plan_base", "description": 'Größe\t"L"\n\x01😀'}
    base |= {"amount_cents": row["subtotal_cents"] - 7, "first_day": row["period"], "billed_days": 30}
    overage = common | {"line_number": 2, "deployment_id": "d-1", "kind": "overage", "resource_kind": "spaces_gb"}
    overage |= {"quantity": "3.500000000000001", "unit": "gb", "unit_price_cents": "2", "amount_cents": 7}
    overage |= {"campaign_id": "c-1", "source_id": "a-1", "adjusts_period": APRIL, "adjusts_kind": "overage"}
    overage |= {"days_in_period": 30}
    tax = common | {"line_number": 3, "kind": "tax", "description": "GST", "amount_cents": row["tax_cents"]}
    return [base | other, overage, tax]


def sources(invoices: list[dict], lines: list[dict] | None = None, period: date = APRIL) -> dict[str, str]:
    """The five SELECTs that `issue` takes."""
    lines = (
        [line for row in invoices if row["status"] == "issued" for line in lines_of(row)] if lines is None else lines
    )
    lot = {"period": period, "top_up_id": "lot-1", "tenant_id": "t-a", "deployment_id": "d-1"}
    lot |= {
        "resource_kind": "spaces_gb",
        "opening_qty": 10,
        "applied_qty": "2.5",
        "expired_qty": 0,
        "closing_qty": "7.5",
    }
    allowance = dict.fromkeys(TABLES["usage_allowances"], 1) | {"period": period, "tenant_id": "t-a"}
    allowances = [allowance | {"deployment_id": "d-1", "resource_kind": kind} for kind in ("a", "b")]
    file = {"feed": "metering", "period": period, "file": "april.csv", "sha256": "00" * 32}
    rows = {
        "invoices": invoices,
        "invoice_lines": lines,
        "top_up_balances": [lot],
        "usage_allowances": allowances,
        "inputs": [file],
    }
    return {table: select(table, some) for table, some in rows.items()}


def select(table: str, rows: list[dict]) -> str:
    columns = {name: kind for name, kind in TABLES[table].items() if name != "salt"}
    cast = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in columns.items())
    values = [f"({', '.join(literal(row[name]) for name in columns)})" for row in rows]
    nothing = f"({', '.join(['NULL'] * len(columns))})"
    return f"SELECT {cast} FROM (VALUES {', '.join(values or [nothing])}) AS rows ({', '.join(columns)})" + (
        "" if rows else " WHERE false"
    )


def literal(value: object) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def seal_month(
    home: Home,
    period: date,
    invoices: list[dict] | None = None,
    lines: list[dict] | None = None,
    on: date | None = None,
) -> Seal | None:
    """Seals two invoices (or the given ones), as of the first day of the next month unless told."""
    if invoices is None:
        invoices = [invoice(period, "t-b", 1017), invoice(period, "t-a", HUGE)]
    with lent() as con:
        return issue(home, con, period, on or add_months(period, 1), **sources(invoices, lines, period))


def plain(value: Any) -> Any:
    """The value as the contract has it in a leaf: decimals and dates as text, numbers from 2^53 on too, no nulls."""
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [plain(member) for member in value]
    if isinstance(value, Decimal):
        digits = format(value, "f")
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
        return "0" if digits == "-0" else digits
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, int) and abs(value) >= 2**53 else value
