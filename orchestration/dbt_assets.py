"""dbt's models as assets, in the three passes of a close. Which models they are is dbt's to say."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import build_dbt_asset_specs, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from orchestration.partitions import ONE_MONTH_A_RUN, period_of
from orchestration.resources import CloseSettings, HomeResource, failing_plainly
from orchestration.translator import Translator
from python_assets.home import Home
from python_assets.steps import keep_books
from python_assets.warehouse import months
from python_assets.warehouse.passes import BOOKS, EXPECTED, FOUNDATION, Dbt
from python_assets.warehouse.recording import NodeResult
from python_assets.warehouse.tables import TableFacts, table_facts


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

    def events(results: list[NodeResult], home: Home, context: dg.AssetExecutionContext) -> Iterator:
        yield from dagster_events(
            results, table_facts(home, _schemas(results, manifest)), manifest, translator, context
        )

    @dbt_assets(name="expected", select=f"tag:{EXPECTED}", **options)
    def expected(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        results: list[NodeResult] = []
        with failing_plainly():
            months.derive_expected(home.paths, dbt, close.run_of(home.paths, period_of(context)), results.append)
        yield from events(results, home.paths, context)

    @dbt_assets(name="books", select=f"tag:{BOOKS}", **options)
    def books(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        results: list[NodeResult] = []
        with failing_plainly():
            period = period_of(context)
            run = close.run_of(home.paths, period)
            keep_books(home.paths, dbt, run, close.last_period(period) == period, results.append)
        yield from events(results, home.paths, context)

    foundation = build_dbt_asset_specs(manifest=manifest, dagster_dbt_translator=translator, select=f"tag:{FOUNDATION}")
    return [*foundation, expected, books]


def _schemas(results: list[NodeResult], manifest: dict[str, Any]) -> set[str]:
    nodes = [manifest["nodes"][result.unique_id] for result in results]
    return {node["schema"] for node in nodes if node["resource_type"] == "model"}


def dagster_events(
    results: list[NodeResult],
    tables: dict[tuple[str, str], TableFacts],
    manifest: dict[str, Any],
    translator: Translator,
    context: dg.AssetExecutionContext,
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """What the results of dbt's nodes are to Dagster: materializations of assets, outcomes of checks."""
    for result in results:
        node = manifest["nodes"][result.unique_id]
        if node["resource_type"] != "test":
            key = translator.get_asset_key(node)
            if key in context.selected_asset_keys:
                facts = tables.get((node["schema"], node["alias"]))
                yield dg.MaterializeResult(asset_key=key, metadata=_metadata(result, node, facts))
            continue
        check = get_asset_check_key_for_test(manifest, translator, result.unique_id, None)
        if check in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=result.status == "pass",
                severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
                metadata={"rows that fail": result.failures or 0, "seconds": result.seconds},
            )


def _metadata(result: NodeResult, node: dict[str, Any], facts: TableFacts | None) -> dict[str, Any]:
    """Rows and seconds; columns too where no contract has told them with the definition already."""
    metadata: dict[str, Any] = {"seconds": result.seconds}
    if facts:
        metadata["dagster/row_count"] = facts.rows
        if not node["config"]["contract"]["enforced"]:
            columns = [dg.TableColumn(name, kind) for name, kind in facts.columns]
            metadata["dagster/column_schema"] = dg.TableSchema(columns)
    return metadata
