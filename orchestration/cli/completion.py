"""What a shell offers for a value. Whatever goes wrong, it offers nothing: nobody reads an error while typing."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import typer

from orchestration.settings import home_folder
from python_assets import ingest, ledger
from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.periods import period_text


def _offering(values: Callable[[Home], list[str]]) -> Callable[[typer.Context, str], list[str]]:
    def offer(ctx: typer.Context, incomplete: str) -> list[str]:
        given = ctx.params.get("home")
        try:
            found = values(Home.open(home_folder(Path(given) if given else None)))
        except (UserError, OSError, duckdb.Error):
            return []
        return [value for value in found if value.startswith(incomplete)]

    return offer


@_offering
def periods(home: Home) -> list[str]:
    """Months with files."""
    return [period_text(period) for period in sorted(ingest.delivered_periods(home))]


@_offering
def tenants(home: Home) -> list[str]:
    """Tenants with an issued invoice."""
    return _invoiced(home, "select distinct tenant_id from invoices order by 1")


@_offering
def invoices(home: Home) -> list[str]:
    """Issued invoices, the newest first."""
    return _invoiced(home, "select distinct invoice_id, period from invoices order by period desc, 1")


@_offering
def plans(home: Home) -> list[str]:
    return _column("select distinct plan_code from catalog.plan_versions order by 1", home.marts)


@_offering
def addons(home: Home) -> list[str]:
    return _column("select distinct addon_code from catalog.addons order by 1", home.marts)


def _invoiced(home: Home, query: str) -> list[str]:
    with ledger.open_rows(ledger.read_seals(home), "invoices") as rows:
        return [row[0] for row in rows.execute(query).fetchall()]


def _column(query: str, database: Path) -> list[str]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return [row[0] for row in connection.execute(query).fetchall()]
