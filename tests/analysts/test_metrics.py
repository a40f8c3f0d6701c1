"""The metrics, asked as a user asks them (`make metrics`), against the published tables."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import yaml
from support.pages import ROOT

from python_assets.warehouse.project import PROJECT


def ask(home: Path, arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [
            "make",
            "--old-file=.venv/.installed-metrics",
            "metrics",
            f"BIN={Path(sys.executable).parent}",
            f"DEMO={home}",
            f"METRICS={arguments}",
        ],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
    )


def answer(home: Path, target: Path, arguments: str) -> list[dict[str, str]]:
    asked = ask(home, f"{arguments} --csv {target}")
    assert asked.returncode == 0, asked.stdout + asked.stderr
    with target.open() as file:
        return list(csv.DictReader(file))


def test_margins_by_tenant_and_month_are_those_of_the_published_table(example, tmp_path):
    told = answer(
        example.root,
        tmp_path / "margins.csv",
        "--metrics revenue_cents,cost_cents,margin_cents --group-by metric_time__month,tenant",
    )
    assert {
        (row["metric_time__month"][:10], row["tenant"], *(row[f"{m}_cents"] for m in ("revenue", "cost", "margin")))
        for row in told
    } == set(
        example.rows(
            "select period::varchar, tenant_id, sum(revenue_cents)::varchar, sum(cost_cents)::varchar, "
            "sum(margin_cents)::varchar from billing.deployment_margins group by all"
        )
    )


def test_what_is_invoiced_comes_to_the_subtotals_of_current_invoices(example, tmp_path):
    told = answer(
        example.root,
        tmp_path / "invoiced.csv",
        "--metrics invoiced_cents --group-by metric_time__month,invoice__currency",
    )
    assert {(row["metric_time__month"][:10], row["invoice__currency"], row["invoiced_cents"]) for row in told} == set(
        example.rows(
            "select period::varchar, currency, sum(subtotal_cents)::varchar from billing.invoices "
            "where is_current group by all"
        )
    )


def test_the_page_names_every_metric():
    metrics = yaml.safe_load((PROJECT / "semantics" / "models" / "_metrics.yml").read_text())["metrics"]
    page = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    assert [metric["name"] for metric in metrics if f"| `{metric['name']}` |" not in page] == []


def test_a_home_that_was_not_closed_is_told(tmp_path):
    asked = ask(tmp_path, "--metrics margin_cents")
    assert asked.returncode != 0
    assert "is not closed yet" in asked.stdout
