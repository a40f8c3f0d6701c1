"""The published database opens in every client from DuckDB 1.0 on, however often a home was published."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from support.worlds import Accounts, World

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")

# Run by each client: every row of every table, and every table macro, of the files that are named.
READ = """
import json, sys
import duckdb

answers = []
for file in sys.argv[1:]:
    with duckdb.connect(file, read_only=True) as marts:
        tables = marts.execute("select schema_name || '.' || table_name from duckdb_tables() order by 1").fetchall()
        found = {table: len(marts.execute(f"from {table}").fetchall()) for (table,) in tables}
        macros = marts.execute(
            "select distinct schema_name || '.' || function_name from duckdb_functions() "
            "where function_type = 'table_macro' and schema_name = 'billing' order by 1"
        ).fetchall()
        for (macro,) in macros:
            found[macro] = [list(map(str, row)) for row in marts.execute(
                f"from {macro}('studio', date '2026-06-10', usage := map {{'droplet_hours': 1600}})"
            ).fetchall()]
        answers.append(found)
print(json.dumps([duckdb.__version__, answers]))
"""


@pytest.fixture(scope="module")
def publications(tmp_path_factory) -> list[Path]:
    """The databases of six monthly publications, one after the other."""
    world = World(tmp_path_factory.mktemp("six"))
    kept = tmp_path_factory.mktemp("databases")
    accounts = Accounts()
    for tenant in ("acme", "birch"):
        accounts.tenant(tenant)
        for month in MONTHS:
            accounts.used(tenant, "droplet_hours", 1500, f"{month}-10T00:00:00Z")
    accounts.deliver(world, "2026-01")
    files = []
    for month in MONTHS:
        world.close(month, as_of="2026-08-01")
        files.append(kept / f"{month}.duckdb")
        os.link(world.home.marts, files[-1])
    return files


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.0.0", "1.2.2", "1.4.4", duckdb.__version__])
def test_each_of_six_publications_is_read_by_a_client(publications, version, tmp_path):
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*install, "--target", tmp_path / "client", f"duckdb=={version}"], check=True)
    answer = subprocess.run(
        [sys.executable, "-c", READ, *map(str, publications)],
        env=os.environ | {"PYTHONPATH": str(tmp_path / "client")},
        check=True,
        capture_output=True,
        text=True,
    )
    said, answers = json.loads(answer.stdout)
    assert said == version
    for number, found in enumerate(answers, start=1):
        assert found["billing.invoices"] == 2 * number
        assert found["audit.seals"] == number
        assert found["billing.quote"] == [["5000", "3500", "112", "0", "5112"]]
        assert found["billing.quote_lines"]
