"""What the UI shows of a run: rows, columns, owners, findings as checks. What people rely on, not how it is drawn."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import pytest
from support.worlds import Accounts, World

from orchestration.build import build_definitions
from orchestration.close import CloseOptions, close_months

MONTH = date(2026, 1, 1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A month in which usage was metered that nobody is billed for."""
    world = World(tmp_path_factory.mktemp("shows"))
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.tenant("idle", plan=None)
    accounts.used("idle", "droplet_hours", 5, "2026-01-10")
    accounts.deliver(world, "2026-01")
    return world


@pytest.fixture(scope="module")
def instance(world: World) -> Iterator[dg.DagsterInstance]:
    """The month closed, and what Dagster recorded of it in the home."""
    close_months(world.home, [MONTH], CloseOptions(date(2026, 2, 1)))
    with dg.DagsterInstance.from_config(str(world.home.dagster)) as instance:
        yield instance


def metadata(instance: dg.DagsterInstance, *key: str) -> dict[str, object]:
    event = instance.get_latest_materialization_event(dg.AssetKey(list(key)))
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_every_table_shows_its_rows_and_columns(world: World, instance: dg.DagsterInstance) -> None:
    assert metadata(instance, "billing", "invoices")["dagster/row_count"] == 1
    (deployments,) = [metadata(instance, "intermediate", "int_deployments")]
    assert deployments["dagster/row_count"] == 2
    columns = {column.name: column.type for column in deployments["dagster/column_schema"].columns}
    assert columns["deployment_id"] == "VARCHAR"
    assert columns["period"] == "DATE"


def test_findings_fail_their_checks_and_not_the_run(instance: dg.DagsterInstance) -> None:
    (run,) = instance.get_runs()
    assert run.status == dg.DagsterRunStatus.SUCCESS
    reports = dg.AssetKey(["published", "health_reports"])
    events = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION).records
    found = [record.event_log_entry.dagster_event.asset_check_evaluation_data for record in events]
    checks = {check.check_name: check for check in found if check.asset_key == reports}
    critical, warnings = checks["no_critical_findings"], checks["no_warnings"]
    assert (critical.passed, critical.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert warnings.severity == dg.AssetCheckSeverity.WARN
    assert critical.metadata["month"].value == "2026-01"
    assert [record.data["rule"] for record in critical.metadata["by rule"].records] == ["unbilled_usage"]
    # All others hold: they are dbt's tests, and what came in.
    assert {check.check_name for check in found if not check.passed} <= {"no_critical_findings", "no_warnings"}


def test_a_report_shows_its_figures_as_pictures(instance: dg.DagsterInstance) -> None:
    shown = metadata(instance, "published", "health_reports")
    assert shown["findings"] >= 1
    for name in ("revenue, cost and margin per month", "findings per rule"):
        assert shown[name].startswith(f"![{name}](data:image/svg+xml;base64,")


def test_every_asset_says_what_it_is_and_whose(world: World) -> None:
    specs = build_definitions(world.home).resolve_all_asset_specs()
    assert len(specs) > 130
    assert [spec.key.to_user_string() for spec in specs if not spec.description] == []
    assert [spec.key.to_user_string() for spec in specs if not spec.owners] == []
    assert [spec.key.to_user_string() for spec in specs if not spec.kinds] == []
    groups = {spec.group_name for spec in specs}
    assert sorted(groups) == [
        "1_fetch",
        "2_ingest",
        "3_run_inputs",
        "4_reference",
        "5_staging",
        "6_expected",
        "7_ledger",
        "8_books",
        "9_publish",
    ]
    assert all(spec.freshness_policy for spec in specs if spec.group_name == "2_ingest")
