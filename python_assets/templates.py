"""A new home: a folder per feed, a header-only template per table, and a README that says what goes where."""

import csv
from pathlib import Path

from python_assets.errors import UserError
from python_assets.ingest import FEEDS, TABLES
from python_assets.ingest.feeds import Table

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


def _is_text(table: Table) -> bool:
    """Whether people write this table as rows; the others come as the provider's JSON."""
    return table.name not in (
        "digitalocean_summaries",
        "digitalocean_items",
        "digitalocean_balance",
        "analytics_exports",
    )


def _write_template(folder: Path, table: Table) -> str:
    path = folder / "templates" / table.feed / f"{table.stem or table.feed}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerow(column.name for column in table.columns)
    return str(path.relative_to(folder))


def _readme() -> str:
    lines = [
        "# A Counterfoil home",
        "",
        "Put files as they are delivered into `landing/<feed>/period=YYYY-MM/`; the month is the close that they are",
        "delivered for. `.csv`, `.jsonl` (both also as `.gz`) and `.parquet` are read. `templates/` has the header of",
        "each table; a column with `*` must have a value. `mappings/<name>.yaml` says how another system's export is",
        "read (`extends: litellm` and `extends: cloudevents` are built in).",
        "",
        "| feed | file | columns |",
        "|---|---|---|",
    ]
    for table in TABLES.values():
        if _is_text(table):
            columns = ", ".join(column.name + ("\\*" if column.required else "") for column in table.columns)
            lines.append(f"| `{table.feed}` | {f'`{table.stem}`' if table.stem else 'any name'} | {columns} |")
    lines += [
        "",
        "Then: `counterfoil check --home .`, and `counterfoil run --home . --period YYYY-MM`.",
        "Back up `landing/` and `ledger/`; everything else can be made again.",
        "",
    ]
    return "\n".join(lines)
