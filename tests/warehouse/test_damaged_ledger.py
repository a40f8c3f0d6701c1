"""A run on a damaged ledger stops with the seal's name, before it derives anything; and seals are dated in order."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from support.worlds import Accounts, World
from typer.testing import CliRunner

from orchestration.cli import app
from python_assets import ledger
from python_assets.errors import UserError
from python_assets.memory import lent
from python_assets.warehouse.made import made_months
from python_assets.warehouse.passes import Dbt


@pytest.fixture(scope="module")
def closed(tmp_path_factory) -> World:
    """January of two tenants, sealed on 3 February."""
    world, accounts = World(tmp_path_factory.mktemp("damaged") / "home"), Accounts()
    for name in ("acme", "birch"):
        accounts.tenant(name)
    accounts.used("acme", "droplet_hours", 2588, "2026-01-10")
    accounts.deliver(world, "2026-01")
    world.close("2026-01", as_of="2026-02-03")
    return world


@pytest.fixture
def world(closed, tmp_path) -> World:
    return World(Path(shutil.copytree(closed.root, tmp_path / "home", symlinks=True)))


def damage(world: World) -> None:
    """Takes 1,100 cents off the overage of an invoice and off the invoice, so that they still add up."""
    folder = world.home.ledger / "seal=000001"
    changed = {
        "invoice_lines": "amount_cents = amount_cents - 1100 where kind = 'overage'",
        "invoices": "subtotal_cents = subtotal_cents - 1100, total_cents = total_cents - 1100 where tenant_id = 'acme'",
    }
    with lent() as connection:
        for table, change in changed.items():
            path = folder / f"{table}.parquet"
            connection.execute(f"create table old as from read_parquet('{path}', hive_partitioning = false)")
            [number] = connection.execute(f"update old set {change}").fetchone()
            assert number == 1
            connection.execute(f"copy old to '{path}' (format parquet)")
            connection.execute("drop table old")


@pytest.mark.parametrize(
    ("period", "options"),
    [
        ("2026-02", {}),
        ("2026-02", {"draft": True}),
        ("2026-01", {"force": True}),
        ("2026-01", {}),
    ],
    ids=str,
)
def test_no_run_derives_seals_or_publishes_from_a_damaged_ledger(world, monkeypatch, period, options):
    damage(world)
    published, months = world.home.published.resolve(), made_months(world.home)
    monkeypatch.setattr(Dbt, "run_pass", None)
    with pytest.raises(
        UserError, match=r"seal=000001: merkle_root is \w+, the rows of invoices.parquet and invoice_li"
    ):
        world.close(period, as_of="2026-03-01", **options)
    assert len(ledger.read_seals(world.home)) == 1
    assert world.home.published.resolve() == published
    assert made_months(world.home) == months


def test_statistics_that_hide_an_invoice_do_not_let_it_be_issued_again(world):
    path = world.home.ledger / "seal=000001/invoices.parquet"
    content = path.read_bytes()
    begin = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    path.write_bytes(content[:begin] + content[begin:-8].replace(b"\x06issued", b"\x06jssued") + content[-8:])
    assert ledger.verify(world.home).broken_seal == 1
    with pytest.raises(UserError, match=r"seal=000001: invoices.parquet: the file's statistics contradict its rows"):
        world.close("2026-01", as_of="2026-03-01")
    assert len(ledger.read_seals(world.home)) == 1


def test_a_restored_ledger_is_run_on(world, closed):
    damage(world)
    with pytest.raises(UserError, match="seal=000001"):
        world.close("2026-02")
    shutil.rmtree(world.home.ledger)
    shutil.copytree(closed.home.ledger, world.home.ledger)
    world.close("2026-02")
    assert [line[0] for line in world.lines("acme", "2026-02")] == ["plan_base", "tax"]
    assert ledger.verify(world.home).ok


def test_a_tenant_is_not_looked_up_in_a_damaged_ledger(world):
    damage(world)
    run = ["run", "--home", str(world.root), "--period", "2026-01", "--as-of", "2026-02-03"]
    result = CliRunner().invoke(app, [*run, "--force", "--tenant", "nobody"])
    assert result.exit_code == 1
    assert "seal=000001: merkle_root" in " ".join(result.stderr.split())


REFUSED = r"seal=000001 of 2026-01 is dated 2026-02-03.* --as-of 2026-02-03 or a later day"


@pytest.mark.parametrize(
    ("period", "options"), [("2026-01", {"force": True}), ("2026-01", {"force": True, "tenants": ("acme",)})], ids=str
)
def test_what_must_be_sealed_is_not_derived_as_of_an_earlier_day(world, monkeypatch, period, options):
    monkeypatch.setattr(Dbt, "run_pass", None)
    with pytest.raises(UserError, match=REFUSED):
        world.close(period, as_of="2026-02-02", **options)


def test_what_is_new_is_not_sealed_as_of_an_earlier_day(world):
    accounts = Accounts()
    for name in ("acme", "birch", "late"):
        accounts.tenant(name)
    accounts.used("acme", "droplet_hours", 2588, "2026-01-10")
    accounts.deliver(world, "2026-01")
    published = world.home.published.resolve()
    with pytest.raises(UserError, match=REFUSED):
        world.close("2026-01", as_of="2026-02-02")
    assert world.home.published.resolve() == published
    world.close("2026-01", as_of="2026-02-03")
    assert [seal.sealed_on for seal in ledger.read_seals(world.home)] == [date(2026, 2, 3)] * 2


def test_a_run_that_seals_nothing_may_be_as_of_an_earlier_day(world):
    [outcome] = world.close("2026-01", as_of="2026-02-02").values()
    assert outcome == "nothing new to seal"
