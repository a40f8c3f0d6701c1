"""dbt's models as assets, in the three passes of a close. Which models they are is dbt's to say."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dagster as dg
from dagster_dbt import build_dbt_asset_specs, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from orchestration.partitions import ONE_MONTH_A_RUN, period_of
from orchestration.resources import CloseSettings, HomeResource, failing_plainly
from orchestration.translator import Translator
from python_assets.warehouse import months
from python_assets.warehouse.passes import BOOKS, EXPECTED, FOUNDATION, Dbt
from python_assets.warehouse.recording import NodeResult
from python_assets.warehouse.sources import mark_deliveries_made, prepare


def build_dbt_assets(dbt: Dbt, partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Expected and books over one parsed project, and what they stand on.

    Staging views and reference data are made once per version of the project, by the asset `warehouse/run`: here they
    are for the lineage only.
    """
    manifest = dbt.manifest
    translator = Translator()
    options: dict[str, Any] = {
        "manifest": manifest,
        "exclude": "tag:deep",
        "dagster_dbt_translator": translator,
        "partitions_def": partitions,
        "backfill_policy": ONE_MONTH_A_RUN,
    }

    def events(results: list[NodeResult], keys: set[dg.AssetKey], checks: set[dg.AssetCheckKey]) -> Iterator:
        for result in results:
            yield from dagster_events(result, manifest, translator, keys, checks)

    @dbt_assets(name="expected", select=f"tag:{EXPECTED}", **options)
    def expected(context: dg.AssetExecutionContext, home: HomeResource):
        results: list[NodeResult] = []
        with failing_plainly():
            dbt.run_pass(EXPECTED, results.append)
            mark_deliveries_made(home.paths)
        yield from events(results, context.selected_asset_keys, context.selected_asset_check_keys)

    @dbt_assets(name="books", select=f"tag:{BOOKS}", **options)
    def books(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        results: list[NodeResult] = []
        with failing_plainly():
            period = period_of(context)
            run = close.run_of(home.paths, period)
            if run.force:
                # What the warehouse keeps of a month does not depend on how often it was issued.
                run = replace(run, force=False, tenants=())
                months.derive_expected(home.paths, dbt, run)
            months.derive_books(home.paths, dbt, run, results.append)
            if close.last_period(period) == period:
                later = [month for month in months.lacking_months(home.paths) if month > period]
                months.make_again(home.paths, dbt, later, run.as_of)
                if later:
                    prepare(home.paths, run)
        yield from events(results, context.selected_asset_keys, context.selected_asset_check_keys)

    foundation = build_dbt_asset_specs(manifest=manifest, dagster_dbt_translator=translator, select=f"tag:{FOUNDATION}")
    return [*foundation, expected, books]


def dagster_events(
    result: NodeResult,
    manifest: dict[str, Any],
    translator: Translator,
    keys: set[dg.AssetKey],
    checks: set[dg.AssetCheckKey],
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """What a dbt node's result is to Dagster: a materialization of its asset, or the outcome of a check."""
    node = manifest["nodes"][result.unique_id]
    if node["resource_type"] != "test":
        key = translator.get_asset_key(node)
        if key in keys:
            yield dg.MaterializeResult(asset_key=key, metadata={"seconds": result.seconds})
        return
    check = get_asset_check_key_for_test(manifest, translator, result.unique_id, None)
    if check in checks:
        yield dg.AssetCheckResult(
            asset_key=check.asset_key,
            check_name=check.name,
            passed=result.status == "pass",
            severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
            metadata={"rows that fail": result.failures or 0, "seconds": result.seconds},
        )
