"""A process that writes a workbook for another one: `python -m python_assets.exports.helper`.

Reads an object of JSON with `period`, `heading` and `folder`, in which the tables are as Parquet. Answers with a line:
`written`, or what went wrong.
"""

import json
import sys
from datetime import date
from pathlib import Path

from python_assets.exports.tables import TABLES
from python_assets.exports.workbook import write_workbook
from python_assets.ledger.relations import text_sql
from python_assets.memory import bound_memory, in_memory


def main() -> None:
    job = json.loads(sys.stdin.read())
    try:
        _write(date.fromisoformat(job["period"]), job["heading"], Path(job["folder"]))
        print("written")
    except Exception as error:
        print(" ".join(repr(error).split()))


def _write(period: date, heading: list[str], folder: Path) -> None:
    with in_memory() as connection:
        bound_memory(connection)
        for name in TABLES:
            source = f"read_parquet({text_sql(str(folder / f'{name}.parquet'))}, hive_partitioning = false)"
            connection.execute(f"create temp table export_{name} as from {source}")
        write_workbook(connection, period, heading, folder)


if __name__ == "__main__":
    main()
