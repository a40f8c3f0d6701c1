"""The warehouse against the second opinion: the same landing, the same cents, with no tolerance.

`COUNTERFOIL_WORLDS` is the number of worlds per setting (default 1, always the same; more are drawn by Hypothesis),
`COUNTERFOIL_TENANTS` the number of tenants in each. A failure names the seed and the tenants that differ:
`landing_of(setting, tenants, only={17, 18})` makes tenant 17's story again without the others.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
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
from support.stories import Landing, Round, Setting, landing_of, payments_for
from support.worlds import World

WORLDS = int(os.environ.get("COUNTERFOIL_WORLDS", "1"))
TENANTS = int(os.environ.get("COUNTERFOIL_TENANTS", "300"))
SHOWN = 3

SETTINGS = (
    Setting("leap year, an open month", "UTC", ["2024-01", "2024-02", "2024-03"], as_of="2024-03-31", campaigns=True),
    Setting(
        "clocks back, held and reissued invoices",
        "Australia/Sydney",
        ["2026-03", "2026-04", "2026-05"],
        window=1,
        as_of="2026-06-02",
        rounds=(Round(0, 0), Round(1, 1), Round(0, 0, corrected=True, forced=True, some=True), Round(2, 2)),
        campaigns=True,
    ),
    Setting(
        "clocks back, later than the window",
        "America/New_York",
        ["2025-10", "2025-11", "2025-12"],
        window=1,
        as_of="2026-01-01",
    ),
)
MORE = (
    Setting(
        "clocks forward, everything reissued at once",
        "Australia/Sydney",
        ["2025-09", "2025-10", "2025-11"],
        as_of="2025-12-01",
        rounds=(Round(0, 0), Round(0, 2), Round(0, 2, corrected=True, forced=True)),
    ),
    Setting("midnight missing", "America/Havana", ["2026-02", "2026-03"], 2, as_of="2026-04-01"),
    Setting("midnight missing", "America/Santiago", ["2025-08", "2025-09"], 3, as_of="2025-10-01"),
    Setting(
        "midnight twice, reissued with nothing after it",
        "America/Havana",
        ["2025-10", "2025-11"],
        1,
        as_of="2025-12-01",
        rounds=(Round(0, 0), Round(0, 0, corrected=True, forced=True), Round(1, 1), Round(0, 1)),
    ),
    Setting(
        "half an hour, the first month not closed",
        "Australia/Lord_Howe",
        ["2026-03", "2026-04"],
        2,
        as_of="2026-05-01",
        rounds=(Round(1, 1),),
    ),
    Setting("quarters", "Asia/Kathmandu", ["2025-12", "2026-01"], 3, as_of="2026-02-01"),
    Setting("far east", "Pacific/Kiritimati", ["2026-02", "2026-03"], 3, as_of="2026-04-01"),
    Setting(
        "longer than the window",
        "America/New_York",
        ["2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03"],
        window=2,
        as_of="2026-04-01",
        rounds=(
            Round(0, 0),
            Round(1, 3),
            Round(1, 1, forced=True),
            Round(0, 0, corrected=True, forced=True, some=True),
            Round(4, 4),
            Round(3, 4, forced=True, some=True),
            Round(5, 5),
        ),
    ),
)

Facts = dict[tuple, tuple]


@dataclass(frozen=True)
class Run:
    """A round with what it finds: files, months, as-of date, and the tenants of a forced run (None: all)."""

    files: list[File]
    months: list[str]
    as_of: str
    forced: bool
    tenants: set[str] | None


def runs(setting: Setting, landing: Landing) -> list[Run]:
    """All but the last as of the month after the newest delivery."""
    found, known, corrected = [], "", False
    for number, run in enumerate(setting.runs, 1):
        months = setting.of(run)
        known, corrected = max(known, months[-1]), corrected or run.corrected
        is_last = number == len(setting.runs)
        as_of = setting.as_of if is_last else f"{month_of(month_number(known) + 1)}-01"
        files = landing.files(None if is_last else known, corrected)
        found.append(Run(files, months, as_of, run.forced, some_of(files) if run.some else None))
    return found


def some_of(files: list[File]) -> set[str]:
    """Every third tenant."""
    tenants = {row["tenant_id"] for file in files if file.name == "tenants.csv" for row in file.rows}
    return {tenant for tenant in tenants if int(tenant.rpartition("-")[2]) % 3 == 0}


def opinion(setting: Setting, runs: list[Run]) -> Books:
    books = Books(setting.zone, setting.window, has_abn=True, campaigns=setting.campaigns)
    for run in runs:
        for month in run.months:
            if run.forced:
                books.reissue(run.files, month, date.fromisoformat(run.as_of), run.tenants)
            else:
                books.close(run.files, month, date.fromisoformat(run.as_of))
    return books


def with_payments(setting: Setting, landing: Landing) -> tuple[list[Run], Books]:
    """Payments are made of what the second opinion says was invoiced, and come with the last run."""
    found = runs(setting, landing)
    books = opinion(setting, found)
    invoices = [invoice for month in setting.closed for invoice in books.published(month).invoices.values()]
    payments = payments_for(setting, {(each.tenant_id, each.period): each.total for each in invoices})
    books.payments = list(payments.rows)
    return [*found[:-1], replace(found[-1], files=[*found[-1].files, payments])], books


def close(world: World, runs: list[Run]) -> None:
    """The warehouse's turn."""
    for run in runs:
        for file in run.files:
            world.deliver(file.feed, file.period, file.name, file.rows)
        options = {"force": run.forced, "tenants": tuple(sorted(run.tenants or ()))}
        world.close(run.months[0], run.months[-1], as_of=run.as_of, **options)


def expected(books: Books, months: list[str]) -> dict[str, Facts]:
    """What the second opinion says, as table -> key -> values."""
    facts: dict[str, Facts] = {"invoice": {}, "line": {}, "allowance": {}, "balance": {}}
    for month in months:
        published = books.published(month)
        for invoice, is_current in books.versions(month):
            key = (invoice.tenant_id, month, invoice.version)
            status, document = books.status(invoice), invoice.document_type(books.has_abn)
            values = (invoice.currency, invoice.subtotal, invoice.tax, invoice.total, status, document, is_current)
            facts["invoice"][key] = values
            for number, line in enumerate(invoice.lines, 1):
                facts["line"][*key, number] = (*astuple(line), is_current)
        for (tenant, deployment, kind), row in published.allowances.items():
            facts["allowance"][tenant, month, deployment, kind] = astuple(row)
        for lot, balance in published.balances.items():
            facts["balance"][balance.tenant_id, month, lot] = astuple(balance)[1:]
    return facts


QUERIES = {
    "invoice": """
        select tenant_id, strftime(period, '%Y-%m'), version, currency, subtotal_cents, tax_cents, total_cents, status,
            document_type, is_current
        from billing.invoices""",
    "line": """
        select tenant_id, strftime(period, '%Y-%m'), cast(split_part(invoice_id, '-', -1) as integer), line_number,
            kind, deployment_id, amount_cents, resource_kind,
            if(kind in ('overage', 'llm_usage', 'adjustment'), quantity, null), first_day,
            billed_days, source_id, adjusts_period, adjusts_kind, campaign_id, is_current
        from billing.invoice_lines""",
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
KEY_LENGTH = {"invoice": 3, "line": 4, "allowance": 4, "balance": 3}


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
        runs, books = with_payments(drawn, landing_of(drawn, TENANTS))
        close(world, runs)
        found = differences(expected(books, drawn.closed), published(world))
        if found:
            reports.append(f"{drawn}\n{report(found, runs[-1].files)}")
        else:
            shutil.rmtree(world.root)

    worlds_drawn(compare)
    assert not reports, "\n\n".join(reports)


def config_of(setting: Setting) -> str:
    return (
        '[supplier]\nname = "Us"\nabn = "51824753556"\n[billing]\n'
        f'timezone = "{setting.zone}"\nfirst_period = "{setting.months[0]}"\nadjustment_months = {setting.window}\n'
    )
