"""Everything of a close that is not SQL, as thin assets: files in, the run's sources, the ledger, the publication."""

import dagster as dg

from orchestration.partitions import ONE_MONTH_A_RUN, period_of
from orchestration.resources import CloseSettings, HomeResource, failing_plainly
from orchestration.translator import CARRIED_KEYS, RUN_SOURCE_KEYS, Translator
from python_assets import ingest
from python_assets.closing import check_time_zone, missing_inputs_message, seal_month
from python_assets.errors import UserError
from python_assets.publish import publish
from python_assets.warehouse import months
from python_assets.warehouse.passes import Dbt
from python_assets.warehouse.sources import LEDGER_TABLES, discard_outdated, horizon, prepare

SEALED_RESULTS = (
    "int_expected_invoices",
    "int_expected_invoice_lines",
    "int_expected_usage_allowances",
    "int_expected_top_up_balances",
)


def build_assets(dbt: Dbt, partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """All assets that are not dbt's."""
    feeds = [_feed_assets(feed, partitions) for feed in ingest.FEEDS]
    return [*feeds, _run_sources(dbt, partitions), _ledger(partitions), _publication(dbt, partitions)]


def _feed_assets(feed: str, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    tables = ingest.tables_of(feed)
    specs = [
        dg.AssetSpec(
            ["raw", table.name],
            description=f"`{table.name.removeprefix(feed + '__')}` of the feed `{feed}`: typed, checked, as delivered.",
            kinds={"duckdb", "parquet"},
            skippable=False,
        )
        for table in tables
    ]

    @dg.multi_asset(
        name=f"ingest_{feed}",
        specs=specs,
        group_name="ingest",
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        description=f"Files of the feed `{feed}`, typed and checked; what has not changed is not read again.",
    )
    def ingest_feed(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        period = period_of(context)
        with failing_plainly():
            read = ingest.ingest_feed(home.paths, feed, horizon(home.paths, close.last_period(period)))
        counts = [c for c in read if c.period == period]
        for table in tables:
            own = [c for c in counts if c.table == table.name]
            yield dg.MaterializeResult(
                asset_key=["raw", table.name],
                metadata={
                    "files": len(own),
                    "files read": sum(c.is_new for c in own),
                    "rows read": sum(c.rows_read for c in own),
                    "rows accepted": sum(c.rows_accepted for c in own),
                    "rows quarantined": sum(c.rows_quarantined for c in own),
                },
            )

    return ingest_feed


def _run_sources(dbt: Dbt, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    keys = [*RUN_SOURCE_KEYS.values(), *CARRIED_KEYS.values()]
    raw = [dg.AssetKey(["raw", table]) for table in ingest.TABLES]

    @dg.multi_asset(
        name="run_sources",
        specs=[dg.AssetSpec(key, deps=raw, kinds={"duckdb"}, skippable=False) for key in keys],
        group_name="run_inputs",
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        description="The run as data for dbt. Earlier sealed months that the warehouse lacks are made again first.",
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
        again = ", ".join(f"{month:%Y-%m}" for month in earlier) or "none"
        for key in keys:
            yield dg.MaterializeResult(asset_key=key, metadata={"as of": str(run.as_of), "months made again": again})

    return run_sources


def _ledger(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    expected = [dg.AssetKey(["intermediate", name]) for name in SEALED_RESULTS]

    @dg.multi_asset(
        name="seal",
        specs=[
            dg.AssetSpec(
                ["ledger", table],
                deps=expected,
                description=f"`{table}` of all seals, append-only.",
                kinds={"parquet"},
                skippable=False,
            )
            for table in LEDGER_TABLES
        ],
        group_name="ledger",
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        description="Invoices that can be issued and are not yet, appended to the ledger under one seal.",
    )
    def seal(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        with failing_plainly():
            outcome = seal_month(home.paths, close.run_of(home.paths, period_of(context)))
        for table in LEDGER_TABLES:
            yield dg.MaterializeResult(asset_key=["ledger", table], metadata=outcome.as_metadata())

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
        ],
        group_name="publish",
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        description="marts.duckdb, Parquet and reports, put in place by the swap of one link.",
    )
    def publication(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        period = period_of(context)
        if close.last_period(period) != period:
            for name in ("marts", "health_reports"):
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

    return publication
