"""The UI closes months: backfills through its GraphQL API, run by the daemon that `counterfoil ui` starts."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.worlds import EXAMPLES, World

MONTHS = ["2026-03", "2026-04", "2026-05"]
TARGET = {"repositoryName": "__repository__", "repositoryLocationName": "orchestration.definitions"}
ENDED = ("SUCCESS", "FAILURE", "CANCELED")
# Bounds, not what is expected: on two cores shared with others it took 30 to 60, 140 and 30 seconds.
SECONDS_TO_START, SECONDS_TO_CLOSE, SECONDS_TO_END = 120, 420, 120

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
LAUNCH_RUN = """
    mutation($run: ExecutionParams!) {
        launchPipelineExecution(executionParams: $run) {
            __typename
            ... on LaunchRunSuccess { run { id } }
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


class Ui:
    """The API of a running `counterfoil ui`, spoken to as the pages in the browser do."""

    def __init__(self, process: subprocess.Popen, port: int, log: Path):
        self._process = process
        self._url = f"http://127.0.0.1:{port}/graphql"
        self._log = log
        self._http = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, query: str, **variables: Any) -> Any:
        """The value of the query's only field; OSError while nobody answers."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"})
        try:
            with self._http.open(request, timeout=60) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            self.fail(f"the API refused the question: {error.read().decode(errors='replace')}")
        if "errors" in answer:
            self.fail(f"the API answered {answer['errors']}")
        (value,) = answer["data"].values()
        return value

    def wait(self, what: str, seconds: float, ask: Callable[[], Any], is_done: Callable[[Any], Any]) -> Any:
        """The first answer that is done; fails with the last one if none is in time or the UI has ended."""
        answer, end = None, time.monotonic() + seconds
        while time.monotonic() < end:
            if self._process.poll() is not None:
                self.fail(f"the UI ended with status {self._process.returncode} while waiting for {what}")
            with contextlib.suppress(OSError):
                answer = ask()
                if is_done(answer):
                    return answer
            time.sleep(0.5)
        self.fail(f"no {what} within {seconds} seconds; the last answer was {answer}")

    def fail(self, why: str) -> None:
        pytest.fail(f"{why}\n\nThe end of the UI's log:\n{self._tail()}", pytrace=False)

    def _tail(self) -> str:
        # A backfill logs every asset on a line of its own.
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if not line.startswith("- ")]
        return "\n".join(lines[-40:])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The landing of the example home; nothing is closed yet."""
    return World(Path(shutil.copytree(EXAMPLES, tmp_path_factory.mktemp("ui") / "home")))


@pytest.fixture(scope="module")
def ui(world: World) -> Iterator[Ui]:
    """`counterfoil ui` with its definitions loaded; every process that it started ends with the fixture."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = world.root.with_name("ui.log")
    command = [Path(sys.executable).with_name("counterfoil"), "ui", "--home", world.root, "--port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        ui = Ui(process, port, log)
        ui.wait(
            "definitions",
            SECONDS_TO_START,
            lambda: ui.ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"),
            lambda answer: answer.get("nodes"),
        )
        yield ui
    finally:
        _stop(process)


def _stop(process: subprocess.Popen) -> None:
    """Ends the process group: politely, so that nothing temporary stays, then surely."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, ending)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)


@pytest.fixture(scope="module")
def backfill(ui: Ui) -> str:
    """The example months, launched as "Materialize all" of the asset graph does; its id once all runs have ended.

    The daemon looks at backfills every 30 seconds only, so its own end comes a little later.
    """
    nodes = ui.ask("{ assetNodes { assetKey { path } isMaterializable } }")
    assets = [node["assetKey"] for node in nodes if node["isMaterializable"]]
    launched = ui.ask(
        LAUNCH_BACKFILL, backfill={"assetSelection": assets, "partitionNames": MONTHS, "fromFailure": False, "tags": []}
    )
    if launched["__typename"] != "LaunchBackfillSuccess":
        ui.fail(f"the backfill was not launched: {launched}")
    ui.wait(
        "end of the backfill's runs",
        SECONDS_TO_CLOSE,
        lambda: ui.ask(BACKFILL, id=launched["backfillId"]),
        lambda answer: (
            _has_ended(answer)
            or (len(answer["runs"]) >= len(MONTHS) and all(run["status"] in ENDED for run in answer["runs"]))
        ),
    )
    return launched["backfillId"]


def test_a_month_whose_predecessor_is_not_sealed_fails_in_the_ui_and_names_it(
    ui: Ui, backfill: str, world: World
) -> None:
    sealed = _sealed_months(world)
    launched = ui.ask(
        LAUNCH_RUN,
        run={
            "selector": {**TARGET, "pipelineName": "monthly_close"},
            "mode": "default",
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": "2026-07"}]},
        },
    )
    if launched["__typename"] != "LaunchRunSuccess":
        ui.fail(f"the run was not launched: {launched}")
    run = ui.wait(
        "end of the run",
        SECONDS_TO_END,
        lambda: ui.ask(RUN, id=launched["run"]["id"]),
        lambda answer: answer["status"] in ENDED,
    )

    assert run["status"] == "FAILURE"
    step, whole = _failures(run)
    assert step["stepKey"] == "ledger__seals"
    assert "2026-06 is not sealed yet" in step["failureMetadata"]["description"]
    assert "2026-06 is not sealed yet" in whole["error"]["message"]
    assert _sealed_months(world) == sealed


def test_a_backfill_from_the_ui_closes_the_months_in_order_one_run_each(ui: Ui, backfill: str, world: World) -> None:
    ended = ui.wait("end of the backfill", SECONDS_TO_END, lambda: ui.ask(BACKFILL, id=backfill), _has_ended)
    if ended["status"] != "COMPLETED_SUCCESS":
        failures = [_failures(ui.ask(RUN, id=run["id"])) for run in ended["runs"]]
        ui.fail(f"the backfill ended as {ended}\nfor {failures}")
    # What is fetched from the provider has no months: its own run asks nobody.
    closes = [run for run in ended["runs"] if _months_of(run) != (None, None)]
    runs = sorted(closes, key=lambda run: run["startTime"])
    assert [_months_of(run) for run in runs] == [(month, month) for month in MONTHS]
    assert all(run["endTime"] <= following["startTime"] for run, following in pairwise(runs))

    assert _sealed_months(world) == MONTHS
    published = world.rows(
        "select strftime(period, '%Y-%m'), count(*) from billing.invoices where issued_on is not null "
        "group by period order by period"
    )
    assert published == [("2026-03", 11), ("2026-04", 12), ("2026-05", 11)]


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
