"""The warehouse against the second opinion: the same landing, the same cents, with no tolerance.

`COUNTERFOIL_WORLDS` is the number of worlds per setting (default 1, always the same; more are drawn by Hypothesis),
`COUNTERFOIL_TENANTS` the number of tenants in each. A failure names the seed and the tenants that differ:
`landing_of(setting, tenants, only={17, 18})` makes tenant 17's story again without the others.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import astuple, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.opinion.books import Books
from support.opinion.landing import File
from support.opinion.values import month_number, month_of
from support.stories import Setting, landing_of, payments_for
from support.worlds import World

WORLDS = int(os.environ.get("COUNTERFOIL_WORLDS", "1"))
TENANTS = int(os.environ.get("COUNTERFOIL_TENANTS", "400"))
SHOWN = 3

SETTINGS = (
    Setting("leap year, an open month", "UTC", ["2024-01", "2024-02", "2024-03"], as_of="2024-03-31"),
    Setting(
        "clocks back, held invoices",
        "Australia/Sydney",
        ["2026-03", "2026-04"],
        window=1,
        as_of="2026-05-02",
        rounds=((0, 0), (1, 1), (0, 0)),
        moves=False,  # a lot that is sealed elsewhere in April before March is: open question of R8
    ),
    Setting("clocks back", "America/New_York", ["2025-10", "2025-11"], as_of="2025-12-01", rounds=((1, 1),)),
)
MORE = (
    Setting(
        "clocks forward",
        "Australia/Sydney",
        ["2025-09", "2025-10", "2025-11"],
        as_of="2025-12-01",
        rounds=((0, 0), (0, 2)),
    ),
    Setting("midnight missing", "America/Havana", ["2026-02", "2026-03"], 2, as_of="2026-04-01"),
    Setting("midnight missing", "America/Santiago", ["2025-08", "2025-09"], 3, as_of="2025-10-01"),
    Setting(
        "midnight twice",
        "America/Havana",
        ["2025-10", "2025-11"],
        1,
        as_of="2025-12-01",
        rounds=((0, 0), (1, 1), (0, 1)),
        moves=False,
    ),
    Setting("half an hour", "Australia/Lord_Howe", ["2026-03", "2026-04"], 2, as_of="2026-05-01"),
    Setting("quarters", "Asia/Kathmandu", ["2025-12", "2026-01"], 3, as_of="2026-02-01"),
    Setting("far east", "Pacific/Kiritimati", ["2026-02", "2026-03"], 3, as_of="2026-04-01"),
)

Facts = dict[tuple, tuple]


def runs(setting: Setting, files: list[File]) -> list[tuple[list[File], list[str], str]]:
    """(files delivered so far, months to close, as-of date) of each run; all but the last as of the next month."""
    found, known = [], ""
    for months in setting.runs:
        known = max(known, months[-1])
        next_month = month_of(month_number(known) + 1)
        found.append(([file for file in files if file.period <= known], months, f"{next_month}-01"))
    return [*found[:-1], (files, found[-1][1], setting.as_of)]


def opinion(setting: Setting, files: list[File]) -> Books:
    books = Books(setting.zone, setting.window, has_abn=True)
    for known, months, as_of in runs(setting, files):
        for month in months:
            books.close(known, month, date.fromisoformat(as_of))
    return books


def with_payments(setting: Setting, files: list[File]) -> tuple[list[File], Books]:
    """Payments are made of what the second opinion says was invoiced."""
    books = opinion(setting, files)
    invoices = [invoice for month in setting.closed for invoice in books.published(month).invoices.values()]
    payments = payments_for(setting, {(each.tenant_id, each.period): each.total for each in invoices})
    books.payments = list(payments.rows)
    return [*files, payments], books


def close(world: World, setting: Setting, files: list[File]) -> None:
    """The warehouse's turn."""
    for known, months, as_of in runs(setting, files):
        for file in known:
            world.deliver(file.feed, file.period, file.name, file.rows)
        world.close(months[0], months[-1], as_of=as_of)


def expected(books: Books, months: list[str]) -> dict[str, Facts]:
    """What the second opinion says, as table -> key -> values."""
    facts: dict[str, Facts] = {"invoice": {}, "line": {}, "allowance": {}, "balance": {}}
    for month in months:
        published = books.published(month)
        for tenant, invoice in published.invoices.items():
            status, document = books.status(invoice), invoice.document_type(books.has_abn)
            values = (invoice.currency, invoice.subtotal, invoice.tax, invoice.total, status, document)
            facts["invoice"][tenant, month] = values
            for number, line in enumerate(invoice.lines, 1):
                facts["line"][tenant, month, number] = astuple(line)
        for (tenant, deployment, kind), row in published.allowances.items():
            facts["allowance"][tenant, month, deployment, kind] = astuple(row)
        for lot, balance in published.balances.items():
            facts["balance"][balance.tenant_id, month, lot] = astuple(balance)[1:]
    return facts


QUERIES = {
    "invoice": """
        select tenant_id, strftime(period, '%Y-%m'), currency, subtotal_cents, tax_cents, total_cents, status,
            document_type
        from billing.invoices where is_current""",
    "line": """
        select tenant_id, strftime(period, '%Y-%m'), line_number, kind, deployment_id, amount_cents, resource_kind,
            if(kind in ('overage', 'llm_usage'), quantity, null), first_day, billed_days, source_id, adjusts_period,
            adjusts_kind
        from billing.invoice_lines where is_current""",
    "allowance": """
        select tenant_id, strftime(period, '%Y-%m'), deployment_id, resource_kind, used_qty, unbilled_qty,
            non_billable_qty, included_qty, addon_qty, allowance_qty, covered_qty, top_up_qty, overage_qty, capped_qty,
            unpriced_qty
        from billing.usage_allowances""",
    "balance": """
        select tenant_id, strftime(period, '%Y-%m'), top_up_id, deployment_id, resource_kind, opening_qty, applied_qty,
            expired_qty, closing_qty
        from billing.top_up_balances""",
}
KEY_LENGTH = {"invoice": 2, "line": 3, "allowance": 4, "balance": 3}


def published(world: World) -> dict[str, Facts]:
    """What the warehouse says, in the same form."""
    return {
        table: {row[: KEY_LENGTH[table]]: row[KEY_LENGTH[table] :] for row in world.rows(query)}
        for table, query in QUERIES.items()
    }


def differences(ours: dict[str, Facts], theirs: dict[str, Facts]) -> list[tuple[str, tuple, Any, Any]]:
    """(table, key, second opinion, warehouse) of all that is not equal."""
    return [
        (table, key, ours[table].get(key), theirs[table].get(key))
        for table in ours
        for key in sorted(ours[table].keys() | theirs[table].keys(), key=str)
        if ours[table].get(key) != theirs[table].get(key)
    ]


def in_words(values: tuple | None) -> str:
    if values is None:
        return "nothing"
    return " | ".join(
        "-" if value is None else str(value if not isinstance(value, Fraction) else readable(value)) for value in values
    )


def readable(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.12g}"


def report(found: list[tuple[str, tuple, Any, Any]], files: list[File]) -> str:
    """The differences of a few tenants, with every row that concerns them."""
    tenants = list(dict.fromkeys(key[0] for _, key, _, _ in found))
    text = [f"{len(found)} differences, of {len(tenants)} tenants: {tenants[:40]}"]
    for tenant in tenants[:SHOWN]:
        text.append(f"--- {tenant}")
        for table, key, ours, theirs in found:
            if key[0] == tenant:
                text += [f"{table} {key[1:]}", f"    rules     {in_words(ours)}", f"    warehouse {in_words(theirs)}"]
        text += rows_of(tenant, files)
    return "\n".join(text)


def rows_of(tenant: str | None, files: list[File]) -> list[str]:
    """Rows of a tenant: its number is in all of its ids."""
    number = str(tenant).partition("-")[2]
    rows = [row for file in files for row in file.rows]
    plans = {
        row["plan_version_id"]
        for row in rows
        if "subscription_id" in row and "starts_on" in row and concerns(row, number)
    }
    return [
        f"  {file.feed}/{file.period}/{file.name} {' '.join(f'{name}={value}' for name, value in row.items() if value)}"
        for file in files
        for row in file.rows
        if concerns(row, number) or (row.get("plan_version_id") in plans and "subscription_id" not in row)
    ]


def concerns(row: dict[str, Any], number: str) -> bool:
    identity = row.get("deployment_id") or row.get("tenant_id") or row.get("subscription_id") or ""
    return identity.rpartition("-")[2].partition(".")[0] == number or row.get("tenant_id", "").endswith(f"-{number}")


def worlds_drawn(draw: Callable[[int], None]) -> None:
    """Calls it with as many seeds as worlds are wanted; the first is always 0."""
    settings(
        max_examples=WORLDS, phases=[Phase.generate], deadline=None, database=None, suppress_health_check=HealthCheck
    )(given(seed=st.integers(0, 2**32))(draw))()


@pytest.mark.parametrize(
    "setting", [*SETTINGS, *(MORE if WORLDS > 1 else ())], ids=lambda each: f"{each.zone}-{each.months[0]}"
)
def test_the_warehouse_agrees_with_the_second_opinion(setting: Setting, tmp_path: Path):
    reports = []

    def compare(seed: int) -> None:
        drawn = replace(setting, seed=f"{setting.seed}/{seed}")
        world = World(tmp_path / f"{seed}", config_of(drawn))
        files, books = with_payments(drawn, landing_of(drawn, TENANTS).files())
        close(world, drawn, files)
        found = differences(expected(books, drawn.closed), published(world))
        if found:
            reports.append(f"{drawn}\n{report(found, files)}")
        else:
            shutil.rmtree(world.root)

    worlds_drawn(compare)
    assert not reports, "\n\n".join(reports)


def config_of(setting: Setting) -> str:
    return (
        '[supplier]\nname = "Us"\nabn = "51824753556"\n[billing]\n'
        f'timezone = "{setting.zone}"\nfirst_period = "{setting.months[0]}"\nadjustment_months = {setting.window}\n'
    )
