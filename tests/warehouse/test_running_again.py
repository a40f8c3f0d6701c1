"""A month run again changes nothing, and what may be deleted is made again the same."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.worlds import EXAMPLE_CLOSES, Accounts, World, copy_of_examples, tables_alone

from python_assets import ingest, ledger, steps
from python_assets.errors import UserError
from python_assets.publish import publish
from python_assets.warehouse import passes
from python_assets.warehouse.fingerprints import Run
from python_assets.warehouse.months import derive_expected
from python_assets.warehouse.passes import Dbt
from python_assets.warehouse.recording import Recorded


def published(world: World) -> dict[str, list[tuple]]:
    """All rows of all published tables."""
    tables = world.rows("select schema_name || '.' || table_name from duckdb_tables() order by 1")
    return {table: world.rows(f"from {table} order by all") for (table,) in tables}


def ledger_files(world: World) -> dict[str, bytes]:
    folder = world.home.ledger
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def closed(example: World, tmp_path_factory) -> World:
    """A copy of the closed example; tests put back what they take away."""
    return World(Path(shutil.copytree(example.root, tmp_path_factory.mktemp("again") / "home", symlinks=True)))


def used(deployment: str, hours: int, day: str) -> dict[str, Any]:
    return {
        "event_id": f"{deployment}-{day}",
        "deployment_id": f"d-{deployment}",
        "resource_kind": "droplet_hours",
        "quantity": hours,
        "measured_at": f"{day}T00:00:00Z",
    }


def test_running_a_month_again_changes_nothing(closed):
    before, sealed = published(closed), ledger_files(closed)
    closed.close("2026-04", as_of="2026-06-02")
    assert published(closed) == before
    assert ledger_files(closed) == sealed


def test_a_month_of_which_nothing_changed_is_not_derived_again(closed, monkeypatch):
    before, sealed = published(closed), ledger_files(closed)
    closed.close("2026-05", as_of="2026-06-02")
    with monkeypatch.context() as patched:
        patched.setattr(Dbt, "run_pass", None)
        closed.close("2026-05", as_of="2026-06-02")
    assert published(closed) == before
    assert ledger_files(closed) == sealed


def test_after_a_pass_that_broke_off_nothing_is_published_before_the_month_is_run_again(tmp_path, monkeypatch):
    world = small(tmp_path)
    world.close("2026-01")
    before = world.home.published.resolve()
    world.deliver("metering", "2026-01", "more.csv", [used("acme", 10, "2026-01-11")])
    with monkeypatch.context() as patched:
        patched.setattr(Dbt, "run_pass", broken_off)
        with pytest.raises(KeyboardInterrupt):
            world.close("2026-01")
    with pytest.raises(UserError, match="run its month again"):
        publish(world.home)
    assert world.home.published.resolve() == before
    world.close("2026-01")
    assert world.rows("select count(*) from reconciliation.feed_counts where feed = 'metering'") == [(2,)]


def broken_off(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_later_delivery_that_lifts_a_hold_is_seen_by_the_month_before(tmp_path):
    """Who is on hold is told by the newest state there is: the month itself has no other file."""
    world = World(tmp_path)
    accounts = Accounts()
    accounts.tenant("acme")
    [deployment] = accounts.tables["deployments"]
    deployment["billing_action_suspended"] = "true"
    accounts.deliver(world, "2026-01")
    world.close("2026-01", as_of="2026-03-01")
    world.close("2026-02", as_of="2026-03-01")
    world.close("2026-01", as_of="2026-03-01")
    assert world.invoice("acme", "2026-01")[0] == "draft"
    world.control("2026-02", deployments=[deployment | {"billing_action_suspended": "false"}])
    world.close("2026-01", as_of="2026-03-01")
    assert world.invoice("acme", "2026-01")[0] == "issued"


def test_all_that_may_be_deleted_is_made_again_by_running_any_month(closed):
    before, sealed = published(closed), ledger_files(closed)
    closed.home.warehouse.unlink()
    for folder in ("raw", "dagster", ".published"):
        shutil.rmtree(closed.root / folder, ignore_errors=True)
    closed.home.published.unlink()
    closed.close("2026-04", as_of="2026-06-02")
    assert published(closed) == before
    assert ledger_files(closed) == sealed


def test_the_same_input_gives_the_same_elsewhere_and_by_dbt_itself(closed, tmp_path, monkeypatch):
    """With the same secret: salts come from it. No step is run by Dagster, and in the last month, which adjusts those
    before, no pass as it was recorded."""
    world = World(copy_of_examples(tmp_path))
    world.home.ledger.mkdir()
    shutil.copy(closed.home.ledger / "secret", world.home.ledger / "secret")
    for period, as_of in EXAMPLE_CLOSES:
        if period == EXAMPLE_CLOSES[-1][0]:
            monkeypatch.setattr(passes, "replay", lambda *_: None)
        world.close(period, as_of=as_of)
    assert [seal.audit_hash for seal in ledger.read_seals(world.home)] == [
        seal.audit_hash for seal in ledger.read_seals(closed.home)
    ]
    assert published(world) == published(closed)


def test_a_month_is_sealed_from_what_it_expects_whatever_another_run_left(tmp_path):
    """As where a backfill is taken up in the middle: February was derived before January could be sealed."""
    world = small(tmp_path)
    world.deliver("metering", "2026-02", "late.csv", [used("acme", 8, "2026-01-20"), used("acme", 1500, "2026-02-10")])
    dbt = Dbt(world.home)
    january, february = Run(date(2026, 1, 1), date(2026, 3, 1)), Run(date(2026, 2, 1), date(2026, 3, 1))
    for run in (january, february):
        for feed in ingest.FEEDS:
            ingest.ingest_feed(world.home, feed, run.period)
        steps.begin(world.home, dbt, run)
        derive_expected(world.home, dbt, run)
    for run in (january, february):
        assert steps.seal(world.home, dbt, run).note == "sealed"
        steps.keep_books(world.home, dbt, run, is_last=True)
    with tables_alone():
        publish(world.home)
    assert ("overage", "droplet_hours", 12, 12) in world.lines("acme", "2026-01")
    # Late usage is adjusted only where the month that it is of was sealed before.
    assert ("adjustment", "droplet_hours", None, 8) in world.lines("acme", "2026-02")


def test_what_cannot_be_run_as_recorded_is_run_by_dbt(tmp_path, monkeypatch):
    world = small(tmp_path)
    broken = [Recorded("model.counterfoil.gone", "intermediate", "select nothing from nowhere", [])]
    monkeypatch.setitem(passes.Dbt._recorded, passes.EXPECTED, broken)
    world.close("2026-01")
    assert world.invoice("acme", "2026-01") is not None


def small(folder: Path) -> World:
    world = World(folder)
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.used("acme", "droplet_hours", 1500, "2026-01-10T00:00:00Z")
    accounts.deliver(world, "2026-01")
    return world


def test_a_file_that_changed_replaces_its_rows_and_one_that_is_gone_takes_them_along(tmp_path):
    world = small(tmp_path)
    world.close("2026-01", as_of="2026-01-20")
    assert ("overage", "droplet_hours", 12, 12) in world.lines("acme", "2026-01")
    events = world.root / "landing/metering/period=2026-01/events.csv"
    events.write_text(events.read_text().replace("1500", "1600"))
    world.close("2026-01", as_of="2026-01-20")
    assert ("overage", "droplet_hours", 112, 112) in world.lines("acme", "2026-01")
    events.unlink()
    world.close("2026-01", as_of="2026-01-20")
    assert [line[0] for line in world.lines("acme", "2026-01")] == ["plan_base", "tax"]


def test_a_file_that_a_sealed_month_rested_on_is_missed(tmp_path):
    world = small(tmp_path)
    world.close("2026-01")
    (world.root / "landing/metering/period=2026-01/events.csv").unlink()
    with pytest.raises(UserError, match=r"landing/metering/period=2026-01/events.csv"):
        world.close("2026-01")
    world.close("2026-01", accept_missing=True)
    assert ("overage", "droplet_hours", 12, 12) in world.lines("acme", "2026-01")


def test_months_are_sealed_in_order(tmp_path):
    world = small(tmp_path)
    world.close("2026-01")
    with pytest.raises(UserError, match="2026-02"):
        world.close("2026-03")
    assert [str(period) for period in ledger.sealed_periods(world.home)] == ["2026-01-01"]


def test_a_tenant_that_comes_late_is_sealed_by_a_second_seal(tmp_path):
    world = small(tmp_path)
    world.close("2026-01")
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.tenant("late")
    accounts.deliver(world, "2026-01")
    world.close("2026-01", as_of="2026-02-03")
    assert world.rows("select invoice_id, seal_number, issued_on::varchar from billing.invoices order by 1") == [
        ("INV-2026-01-acme-1", 1, "2026-02-01"),
        ("INV-2026-01-late-1", 2, "2026-02-03"),
    ]
    assert ledger.verify(world.home).ok
