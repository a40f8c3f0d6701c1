"""How much memory DuckDB may take is the environment's to say."""

import subprocess
import sys

import duckdb
import pytest

from python_assets.errors import UserError
from python_assets.memory import VARIABLE, Lender, bound_memory, in_memory


def limit_of(connection: duckdb.DuckDBPyConnection) -> str:
    return connection.execute("select current_setting('memory_limit')").fetchone()[0]


def test_the_environment_bounds_memory():
    with duckdb.connect() as connection:
        bound_memory(connection, environment={VARIABLE: " 300MiB "})
        assert limit_of(connection) == "300.0 MiB"


def test_without_it_the_limit_is_duckdbs_own():
    with duckdb.connect() as connection:
        before = limit_of(connection)
        bound_memory(connection, environment={})
        assert limit_of(connection) == before


def test_what_does_not_fit_goes_where_it_is_told(tmp_path):
    with duckdb.connect() as connection:
        bound_memory(connection, tmp_path / "it's here", {VARIABLE: "64MiB"})
        query = "select count(*) from (select range, row_number() over (order by hash(range)) from range(5000000))"
        assert connection.execute(query).fetchone() == (5_000_000,)
        assert connection.execute("select current_setting('temp_directory')").fetchone() == (
            str(tmp_path / "it's here"),
        )


def test_what_is_no_size_is_a_users_error():
    with duckdb.connect() as connection, pytest.raises(UserError, match=r"COUNTERFOIL_MEMORY_LIMIT .* a lot"):
        bound_memory(connection, environment={VARIABLE: "a lot"})


def test_nothing_draws_a_progress_bar_on_the_standard_output(tmp_path):
    """DuckDB would do so two seconds after a query began, in a process of which it thinks that somebody types there."""
    code = """
from pathlib import Path
import duckdb
from python_assets.memory import in_memory, open_file
opened = [duckdb.connect(), in_memory(), open_file(Path("of.duckdb"))]
asked = [*opened, *(connection.cursor() for connection in opened[1:])]
query = "select current_setting('enable_progress_bar')"
print([connection.execute(query).fetchone()[0] for connection in asked])
"""
    answered = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert answered.stdout == "[True, False, False, False, False]\n"


def test_what_was_lent_is_lent_again_when_it_is_free():
    lender = Lender(in_memory)
    with lender.lend() as first, lender.lend() as second:
        assert first is not second
    with lender.lend() as again:
        assert again in (first, second)


def test_what_an_error_ended_is_not_lent_again():
    lender = Lender(in_memory)
    with pytest.raises(RuntimeError), lender.lend() as failed:
        raise RuntimeError
    with lender.lend() as closed:
        assert closed is not failed
        closed.close()
    with lender.lend() as works:
        assert works.execute("select 1").fetchall() == [(1,)]
