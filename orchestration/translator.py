"""How dbt's nodes look in Dagster. Only names, groups and dependencies; no work is done here."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from orchestration import groups
from orchestration.light_dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings
from python_assets.ingest import TABLES

# What dbt reads as sources is made by these assets, one each for several tables: an asset costs Dagster several
# events in every run.
RUN = dg.AssetKey(["warehouse", "run"])
LEDGER = dg.AssetKey(["ledger", "seals"])


def feed_key(feed: str) -> dg.AssetKey:
    return dg.AssetKey(["raw", feed])


def source_key(schema: str, table: str) -> dg.AssetKey:
    """The asset that makes a dbt source."""
    if schema == "raw":
        return feed_key(TABLES[table].feed)
    return LEDGER if schema == "ledger" else RUN


class Translator(DagsterDbtTranslator):
    """Keys are `schema/table`; groups follow the flow through the house."""

    def __init__(self):
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return source_key(dbt_resource_props["source_name"], dbt_resource_props["name"])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["alias"]])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What the yml says; the SQL is in the repository."""
        return dbt_resource_props["description"].strip()

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return group_of(dbt_resource_props)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str] | None:
        return groups.OWNERS[group_of(dbt_resource_props)]

    def get_asset_check_spec(self, asset_spec, manifest, unique_id, project):
        """Deep tests and unit tests run in the test suite, not in a close.

        No check blocks: a failing test fails its pass before Dagster hears of it.
        """
        node = manifest["nodes"].get(unique_id)
        if node is None or "deep" in node.get("tags", []):
            return None
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec and spec._replace(blocking=False)


def group_of(node: Mapping[str, Any]) -> str:
    """Where in the flow a dbt node stands."""
    if node["resource_type"] == "seed":
        return groups.REFERENCE
    return {"staging": groups.STAGING, "intermediate": groups.EXPECTED}.get(node["fqn"][1], groups.BOOKS)
