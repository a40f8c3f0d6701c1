"""`health.json` and `health.html` of each month, in the folder of a publication."""

import hashlib
import json
from datetime import date
from pathlib import Path

import duckdb

from python_assets.documents import document_problems
from python_assets.periods import add_months, period_text
from python_assets.report.facts import health_facts, reported_periods
from python_assets.report.layout import layout_mark
from python_assets.report.margins import TREND_MONTHS
from python_assets.report.page import render_page
from python_assets.takeover import Earlier, keep_record, row_hashes

# What facts are taken from: a report tells of its month, of the one before, and of the trend.
_SOURCES = (
    "audit.seals",
    "billing.deployment_margins",
    "billing.invoices",
    "cost.invoices",
    "reconciliation.account_risk",
    "reconciliation.anomalies",
    "reconciliation.entitlement_matrix",
    "reconciliation.feed_counts",
    "reconciliation.period_health",
    "reconciliation.quarantine",
)


def write_reports(
    marts: duckdb.DuckDBPyConnection, folder: Path, earlier: Earlier, exports: Path | None = None
) -> None:
    """Writes `period=YYYY-MM/health.{json,html}` below `folder` for every month in the marts. `exports` are the
    finished exports of the same months: a report says what is wrong with their documents.

    A month that is made of the same as in `earlier`, the reports of publications before, is taken over from there.
    """
    made_of = {}
    for period, fingerprint in _fingerprints(marts).items():
        name = f"period={period_text(period)}"
        problems = document_problems(exports / name) if exports else []
        made_of[name] = f"{fingerprint} {json.dumps(problems)}" if problems else fingerprint
        if not earlier.take_over(name, made_of[name], folder / name):
            facts = health_facts(marts, period, problems)
            text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
            (folder / name).mkdir(parents=True)
            (folder / name / "health.json").write_text(text, "utf-8", newline="\n")
            (folder / name / "health.html").write_text(render_page(facts), "utf-8", newline="\n")
    keep_record(folder, made_of, earlier)


def _fingerprints(marts: duckdb.DuckDBPyConnection) -> dict[date, str]:
    """What each report is made of, SHA-256 in hex: its layout, and the rows of all months that it may tell of."""
    hashes = row_hashes(marts, [(source, "period") for source in _SOURCES])
    return {
        period: hashlib.sha256(
            json.dumps(
                [layout_mark(), *(hashes.get(add_months(period, -back), []) for back in range(TREND_MONTHS))]
            ).encode()
        ).hexdigest()
        for period in reported_periods(marts)
    }
