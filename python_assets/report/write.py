"""`health.json` and `health.html` of each month, in the folder of a publication."""

import json
from pathlib import Path

import duckdb

from python_assets.links import link_folder
from python_assets.periods import period_text
from python_assets.report.facts import health_facts, reported_periods
from python_assets.report.layout import layout_mark
from python_assets.report.page import render_page


def write_reports(marts: duckdb.DuckDBPyConnection, folder: Path, previous: Path | None = None) -> None:
    """Writes `period=YYYY-MM/health.{json,html}` below `folder` for every month in the marts.

    A month whose facts and layout are those of `previous`, the reports of the publication before, is taken from there.
    """
    for period in reported_periods(marts):
        facts = health_facts(marts, period)
        text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
        name = f"period={period_text(period)}"
        if previous and _says_the_same(previous / name, text):
            link_folder(previous / name, folder / name)
            continue
        (folder / name).mkdir(parents=True)
        (folder / name / "health.json").write_text(text, "utf-8", newline="\n")
        (folder / name / "health.html").write_text(render_page(facts), "utf-8", newline="\n")


def _says_the_same(report: Path, text: str) -> bool:
    try:
        if (report / "health.json").read_bytes() != text.encode():
            return False
        with (report / "health.html").open("rb") as page:
            return f'content="Counterfoil {layout_mark()}"'.encode() in page.read(400)
    except FileNotFoundError:
        return False
