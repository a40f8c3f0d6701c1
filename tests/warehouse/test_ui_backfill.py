"""The UI closes months: backfills through its GraphQL API, run by the daemon that `counterfoil ui` starts."""

import json
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.ui import Ui, serving_ui
from support.worlds import EXAMPLES, World

MONTHS = ["2026-03", "2026-04"]
TOTALS = [115475, 133368]
BROKEN = "landing/metering/period=2026-04/broken.csv"
ENDED = ("SUCCESS", "FAILURE", "CANCELED")
# A bound, not what is expected.
SECONDS_TO_CLOSE = 420

LAUNCH_BACKFILL = """
    mutation($backfill: LaunchBackfillParams!) {
        launchPartitionBackfill(backfillParams: $backfill) {
            __typename
            ... on LaunchBackfillSuccess { backfillId }
            ... on PythonError { message }
        }
    }
"""
BACKFILL = """
    query($id: String!) {
        partitionBackfillOrError(backfillId: $id) {
            ... on PartitionBackfill {
                status
                error { message }
                runs(limit: 100) { id status startTime endTime tags { key value } }
            }
        }
    }
"""
RESUME_BACKFILL = """
    mutation($id: String!) {
        reexecutePartitionBackfill(reexecutionParams: {parentRunId: $id, strategy: FROM_FAILURE}) {
            __typename
            ... on LaunchBackfillSuccess { backfillId }
            ... on PythonError { message }
        }
    }
"""
RUN = """
    query($id: ID!) {
        runOrError(runId: $id) {
            ... on Run {
                status
                eventConnection(limit: 1000) {
                    events {
                        __typename
                        ... on ExecutionStepFailureEvent { stepKey failureMetadata { description } }
                        ... on RunFailureEvent { message error { message } }
                    }
                }
            }
        }
    }
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The landing of the example home; nothing is closed yet."""
    return World(Path(shutil.copytree(EXAMPLES, tmp_path_factory.mktemp("ui") / "home")))


@pytest.fixture(scope="module")
def ui(world: World) -> Iterator[Ui]:
    with serving_ui(world.root) as ui:
        yield ui


@pytest.fixture(scope="module")
def backfill(ui: Ui, world: World) -> str:
    """The example months with a file in April that cannot be read, launched as "Materialize all" of the asset graph
    does; its id once it has ended."""
    (world.root / BROKEN).write_text("event_id,quantity\ne-1,5\n")
    nodes = ui.ask("{ assetNodes { assetKey { path } isMaterializable } }")
    assets = [node["assetKey"] for node in nodes if node["isMaterializable"]]
    launched = ui.ask(
        LAUNCH_BACKFILL, backfill={"assetSelection": assets, "partitionNames": MONTHS, "fromFailure": False, "tags": []}
    )
    return _ended(ui, launched)


def test_a_backfill_closes_months_in_order_one_run_each_and_one_that_fails_is_told(
    ui: Ui, backfill: str, world: World
) -> None:
    runs = _closes(ui, backfill)

    assert [(_months_of(run), run["status"]) for run in runs] == [
        (("2026-03", "2026-03"), "SUCCESS"),
        (("2026-04", "2026-04"), "FAILURE"),
    ]
    assert all(run["endTime"] <= following["startTime"] for run, following in pairwise(runs))
    failure = _failures(ui.ask(RUN, id=runs[1]["id"]))[0]
    assert failure["stepKey"] == "raw__metering"
    assert "metering/period=2026-04/broken.csv" in failure["failureMetadata"]["description"]
    assert _sealed_months(world) == ["2026-03"]


def test_it_is_taken_up_where_it_failed(ui: Ui, backfill: str, world: World) -> None:
    (world.root / BROKEN).unlink()

    resumed = _ended(ui, ui.ask(RESUME_BACKFILL, id=backfill))

    runs = _closes(ui, resumed)
    assert [(_months_of(run), run["status"]) for run in runs] == [(("2026-04", "2026-04"), "SUCCESS")]
    assert _sealed_months(world) == MONTHS
    # As if nothing had failed.
    assert world.rows(
        "select strftime(period, '%Y-%m'), count(*), sum(total_cents) from billing.invoices "
        "where issued_on is not null group by period order by period"
    ) == [("2026-03", 11, TOTALS[0]), ("2026-04", 12, TOTALS[1])]


def test_an_interrupt_ends_the_daemon_as_well(ui: Ui) -> None:
    assert ui.interrupt() == 0
    assert ui.is_gone(within_seconds=60)


def _ended(ui: Ui, launched: dict[str, Any]) -> str:
    """The id of a launched backfill once all is over. The daemon looks at backfills every 30 seconds only."""
    if launched["__typename"] != "LaunchBackfillSuccess":
        ui.fail(f"the backfill was not launched: {launched}")
    backfill = launched["backfillId"]
    ui.wait("end of the backfill", SECONDS_TO_CLOSE, lambda: ui.ask(BACKFILL, id=backfill), _has_ended)
    return backfill


def _closes(ui: Ui, backfill: str) -> list[dict[str, Any]]:
    """The runs of a backfill, in their order; what is fetched from the provider has no months, and asks nobody."""
    runs = ui.ask(BACKFILL, id=backfill)["runs"]
    return sorted((run for run in runs if _months_of(run) != (None, None)), key=lambda run: run["startTime"])


def _has_ended(backfill: dict[str, Any]) -> bool:
    return backfill["status"].startswith(("COMPLETED", "FAIL", "CANCELED"))


def _months_of(run: dict[str, Any]) -> tuple[str | None, str | None]:
    """First and last month of a run."""
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    month = tags.get("dagster/partition")
    return tags.get("dagster/asset_partition_range_start", month), tags.get("dagster/asset_partition_range_end", month)


def _failures(run: dict[str, Any]) -> list[dict[str, Any]]:
    """What failed in a run: first its steps, then the run itself."""
    return [event for event in run["eventConnection"]["events"] if event["__typename"].endswith("FailureEvent")]


def _sealed_months(world: World) -> list[str]:
    """The months of the seals, in the order of the ledger."""
    seals = sorted(world.home.ledger.glob("seal=*/seal.json"))
    return [json.loads(seal.read_text())["period"][:7] for seal in seals]
