"""A new home: a folder per feed, a header-only template per table, and a README that says what goes where."""

import csv
from pathlib import Path

from python_assets.errors import UserError
from python_assets.ingest import FEEDS, TABLES
from python_assets.ingest.feeds import Column, Table

_CONFIG = """\
# Everything here is optional; what is commented out holds by default.
[supplier]                       # printed on tax invoices
name = ""
# abn = ""                       # 11 digits; with it, invoices that bear tax are tax invoices
# address = ""
# email = ""

[billing]
# timezone = "UTC"               # any IANA zone, such as "Australia/Sydney"; fixed by the first seal
# first_period = "2026-01"       # default: the earliest delivery
# reporting_currency = "AUD"
# adjustment_months = 3

[privacy]
# k = 11
"""


def make_home(folder: Path) -> list[str]:
    """Makes the home and returns its templates' paths; UserError if the folder has something in it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder}: there is something already; name a new folder")
    for feed in FEEDS:
        (folder / "landing" / feed).mkdir(parents=True)
    (folder / "mappings").mkdir()
    (folder / "counterfoil.toml").write_text(_CONFIG, "utf-8")
    (folder / "README.md").write_text(_readme(), "utf-8")
    return [_write_template(folder, table) for table in TABLES.values() if _is_text(table)]


# Tables that people do not write as rows: the file they come in, and what it has in it.
_AS_JSON = {
    "digitalocean_summaries": ("`<invoice_uuid>.summary.json`", "the API's answer, as it gives it"),
    "digitalocean_items": ("`<invoice_uuid>.items.json`", "the API's answer, as it gives it"),
    "digitalocean_balance": ("any name, `.json`", "the API's answer, as it gives it"),
    "analytics_exports": (
        "`<export_id>.csv` and `<export_id>.json`",
        'any; in the JSON `{"quasi_identifiers": ["postcode"], "k": 11}`',
    ),
}


def _is_text(table: Table) -> bool:
    return table.name not in _AS_JSON


def _columns(table: Table) -> list[Column]:
    """The columns of its file; the provider names an invoice by its file alone."""
    return [c for c in table.columns if table.feed != "digitalocean_invoices" or c.name != "invoice_uuid"]


def _write_template(folder: Path, table: Table) -> str:
    path = folder / "templates" / table.feed / f"{table.stem or table.feed}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerow(column.name for column in _columns(table))
    return str(path.relative_to(folder))


def _readme() -> str:
    lines = [
        "# A Counterfoil home",
        "",
        "Put files as they are delivered into `landing/<feed>/period=YYYY-MM/`; the month is the close that they are",
        "delivered for. `.csv`, `.jsonl` (both also as `.gz`) and `.parquet` are read. `templates/` has the header of",
        "each table; columns may stand in any order. `mappings/<name>.yaml` says how another system's export is read",
        "(`extends: litellm` and `extends: cloudevents` are built in).",
        "",
        "Then `counterfoil check`, and `counterfoil run --period YYYY-MM`: both with `--home` and this folder, unless",
        "it is `./home` or COUNTERFOIL_HOME names it.",
        "",
        "Back up `landing/`, `ledger/`, `mappings/` and `counterfoil.toml`; everything else can be made again.",
        "",
        "## What goes where",
        "",
        "A column with `*` must have a value; `=` says what holds without one. Amounts are whole cents, unit prices",
        "cents with up to 6 decimals, `charge` is in dollars. Dates are `2026-04-30`, months `2026-04`, timestamps",
        "`2026-04-30T23:59:00Z` (UTC if nothing is said). A table in which nothing changed needs no file; one in which",
        "something did comes whole, with the rows that stay. Usage, payments, rates and plan versions only add up.",
        "",
        "| feed | file | columns |",
        "|---|---|---|",
    ]
    for table in TABLES.values():
        file, columns = _AS_JSON.get(table.name) or (_file(table), ", ".join(map(_described, _columns(table))))
        lines.append(f"| `{table.feed}` | {file} | {columns} |")
    return "\n".join([*lines, ""])


def _file(table: Table) -> str:
    if table.feed == "digitalocean_invoices":
        return "`<invoice_uuid>.csv`"
    return f"`{table.stem}`" if table.stem else "any name"


def _described(column: Column) -> str:
    return column.name + ("\\*" if column.required else "") + (f" = {column.default}" if column.default else "")
