"""The feeds as assets: files to typed rows. Belongs here: what is shown of a feed. Not: how files are read."""

from datetime import timedelta

import dagster as dg

from orchestration import groups
from orchestration.partitions import ONE_MONTH_A_RUN, period_of
from orchestration.resources import CloseSettings, HomeResource, failing_plainly
from orchestration.translator import feed_key
from python_assets import ingest
from python_assets.home import Home
from python_assets.periods import add_months
from python_assets.warehouse.fingerprints import horizon

_DELIVERED = "is_delivered"


def build_feeds(home: Home, partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """One asset for each feed. Read after the end of every month, three hours after the close is scheduled at most."""
    fresh = dg.FreshnessPolicy.cron("0 6 1 * *", lower_bound_delta=timedelta(hours=6), timezone=home.config.timezone)
    return [_feed(feed, partitions, fresh) for feed in ingest.FEEDS]


def _feed(feed: str, partitions: dg.PartitionsDefinition, fresh: dg.FreshnessPolicy) -> dg.AssetsDefinition:
    tables = ", ".join(f"`{table.name.removeprefix(feed + '__')}`" for table in ingest.tables_of(feed))

    @dg.asset(
        key=feed_key(feed),
        group_name=groups.INGEST,
        owners=groups.OWNERS[groups.INGEST],
        kinds={"duckdb", "parquet"},
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        freshness_policy=fresh,
        check_specs=[
            dg.AssetCheckSpec(
                _DELIVERED,
                asset=feed_key(feed),
                description="The month has a file of the feed if the month before had one.",
            )
        ],
        description=f"Files of the feed `{feed}`, typed and checked, as delivered ({tables}); what has not changed is "
        "not read again.",
    )
    def ingest_feed(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        period = period_of(context)
        with failing_plainly():
            read = ingest.ingest_feed(home, feed, horizon(home, close.last_period(period)))
        counts = [c for c in read if c.period == period]
        before = [c for c in read if c.period == add_months(period, -1)]
        return dg.MaterializeResult(
            metadata={
                "files": len(counts),
                "files read": sum(c.is_new for c in counts),
                "rows read": sum(c.rows_read for c in counts),
                "rows accepted": sum(c.rows_accepted for c in counts),
                "rows quarantined": sum(c.rows_quarantined for c in counts),
                "rows skipped": sum(c.rows_skipped for c in counts),
                "dagster/partition_row_count": sum(c.rows_accepted for c in counts),
            },
            check_results=[
                dg.AssetCheckResult(
                    check_name=_DELIVERED,
                    passed=bool(counts) or not before,
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={"files": len(counts), "files the month before": len(before)},
                )
            ],
        )

    return ingest_feed
