"""What of a close is neither SQL nor a room of its own, as thin assets: the run's sources and the ledger."""

from datetime import date

import dagster as dg

from orchestration import groups
from orchestration.feeds import build_feeds
from orchestration.finance import build_finance_push
from orchestration.partitions import ONE_MONTH_A_RUN, period_of
from orchestration.publication import build_publication
from orchestration.resources import CloseSettings, HomeResource, failing_plainly
from orchestration.translator import LEDGER, RUN, feed_key
from python_assets import ingest
from python_assets.home import Home
from python_assets.periods import period_text
from python_assets.steps import begin, seal
from python_assets.warehouse.passes import Dbt

SEALED_RESULTS = (
    "int_expected_invoices",
    "int_expected_invoice_lines",
    "int_expected_usage_allowances",
    "int_expected_top_up_balances",
)


def build_assets(home: Home, dbt: Dbt, partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """All assets that are not dbt's."""
    return [
        *build_feeds(home, partitions),
        _run_sources(dbt, partitions),
        _ledger(dbt, partitions),
        build_publication(dbt, partitions),
        build_finance_push(partitions),
    ]


def _run_sources(dbt: Dbt, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=RUN,
        deps=[feed_key(feed) for feed in ingest.FEEDS],
        group_name=groups.RUN_INPUTS,
        owners=groups.OWNERS[groups.RUN_INPUTS],
        kinds={"duckdb"},
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        description="The run as data for dbt: its month and as-of date, files, what the ledger held before. Staging "
        "and reference data are made if the project has changed, earlier sealed months if the warehouse lacks them; "
        "drafts that earlier runs left of other months are discarded.",
    )
    def run_sources(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        with failing_plainly():
            run = close.run_of(home, period_of(context))
            beginning = begin(home, dbt, run, close.accept_missing)
        return dg.MaterializeResult(
            metadata={
                "as of": str(run.as_of),
                "months rebuilt": _listed(beginning.made_again),
                "drafts discarded": _listed(beginning.discarded),
            }
        )

    return run_sources


def _listed(months: list[date]) -> str:
    return ", ".join(map(period_text, months)) or "none"


def _ledger(dbt: Dbt, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=LEDGER,
        deps=[dg.AssetKey(["intermediate", name]) for name in SEALED_RESULTS],
        group_name=groups.LEDGER,
        owners=groups.OWNERS[groups.LEDGER],
        kinds={"parquet"},
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        description="Invoices that can be issued and are not yet, with their lines, balances and allowances, appended "
        "to the ledger under one seal.",
    )
    def seals(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        with failing_plainly():
            outcome = seal(home, dbt, close.run_of(home, period_of(context)))
        return dg.MaterializeResult(metadata=outcome.as_metadata())

    return seals
