"""What a user sees of bad input, through the command line."""

import json
import shutil

import pytest
from support.worlds import Accounts, World
from typer.testing import CliRunner

from orchestration.cli import app
from python_assets.errors import UserError
from python_assets.ingest import file_counts
from python_assets.warehouse.database import kept_open
from python_assets.warehouse.made import holdings


def counterfoil(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def world_with_usage(folder) -> World:
    world = World(folder)
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.used("acme", "droplet_hours", "100", "2026-01-10T00:00:00Z")
    accounts.used("acme", "droplet_hours", "12.x", "2026-01-11T00:00:00Z")
    accounts.used("acme", "droplet_hours", "1500", "2026-01-12T00:00:00Z")
    accounts.deliver(world, "2026-01")
    return world


def test_a_file_without_a_required_column_stops_the_run(tmp_path):
    world = world_with_usage(tmp_path)
    world.deliver("control_plane", "2026-01", "tenants.csv", [{"tenant_id": "acme", "title": "Acme"}])
    result = counterfoil("run", "--home", tmp_path, "--period", "2026-01", "--as-of", "2026-02-01")
    assert result.exit_code == 1
    assert "control_plane/period=2026-01/tenants.csv" in result.output
    assert "name" in result.output
    assert "Traceback" not in result.output
    assert not world.home.published.exists()
    assert not list(world.home.ledger.glob("seal=*"))
    assert [count for count in file_counts(world.home) if count.feed == "control_plane"] == []
    assert not world.home.warehouse.exists()


def test_what_was_published_stays_when_a_later_run_fails(tmp_path):
    world = world_with_usage(tmp_path)
    world.close("2026-01")
    before = world.rows("from billing.invoices")
    world.deliver("control_plane", "2026-02", "tenants.csv", [{"tenant_id": "acme"}])
    result = counterfoil("run", "--home", tmp_path, "--period", "2026-02", "--as-of", "2026-03-01")
    assert result.exit_code == 1
    assert world.rows("from billing.invoices") == before


def test_a_row_with_a_bad_number_is_set_aside_the_rest_is_billed_and_the_month_needs_review(tmp_path):
    world = world_with_usage(tmp_path)
    result = counterfoil(
        "run", "--home", tmp_path, "--period", "2026-01", "--as-of", "2026-02-01", "--fail-on-review", "--json"
    )
    assert result.exit_code == 3, result.output
    assert json.loads(result.stdout)["months"][0]["status"] == "needs-revenue-ops-review"
    assert world.rows("select feed, file, line, column_name, value from reconciliation.quarantine") == [
        ("metering", "events.csv", 3, "quantity", "12.x")
    ]
    assert world.rows(
        "select rows_read, rows_loaded, rows_duplicate, rows_quarantined from reconciliation.feed_counts "
        "where feed = 'metering'"
    ) == [(3, 2, 0, 1)]
    assert ("overage", "droplet_hours", 112, 112) in world.lines("acme", "2026-01")
    assert world.findings("quarantined_rows") == [(None, None, "metering/events.csv")]


def test_a_bad_file_of_a_later_month_of_the_run_stops_it_before_anything_is_sealed(tmp_path):
    world = world_with_usage(tmp_path)
    world.deliver("control_plane", "2026-02", "tenants.csv", [{"tenant_id": "acme"}])
    arguments = ("run", "--home", tmp_path, "--period", "2026-01", "--through", "2026-02", "--as-of", "2026-03-01")
    assert counterfoil(*arguments).exit_code == 1
    assert not list(world.home.ledger.glob("seal=*"))
    assert not world.home.published.exists()


def test_another_time_zone_than_the_ledgers_stops_drafts_too(tmp_path):
    world = world_with_usage(tmp_path)
    world.close("2026-01")
    (tmp_path / "counterfoil.toml").write_text('[billing]\ntimezone = "Australia/Sydney"\n')
    result = counterfoil("run", "--home", tmp_path, "--period", "2026-02", "--draft")
    assert result.exit_code == 1
    assert "UTC" in result.output
    assert "Australia/Sydney" in result.output


def test_what_cannot_be_added_up_is_not_sealed_and_can_be_corrected(tmp_path):
    """By one absurd quantity an invoice is beyond 64 bits; by two smaller ones only the month is."""
    world, accounts = World(tmp_path), Accounts()
    accounts.tables["plan_items"][2] = accounts.tables["plan_items"][2] | {"overage_price_cents": 10000}
    for name in ("acme", "beta"):
        accounts.used(accounts.tenant(name), "spaces_gb", 900, "2026-01-10")
    accounts.metering[0]["quantity"] = "999999999999999"
    accounts.deliver(world, "2026-01")
    with pytest.raises(UserError, match=r"period=2026-01/events\.csv: quantity 999999999999999$"):
        world.close("2026-01")
    for event in accounts.metering:
        event["quantity"] = "500000000000000"
    accounts.deliver(world, "2026-01")
    with pytest.raises(UserError, match="beta: overage spaces_gb d-beta, quantity 499999999999900: 4999"):
        world.close("2026-01")
    for event in accounts.metering:
        event["quantity"] = 900
    accounts.deliver(world, "2026-01")
    assert set(world.close("2026-01").values()) == {"sealed"}
    assert world.invoice("beta", "2026-01") == ("issued", 8005000, 800500, 8805500)


@pytest.mark.parametrize("folder", ["a [home] of 'mine'", "blockchain"])
def test_a_damaged_warehouse_is_made_again(tmp_path, folder):
    """Also in a folder whose name looks like what is said of a file that another program has locked."""
    world = world_with_usage(tmp_path / folder)
    world.close("2026-01")
    before = world.rows("from billing.invoice_lines order by all")
    world.home.warehouse.write_text("junk")
    world.close("2026-01")
    assert world.rows("from billing.invoice_lines order by all") == before


def test_a_warehouse_that_is_deleted_while_a_run_has_it_open_is_made_again(tmp_path):
    world = world_with_usage(tmp_path)
    world.close("2026-01")
    before = world.rows("from billing.invoice_lines order by all")
    with kept_open(world.home):
        assert holdings(world.home).months
        world.home.warehouse.unlink()
        world.close("2026-01")
    assert world.rows("from billing.invoice_lines order by all") == before


@pytest.mark.parametrize(
    ("damaged", "told"),
    [("dagster/history/runs/index.db", "dagster: the record of runs cannot be used"), ("raw", "raw")],
)
def test_what_can_be_deleted_and_is_damaged_is_named_with_what_to_do(tmp_path, damaged, told):
    world_with_usage(tmp_path)
    run = ("run", "--home", tmp_path, "--period", "2026-01", "--as-of", "2026-02-01")
    assert counterfoil(*run).exit_code == 0
    path = tmp_path / damaged
    if path.is_dir():
        shutil.rmtree(path)
    path.write_text("junk" * 1000)
    result = counterfoil(*run)
    said = " ".join(result.output.split())
    assert result.exit_code == 1
    assert f"{tmp_path / told}" in said
    assert "can be deleted, and are made again" in said
    assert "Traceback" not in said
    assert "sqlalche" not in said
    path.unlink()
    assert counterfoil(*run).exit_code == 0


def test_verifying_says_if_there_is_nothing_to_verify_and_what_is_lost(tmp_path):
    world = world_with_usage(tmp_path)
    assert "nothing is sealed yet" in counterfoil("audit", "verify", "--home", tmp_path).output
    world.close("2026-01")
    (tmp_path / "ledger" / "secret").unlink()
    result = counterfoil("audit", "verify", "--home", tmp_path)
    assert result.exit_code == 1
    assert "the ledger is not whole" in result.output
    (tmp_path / "ledger" / "seal=mine").mkdir()
    result = counterfoil("audit", "verify", "--home", tmp_path)
    assert "seal=mine: is no folder of a seal; move it elsewhere" in " ".join(result.output.split())


def test_check_names_every_problem_without_loading(tmp_path):
    world_with_usage(tmp_path)
    result = counterfoil("check", "--home", tmp_path)
    assert result.exit_code == 1
    assert "metering/period=2026-01/events.csv:3:quantity" in result.output
    assert not (tmp_path / "raw").exists()


def test_wrong_usage_has_exit_status_2(tmp_path):
    for arguments in (
        ("run", "--home", tmp_path, "--period", "2026-13"),
        ("run", "--home", tmp_path, "--period", "2026-02", "--through", "2026-01"),
        ("run", "--home", tmp_path, "--period", "2026-01", "--as-of", "2999-01-01"),
        ("run", "--home", tmp_path, "--period", "2999-01"),
        ("run", "--home", tmp_path, "--period", "2026-01", "--as-of", "yesterday"),
        ("quote", "--home", tmp_path, "--plan", "studio", "--starts-on", "2026-01-01", "--usage", "x=-1"),
        ("quote", "--home", tmp_path),
    ):
        assert counterfoil(*arguments).exit_code == 2, arguments


def test_what_is_not_there_is_told_without_a_traceback(tmp_path):
    (tmp_path / "landing").mkdir()
    for arguments in (
        ("quote", "--home", tmp_path, "--plan", "studio", "--starts-on", "2026-01-01"),
        ("audit", "hash", "--home", tmp_path),
        ("audit", "prove", "INV-2026-01-acme-1", "--home", tmp_path),
        ("audit", "check-proof", tmp_path / "none.json"),
    ):
        result = counterfoil(*arguments)
        assert result.exit_code == 1, arguments
        assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("text", "told"), [('{"leaf": 1, "leaf": 2}', "a key stands twice"), ("[" * 100_000, "it is nested too deeply")]
)
def test_what_cannot_be_read_in_one_way_is_no_proof(tmp_path, text, told):
    (tmp_path / "proof.json").write_text(text)
    result = counterfoil("audit", "check-proof", tmp_path / "proof.json")
    assert result.exit_code == 1
    assert told in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_a_home_without_any_input_closes_an_empty_month(tmp_path):
    (tmp_path / "landing").mkdir()
    result = counterfoil("run", "--home", tmp_path, "--period", "2026-01", "--as-of", "2026-02-01")
    assert result.exit_code == 1
    assert "first month" in result.output
    (tmp_path / "counterfoil.toml").write_text('[billing]\nfirst_period = "2026-01"\n')
    result = counterfoil("run", "--home", tmp_path, "--period", "2026-01", "--as-of", "2026-02-01", "--json")
    assert result.exit_code == 0, result.output
    [month] = json.loads(result.stdout)["months"]
    assert (month["invoices"], month["findings"], month["status"]) == (0, 0, "healthy")
    assert month["audit_hash"]
