"""Everything of a close that is not SQL, as thin assets: files in, the run's sources, the ledger, the publication."""

import dagster as dg

from orchestration.finance import EXPORTS, build_finance_push
from orchestration.partitions import ONE_MONTH_A_RUN, period_of
from orchestration.resources import CloseSettings, HomeResource, failing_plainly
from orchestration.translator import LEDGER, RUN, Translator, feed_key
from python_assets import ingest
from python_assets.closing import check_time_zone, missing_inputs_message, seal_month
from python_assets.errors import UserError
from python_assets.publish import publish
from python_assets.warehouse import months
from python_assets.warehouse.passes import Dbt, ensure_foundation
from python_assets.warehouse.sources import discard_outdated, horizon, prepare

SEALED_RESULTS = (
    "int_expected_invoices",
    "int_expected_invoice_lines",
    "int_expected_usage_allowances",
    "int_expected_top_up_balances",
)


def build_assets(dbt: Dbt, partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """All assets that are not dbt's."""
    feeds = [_feed_assets(feed, partitions) for feed in ingest.FEEDS]
    return [
        *feeds,
        _run_sources(dbt, partitions),
        _ledger(partitions),
        _publication(dbt, partitions),
        build_finance_push(partitions),
    ]


def _feed_assets(feed: str, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    tables = ", ".join(f"`{table.name.removeprefix(feed + '__')}`" for table in ingest.tables_of(feed))

    @dg.asset(
        key=feed_key(feed),
        group_name="ingest",
        kinds={"duckdb", "parquet"},
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        description=f"Files of the feed `{feed}`, typed and checked, as delivered ({tables}); what has not changed is "
        "not read again.",
    )
    def ingest_feed(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        period = period_of(context)
        with failing_plainly():
            read = ingest.ingest_feed(home.paths, feed, horizon(home.paths, close.last_period(period)))
        counts = [c for c in read if c.period == period]
        return dg.MaterializeResult(
            metadata={
                "files": len(counts),
                "files read": sum(c.is_new for c in counts),
                "rows read": sum(c.rows_read for c in counts),
                "rows accepted": sum(c.rows_accepted for c in counts),
                "rows quarantined": sum(c.rows_quarantined for c in counts),
            }
        )

    return ingest_feed


def _run_sources(dbt: Dbt, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=RUN,
        deps=[feed_key(feed) for feed in ingest.FEEDS],
        group_name="run_inputs",
        kinds={"duckdb"},
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        description="The run as data for dbt: its month and as-of date, files, what the ledger held before. Staging "
        "and reference data are made if the project has changed, earlier sealed months if the warehouse lacks them.",
    )
    def run_sources(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        with failing_plainly():
            period = period_of(context)
            run = close.run_of(home.paths, period)
            check_time_zone(home.paths)
            missing = missing_inputs_message(home.paths, period)
            if missing and not close.accept_missing:
                raise UserError(missing)
            discard_outdated(home.paths)
            earlier = [month for month in months.lacking_months(home.paths) if month < period]
            months.make_again(home.paths, dbt, earlier, run.as_of)
            prepare(home.paths, run)
            ensure_foundation(home.paths, dbt)
        again = ", ".join(f"{month:%Y-%m}" for month in earlier) or "none"
        return dg.MaterializeResult(metadata={"as of": str(run.as_of), "months made again": again})

    return run_sources


def _ledger(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=LEDGER,
        deps=[dg.AssetKey(["intermediate", name]) for name in SEALED_RESULTS],
        group_name="ledger",
        kinds={"parquet"},
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        description="Invoices that can be issued and are not yet, with their lines, balances and allowances, appended "
        "to the ledger under one seal.",
    )
    def seal(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        with failing_plainly():
            outcome = seal_month(home.paths, close.run_of(home.paths, period_of(context)))
        return dg.MaterializeResult(metadata=outcome.as_metadata())

    return seal


def _publication(dbt: Dbt, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    marts = [
        Translator().get_asset_key(node)
        for node in dbt.manifest["nodes"].values()
        if node["resource_type"] == "model" and "books" in node["tags"]
    ]

    @dg.multi_asset(
        name="publication",
        specs=[
            dg.AssetSpec(
                ["published", "marts"],
                deps=marts,
                description="marts.duckdb and the same tables as Parquet.",
                kinds={"duckdb", "parquet"},
                skippable=False,
            ),
            dg.AssetSpec(
                ["published", "health_reports"],
                deps=marts,
                description="health.html and health.json of every month.",
                kinds={"html"},
                skippable=False,
            ),
            dg.AssetSpec(
                EXPORTS,
                deps=marts,
                description="Finance's folder of every month: tables and workbook, Xero, Beancount, FOCUS 1.2, "
                "payables and receivables, what each tenant is handed, and a manifest. Months of which nothing has "
                "changed are linked from the publication before.",
                kinds={"csv", "excel", "parquet", "json"},
                skippable=False,
            ),
        ],
        group_name="publish",
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        description="marts.duckdb, Parquet, reports and exports, put in place by the swap of one link.",
    )
    def publication(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        period = period_of(context)
        if close.last_period(period) != period:
            for name in ("marts", "health_reports", "exports"):
                yield dg.MaterializeResult(asset_key=["published", name], metadata={"published with": close.through})
            return
        with failing_plainly():
            published = publish(home.paths)
        yield dg.MaterializeResult(
            asset_key=["published", "marts"],
            metadata={
                "folder": str(published.folder),
                "tables": len(published.rows),
                "rows": sum(published.rows.values()),
            },
        )
        yield dg.MaterializeResult(asset_key=["published", "health_reports"])
        yield dg.MaterializeResult(asset_key=EXPORTS, metadata=published.exports.as_metadata())

    return publication
