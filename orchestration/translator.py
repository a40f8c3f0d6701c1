"""How dbt's nodes look in Dagster. Only names, groups and dependencies; no work is done here."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator

# Written by the asset `run_sources` before any model; every dbt source but these has an asset of its own.
RUN_SOURCES = ("control", "carried")
RUN_SOURCE_KEYS = {
    name: dg.AssetKey([schema, name])
    for schema, name in (
        ("control", "run"),
        ("control", "local_days"),
        ("control", "files"),
        ("control", "quarantine"),
        ("control", "stale_deliveries"),
        ("control", "reissues"),
        ("control", "made_months"),
    )
}
CARRIED_KEYS = {
    name: dg.AssetKey(["carried", name]) for name in ("invoices", "invoice_lines", "top_up_balances", "seals", "drafts")
}


class Translator(DagsterDbtTranslator):
    """Keys are `schema/table`; groups follow the flow through the house."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["alias"]])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What the yml says; the SQL is in the repository."""
        return dbt_resource_props["description"].strip()

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return group_of(dbt_resource_props)

    def get_asset_check_spec(self, asset_spec, manifest, unique_id, project):
        """Deep tests and unit tests run in the test suite, not in a close.

        No check blocks: a failing test fails its pass before Dagster hears of it.
        """
        node = manifest["nodes"].get(unique_id)
        if node is None or "deep" in node.get("tags", []):
            return None
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec and spec._replace(blocking=False)

    def get_asset_spec(self, manifest, unique_id, project):
        """A staging view or seed reads nothing of the run, but must not be made before the warehouse is prepared."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        if "foundation" in manifest["nodes"].get(unique_id, {}).get("tags", []):
            known = {dep.asset_key for dep in spec.deps}
            if RUN_SOURCE_KEYS["run"] not in known:
                return spec.replace_attributes(deps=[*spec.deps, RUN_SOURCE_KEYS["run"]])
        return spec


def group_of(node: Mapping[str, Any]) -> str:
    """`reference`, `staging`, `expected` or `books`."""
    if node["resource_type"] == "seed":
        return "reference"
    return {"staging": "staging", "intermediate": "expected"}.get(node["fqn"][1], "books")
