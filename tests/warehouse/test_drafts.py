"""What is published depends on landing, ledger and the last run alone: no draft of an earlier run is left in it."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from support.worlds import Accounts, World

from python_assets import ingest, steps
from python_assets.warehouse.fingerprints import Run
from python_assets.warehouse.passes import Dbt

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")


@pytest.fixture(scope="module")
def delivered(tmp_path_factory) -> World:
    """Four months of files, January sealed, with a tenant on hold; tests work on copies."""
    world = World(tmp_path_factory.mktemp("drafts"))
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.tenant("held")
    accounts.add(
        "top_ups",
        top_up_id="lot",
        deployment_id="d-acme",
        resource_kind="droplet_hours",
        qty=100,
        price_cents=500,
        purchased_at="2026-01-05",
    )
    accounts.tables["deployments"][1]["billing_action_suspended"] = "true"
    accounts.deliver(world, "2026-01")
    for month in MONTHS:
        accounts.metering.clear()
        accounts.llm.clear()
        accounts.used("acme", "droplet_hours", 1500, f"{month}-10T00:00:00Z", event_id=f"now-{month}")
        accounts.used("acme", "droplet_hours", 7, "2026-01-20T00:00:00Z", event_id=f"late-{month}")
        accounts.charged("acme", "1.25", f"{month}-11T00:00:00Z", gateway_request_id=f"r-{month}")
        world.deliver("metering", month, "events.csv", accounts.metering)
        world.deliver("llm_usage", month, "charges.csv", accounts.llm)
    # What the newest delivery says must not reach the months before it.
    renamed = [
        {**row, "name": f"{row['name']} Renamed", "email": "new@example.com"} for row in accounts.tables["tenants"]
    ]
    world.control("2026-04", tenants=renamed, plans=[{"plan_code": "studio", "name": "Renamed"}])
    world.deliver("billed_invoices", "2026-04", "old.csv", [_billed("acme"), _billed("nobody")])
    world.close("2026-01")
    return world


def _billed(tenant: str) -> dict[str, object]:
    return {"tenant_id": tenant, "month": "2026-01", "subtotal_cents": 1, "tax_cents": 0, "total_cents": 1}


@pytest.fixture
def world(delivered, tmp_path) -> World:
    return World(Path(shutil.copytree(delivered.root, tmp_path / "home", symlinks=True)))


def published(world: World) -> dict[str, list[tuple]]:
    """All rows of all published tables, and which months have reports and exports."""
    tables = world.rows("select schema_name || '.' || table_name from duckdb_tables() order by 1")
    found = {table: world.rows(f"from {table} order by all") for (table,) in tables}
    found["folders"] = sorted(
        path.relative_to(world.home.published).parts for path in world.home.published.glob("*/period=*")
    )
    return found


def months(world: World) -> list[str]:
    return [str(month)[:7] for (month,) in world.rows("select period from reconciliation.period_health order by 1")]


def delete_what_may_be_deleted(world: World) -> None:
    for folder in ("raw", "dagster", ".published"):
        shutil.rmtree(world.root / folder, ignore_errors=True)
    for file in (world.home.warehouse, world.home.published):
        file.unlink()


DRAFT = {"draft": True, "as_of": "2026-05-01"}
# Commands in order, and the months that are published after the last of them.
SEQUENCES = {
    "a later draft": ([("2026-03", None, DRAFT), ("2026-02", None, {})], ["2026-01", "2026-02"]),
    "drafts after a gap": (
        [("2026-02", None, DRAFT), ("2026-03", "2026-04", DRAFT)],
        ["2026-01", "2026-03", "2026-04"],
    ),
    "a sealed month as a draft": ([("2026-04", None, DRAFT), ("2026-01", None, DRAFT)], ["2026-01"]),
    "a run over drafts": ([("2026-04", None, DRAFT), ("2026-02", "2026-03", {})], ["2026-01", "2026-02", "2026-03"]),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_no_draft_of_an_earlier_run_is_left(world, name):
    commands, expected = SEQUENCES[name]
    for period, through, options in commands:
        world.close(period, through, everything=True, **options)
    before = published(world)
    assert months(world) == expected
    assert {parts[1] for parts in before["folders"]} == {f"period={month}" for month in expected}
    delete_what_may_be_deleted(world)
    period, through, options = commands[-1]
    world.close(period, through, everything=True, **options)
    assert published(world) == before


def test_a_draft_that_waits_in_a_sealed_month_stays(world):
    world.close("2026-03", **DRAFT)
    world.close("2026-02")
    assert [world.invoice("held", month)[0] for month in MONTHS[:2]] == ["draft", "draft"]
    assert world.invoice("held", "2026-03") is None


def test_a_draft_that_broke_off_leaves_no_rows(world):
    run = Run(date(2026, 3, 1), date(2026, 4, 1), is_draft=True)
    for feed in ingest.FEEDS:
        ingest.ingest_feed(world.home, feed, run.period)
    steps.begin(world.home, Dbt(world.home), run)
    steps.derive(world.home, Dbt(world.home), run)
    world.close("2026-02")
    assert months(world) == ["2026-01", "2026-02"]
    for table in ("invoices", "invoice_lines", "usage_allowances", "top_up_balances"):
        assert {month for (month,) in world.rows(f"select distinct period from billing.{table}")} <= {
            date(2026, 1, 1),
            date(2026, 2, 1),
        }
