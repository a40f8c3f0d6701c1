"""Where the seconds of a home's last close went: its steps, and the dearest of dbt's nodes.

    python benchmarks/where.py HOME

The figures are those of Dagster's own record, which the UI (`counterfoil ui`) shows as well.
"""

from pathlib import Path
from typing import Annotated

import dagster as dg
import typer
from rich.console import Console
from rich.table import Table

from orchestration.settings import prepare_dagster
from python_assets.home import Home

Seconds = dict[str, float]


def seconds_of_last_run(home: Home) -> tuple[Seconds, Seconds]:
    """Seconds of each step, and of each dbt model (by asset) and test (by check)."""
    prepare_dagster(home)
    steps, nodes = {}, {}
    with dg.DagsterInstance.get() as instance:
        [run] = instance.get_runs(limit=1)
        for entry in instance.all_logs(run.run_id):
            event = entry.dagster_event
            if event and event.is_step_success:
                steps[event.step_key] = event.event_specific_data.duration_ms / 1000
            elif event and event.is_step_materialization and "seconds" in event.materialization.metadata:
                nodes[event.asset_key.to_user_string()] = event.materialization.metadata["seconds"].value
            elif event and event.event_type_value == "ASSET_CHECK_EVALUATION":
                evaluation = event.event_specific_data
                if "seconds" in evaluation.metadata:
                    nodes[f"test {evaluation.check_name}"] = evaluation.metadata["seconds"].value
    return steps, nodes


def main(
    home: Annotated[Path, typer.Argument(metavar="HOME", help="A home in which a close has run.")],
    most: Annotated[int, typer.Option(min=1, help="How many nodes to show.")] = 20,
) -> None:
    """Where the seconds of a home's last close went."""
    for title, seconds in zip(("step", "dbt node"), seconds_of_last_run(Home.open(home)), strict=True):
        table = Table(title, "seconds", box=None, pad_edge=False, header_style="bold")
        table.columns[1].justify = "right"
        for name, value in sorted(seconds.items(), key=lambda item: -item[1])[:most]:
            table.add_row(name, f"{value:.2f}")
        table.add_row(f"all {len(seconds)}", f"{sum(seconds.values()):.2f}")
        Console(highlight=False, emoji=False).print(table, "")


if __name__ == "__main__":
    typer.run(main)
