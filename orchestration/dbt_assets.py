"""dbt's models as assets, in the three passes of a close. Which models they are is dbt's to say."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.light_dagster_dbt import get_asset_check_key_for_test
from orchestration.partitions import ONE_MONTH_A_RUN, period_of
from orchestration.resources import CloseSettings, HomeResource, failing_plainly
from orchestration.translator import Translator
from python_assets.home import Home
from python_assets.steps import derive, keep_books
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

    def options(name: str) -> dict[str, Any]:
        specs = _specs(manifest, translator, name)
        return {
            "name": name,
            "specs": list(specs.values()),
            "check_specs": _check_specs(manifest, translator, specs),
            "can_subset": True,
            "partitions_def": partitions,
            "backfill_policy": ONE_MONTH_A_RUN,
        }

    def events(results: list[NodeResult], home: Home, context: dg.AssetExecutionContext) -> Iterator:
        yield from dagster_events(
            results, table_facts(home, _schemas(results, manifest)), manifest, translator, context
        )

    @dg.multi_asset(**options(EXPECTED))
    def expected(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        results: list[NodeResult] = []
        with failing_plainly():
            derive(home, dbt, close.run_of(home, period_of(context)), results.append)
        yield from events(results, home, context)

    @dg.multi_asset(**options(BOOKS))
    def books(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        results: list[NodeResult] = []
        with failing_plainly():
            period = period_of(context)
            run = close.run_of(home, period)
            keep_books(home, dbt, run, close.last_period(period) == period, results.append)
        yield from events(results, home, context)

    return [*_specs(manifest, translator, FOUNDATION).values(), expected, books]


def _specs(manifest: dict[str, Any], translator: Translator, tag: str) -> dict[str, dg.AssetSpec]:
    """The models and seeds of a pass by dbt's id. dagster-dbt would have dbt select them, which takes a second."""
    return {
        name: translator.get_asset_spec(manifest, name, None)
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed") and tag in node["tags"]
    }


def _check_specs(
    manifest: dict[str, Any], translator: Translator, specs: dict[str, dg.AssetSpec]
) -> list[dg.AssetCheckSpec]:
    """The tests of a pass, each once: some are of several models."""
    found = {}
    for name, spec in specs.items():
        for test in manifest["child_map"][name]:
            if test.startswith("test.") and (check := translator.get_asset_check_spec(spec, manifest, test, None)):
                found[check.get_python_identifier()] = check
    return list(found.values())


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
