"""Measures the close beside a floor and beside what users would write instead, on the same files.

    python benchmarks/compare.py [--scenario close] [--rows 2000000] [--json results.json]

README.md in this folder says what is compared, and why that is fair. Exit status 1 if the amounts are not the same.
"""

import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from measure import Failed
from rich.console import Console
from rich.table import Table
from scenarios import CLOSES, CONTENDERS, SCENARIOS, Agreed, Bench, Row
from totals import Disagreement

MIB = 1024**2
LIBRARIES = ("duckdb", "polars", "pandas", "dbt-core", "dagster")

out, err = Console(highlight=False, emoji=False), Console(stderr=True, highlight=False, emoji=False)


def as_record(row: Row, floor: float | None) -> dict[str, Any]:
    """A row for machines: seconds, rows per second, MiB, and how many times the floor it took."""
    if row.measured is None:
        return {"what": row.what, "failure": row.failure}
    seconds = row.measured.seconds
    return {
        "what": row.what,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(row.measured.cpu_seconds, 3),
        "rows_per_second": round(row.rows / seconds) if row.rows else None,
        "peak_mib": round(row.measured.peak_bytes / MIB),
        "ratio_to_floor": round(seconds / floor, 2) if floor else None,
    }


def as_table(title: str, records: list[dict[str, Any]]) -> Table:
    """The same for people."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for name in ("seconds", "CPU seconds", "rows/s", "peak MiB", "x floor"):
        table.add_column(name, justify="right")
    for record in records:
        if "failure" in record:
            table.add_row(record["what"], record["failure"])
            continue
        table.add_row(
            record["what"],
            f"{record['seconds']:.1f}",
            f"{record['cpu_seconds']:.1f}",
            f"{record['rows_per_second']:,}" if record["rows_per_second"] else "",
            f"{record['peak_mib']:,}",
            f"{record['ratio_to_floor']:.2f}" if record["ratio_to_floor"] else "",
        )
    return table


def machine() -> dict[str, Any]:
    """What the figures hold for. The load is that of the machine before anything was measured."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "date": date.today().isoformat(),
        "cores": os.cpu_count(),
        "memory_gib": round(pages / 1024**3, 1),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def measure_scenario(name: str, bench: Bench, options: dict[str, Any]) -> dict[str, Any]:
    """Runs a scenario and gives its records; options that are None are the scenario's own."""
    scenario, usual = SCENARIOS[name]
    size = replace(usual, **{option: value for option, value in options.items() if value is not None})
    rows, agreed = [], None
    for result in scenario(bench, size):
        if isinstance(result, Agreed):
            agreed = {"contenders": result.contenders, "totals": result.totals}
        else:
            rows.append(result)
            bench.say(f"{result.what}: {result.failure or f'{result.measured.seconds:.1f} s'}")
    sizes = {name: value for name, value in vars(size).items() if value}
    if "rows" not in sizes:  # nothing is generated
        sizes = {name: sizes[name] for name in ("tenants",) if name in sizes}
    floor = next((row.measured.seconds for row in rows if row.what == "floor" and row.measured), None)
    return {
        "scenario": name,
        "size": sizes,
        "results": [as_record(row, floor) for row in rows],
        "agreed": agreed,
    }


def in_words(size: dict[str, Any]) -> str:
    shown = (
        name if value is True else f"{value:,} {name}" if isinstance(value, int) else f"{name} {value}"
        for name, value in size.items()
    )
    return ", ".join(shown)


def one_of(known: list[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in known:
            raise typer.BadParameter(f"'{text}' is none of {', '.join(known)}")
        return text

    return parse


PARTS = [*CONTENDERS, *CLOSES]


def main(
    scenario: Annotated[
        list[str] | None,
        typer.Option(parser=one_of(list(SCENARIOS)), metavar="NAME", help=f"Of {', '.join(SCENARIOS)}; repeatable."),
    ] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Metering rows a month.")] = None,
    tenants: Annotated[int | None, typer.Option(min=1, help="Also the invoices of the scenario sealing.")] = None,
    deployments: Annotated[int | None, typer.Option(min=1)] = None,
    months: Annotated[int | None, typer.Option(min=1)] = None,
    late: Annotated[str | None, typer.Option(metavar="SHARE", help="Rows that lie in the month before.")] = None,
    duplicates: Annotated[str | None, typer.Option(metavar="SHARE", help="Rows that repeat an earlier one.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(parser=one_of(PARTS), metavar="NAME", help=f"Of {', '.join(PARTS)}; repeatable."),
    ] = None,
    warm: Annotated[
        bool, typer.Option("--warm", help="This version of the project has run here before: close no tiny home first.")
    ] = False,
    cache: Annotated[
        Path | None, typer.Option(help="Folder that keeps generated homes; under the system's temp.")
    ] = None,
    results: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Writes the results as JSON.")] = None,
) -> None:
    """Measure the close beside a floor and beside what users would write instead."""
    folder = (cache or Path(tempfile.gettempdir()) / "counterfoil-benchmarks").absolute()
    bench = Bench(folder, lambda text: err.print(text, style="dim"), tuple(only or PARTS), warm)
    options = {"rows": rows, "tenants": tenants, "deployments": deployments, "months": months}
    options |= {"late": late, "duplicates": duplicates}
    report: dict[str, Any] = {"machine": machine(), "scenarios": []}
    for name in scenario or ["close"]:
        try:
            measured = measure_scenario(name, bench, options)
        except (Disagreement, Failed) as error:
            err.print(f"{name}: {error}", style="red", markup=False)
            raise typer.Exit(1) from None
        report["scenarios"].append(measured)
        out.print(as_table(": ".join(filter(None, (name, in_words(measured["size"])))), measured["results"]))
        if measured["agreed"]:
            who, sums = ", ".join(measured["agreed"]["contenders"]), measured["agreed"]["totals"]
            out.print(f"the same amounts for every tenant: {who}\n{json.dumps(sums)}\n", soft_wrap=True)
        if results:
            results.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    # Whoever stops it stops what it measures, and leaves no half-closed home behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    typer.run(main)
