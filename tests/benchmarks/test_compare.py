"""The benchmark at a small size: it runs as its README says, and every contender comes to the same cents."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
CONTENDERS = ["floor", "polars", "pandas", "counterfoil: first close"]


def compare(cache: Path, *options: object) -> list[dict]:
    """What `benchmarks/compare.py` writes of each scenario, without closing more than it must."""
    results = cache / "results.json"
    command = [sys.executable, BENCHMARKS / "compare.py", "--warm", "--cache", cache, "--json", results, *options]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(results.read_text("utf-8"))["scenarios"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("benchmark")


@pytest.fixture(scope="module")
def compared(cache) -> dict:
    """A comparison over forty deployments."""
    size = ["--tenants", 15, "--deployments", 40, "--rows", 2000, "--duplicates", "0.05"]
    who = ["--only", "floor", "--only", "polars", "--only", "pandas", "--only", "counterfoil"]
    [result] = compare(cache, *size, *who)
    return result


def test_all_contenders_are_measured_and_come_to_the_same_amounts(compared):
    assert [row["what"] for row in compared["results"]] == CONTENDERS
    assert compared["agreed"]["contenders"] == CONTENDERS
    for row in compared["results"]:
        for figure in ("seconds", "cpu_seconds", "rows_per_second", "ratio_to_floor"):
            assert row[figure] > 0
        assert row["peak_mib"] > 10


def test_the_amounts_hold_what_a_contender_could_get_wrong(compared, cache):
    """Overage and tax are charged, rows are repeated, usage is not billable: who forgets one of them differs."""
    totals = compared["agreed"]["totals"]
    [usage] = cache.glob("2000-rows-*/landing/metering/period=2026-01/usage.csv")
    control = usage.parents[2] / "control_plane" / "period=2026-01"
    base = {row["plan_version_id"]: int(row["base_price_cents"]) for row in rows(control / "plan_versions.csv")}
    assert totals["invoices"] == 15
    assert totals["subtotal_cents"] > sum(base[row["plan_version_id"]] for row in rows(control / "subscriptions.csv"))
    assert totals["total_cents"] == totals["subtotal_cents"] + totals["tax_cents"]
    assert totals["tax_cents"] > 0
    ids = [row["event_id"] for row in rows(usage)]
    assert (len(ids), len(set(ids))) == (2000, 1900)
    assert any(row["billable"] == "false" for row in rows(usage))


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as content:
        return list(csv.DictReader(content))


def test_sealing_and_verifying_are_measured(cache):
    [result] = compare(cache, "--scenario", "sealing", "--tenants", 30)
    assert [row["what"] for row in result["results"]] == ["sealing 30 invoices", "verifying 30 invoices"]
