"""What everybody opens, as assets, and the month's findings as their checks. Not here: how anything is written."""

import base64
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg

from orchestration import groups
from orchestration.finance import EXPORTS
from orchestration.partitions import ONE_MONTH_A_RUN, period_of
from orchestration.resources import CloseSettings, HomeResource, failing_plainly
from orchestration.translator import Translator
from python_assets.documents import document_problems
from python_assets.home import Home
from python_assets.periods import period_text
from python_assets.publish import publish
from python_assets.report import charts
from python_assets.warehouse.findings import findings_by_rule
from python_assets.warehouse.passes import Dbt

MARTS = dg.AssetKey(["published", "marts"])
REPORTS = dg.AssetKey(["published", "health_reports"])

_MOST_PROBLEMS = 100

# A finding is for people to look at: it fails its check, and never the run.
_CHECKS = {
    "no_critical_findings": ("critical", dg.AssetCheckSeverity.ERROR),
    "no_warnings": ("warning", dg.AssetCheckSeverity.WARN),
}


def build_publication(dbt: Dbt, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    marts = [
        Translator().get_asset_key(node)
        for node in dbt.manifest["nodes"].values()
        if node["resource_type"] == "model" and "books" in node["tags"]
    ]

    def spec(key: dg.AssetKey, kinds: set[str], description: str) -> dg.AssetSpec:
        return dg.AssetSpec(
            key,
            deps=marts,
            description=description,
            kinds=kinds,
            owners=groups.OWNERS[groups.PUBLISH],
            skippable=False,
        )

    @dg.multi_asset(
        name="publication",
        specs=[
            spec(MARTS, {"duckdb", "parquet"}, "marts.duckdb and the same tables as Parquet."),
            spec(REPORTS, {"html"}, "health.html and health.json of every month."),
            spec(
                EXPORTS,
                {"csv", "excel", "parquet", "pdf"},
                "Finance's folder of every month: tables and workbook, documents, Xero, Beancount, FOCUS 1.2, payables "
                "and receivables, what each tenant is handed, and a manifest. Months of which nothing has changed are "
                "linked from the publication before.",
            ),
        ],
        check_specs=[
            dg.AssetCheckSpec(name, asset=REPORTS, description=f"The month has no finding of severity {severity}.")
            for name, (severity, _) in _CHECKS.items()
        ],
        group_name=groups.PUBLISH,
        partitions_def=partitions,
        backfill_policy=ONE_MONTH_A_RUN,
        description="marts.duckdb, Parquet, reports and exports, put in place by the swap of one link.",
    )
    def publication(context: dg.AssetExecutionContext, home: HomeResource, close: CloseSettings):
        period = period_of(context)
        yield from _findings(home, period)
        if close.last_period(period) != period:
            for key in (MARTS, REPORTS, EXPORTS):
                yield dg.MaterializeResult(asset_key=key, metadata={"published with": close.through})
            return
        with failing_plainly():
            published = publish(home)
        yield dg.MaterializeResult(
            asset_key=MARTS,
            metadata={
                "folder": str(published.folder),
                "tables": len(published.rows),
                "rows": sum(published.rows.values()),
            },
        )
        yield dg.MaterializeResult(asset_key=REPORTS, metadata=_plots(published.folder, period))
        yield dg.MaterializeResult(
            asset_key=EXPORTS, metadata=published.exports.as_metadata() | _document_metadata(published.folder, period)
        )

    return publication


def _plots(folder: Path, period: date) -> dict[str, dg.MetadataValue]:
    """Money per month and findings per rule, as pictures of the month's report."""
    report = folder / "reports" / f"period={period_text(period)}"
    facts = json.loads((report / "health.json").read_text("utf-8"))
    plots = {
        "revenue, cost and margin per month": charts.month_chart(facts["months"], facts["margins"]["currency"]),
        "findings per rule": charts.rule_chart(facts["rules"]) if facts["rules"] else "",
    }
    return {
        "report": dg.MetadataValue.path(report / "health.html"),
        "findings": dg.MetadataValue.int(facts["anomaly_count"]),
        **{
            name: dg.MetadataValue.md(f"![{name}](data:image/svg+xml;base64,{_base64(charts.standalone(plot))})")
            for name, plot in plots.items()
            if plot
        },
    }


def _document_metadata(folder: Path, period: date) -> dict[str, dg.MetadataValue]:
    """What is wrong with the month's documents, if anything is."""
    problems = document_problems(folder / "exports" / f"period={period_text(period)}")
    if not problems:
        return {}
    columns = [dg.TableColumn(name) for name in problems[0]]
    records = [dg.TableRecord(problem) for problem in problems[:_MOST_PROBLEMS]]
    return {
        "documents with problems": dg.MetadataValue.int(len({problem["invoice_id"] for problem in problems})),
        "document problems": dg.TableMetadataValue(records, dg.TableSchema(columns)),
    }


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _findings(home: Home, period: date) -> Iterator[dg.AssetCheckResult]:
    found = findings_by_rule(home, period)
    for name, (severity, gravity) in _CHECKS.items():
        rules = [(rule, count) for of, rule, count in found if of == severity]
        yield dg.AssetCheckResult(
            asset_key=REPORTS,
            check_name=name,
            passed=not rules,
            severity=gravity,
            metadata={
                "month": period_text(period),
                "findings": sum(count for _, count in rules),
                "by rule": dg.TableMetadataValue(
                    [dg.TableRecord({"rule": rule, "findings": count}) for rule, count in rules],
                    dg.TableSchema([dg.TableColumn("rule", "string"), dg.TableColumn("findings", "int")]),
                ),
            },
        )
