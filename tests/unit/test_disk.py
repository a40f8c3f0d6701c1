"""A full disk is called one, whichever library finds it full. Real errors: `/dev/full` has no room, for anyone."""

import errno
import sqlite3
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.worlds import World
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.resources import failing_plainly
from python_assets.disk import full_disk
from python_assets.errors import UserError
from python_assets.ledger.durable import put

HOME = Path("/srv/home")


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A file that takes nothing. A link, since a library may remove what it could not write."""
    link = tmp_path / "full"
    link.symlink_to("/dev/full")
    return link


def python(full: Path) -> None:
    full.write_text("x")


def query(full: Path) -> None:
    duckdb.sql(f"copy (from range(10)) to '{full}' (format csv, use_tmp_file false)")


def arrow(full: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), full)


def spilled(folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '10MB'; set max_temp_directory_size = '1MB'")
        connection.execute("set temp_directory = $1", [str(folder)])
        connection.execute("create temp table sorted as from range(20_000_000) as it(n) order by hash(n)")


def database(_: Path) -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("pragma max_page_count = 1")
        connection.execute("create table a (b)")


def wrapped(full: Path) -> None:
    try:
        python(full)
    except OSError as error:
        raise RuntimeError("documents could not be set") from error


@pytest.mark.parametrize("write", [python, query, arrow, database, wrapped])
def test_a_full_disk_is_recognized(full, write):
    with pytest.raises(Exception) as error:  # noqa: PT011
        write(full)
    assert "the disk is full: nothing more can be written to " in full_disk(error.value, HOME)


def test_a_disk_too_small_for_what_memory_cannot_hold_is_recognized(tmp_path):
    with pytest.raises(duckdb.Error) as error:
        spilled(tmp_path)
    assert "the disk is full" in full_disk(error.value, HOME)


def test_the_folder_is_that_of_the_file_else_the_home():
    number = errno.ENOSPC
    assert "written to /mnt/data;" in full_disk(OSError(number, "No space left", "/mnt/data/a.parquet"), HOME)
    assert "written to /srv/home;" in full_disk(OSError(number, "No space left"), HOME)
    assert "written to /mnt/data;" in full_disk('IO Error: "/mnt/data/a": No space left on device', HOME)


def test_a_fault_of_another_kind_is_not_a_full_disk(tmp_path):
    assert full_disk(OSError(errno.EACCES, "Permission denied", "/mnt/a"), HOME) is None
    assert full_disk(UserError("tenants.csv: no column name"), HOME) is None
    assert full_disk(sqlite3.OperationalError("disk I/O error"), tmp_path) is None


def test_sqlites_disk_error_is_a_full_disk_where_nothing_is_free(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 4096}))
    assert "the disk is full" in full_disk(sqlite3.OperationalError("disk I/O error"), tmp_path)


def test_a_file_of_the_ledger_that_finds_no_room_is_told_as_a_full_disk(tmp_path, monkeypatch):
    def no_room(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", no_room)
    with pytest.raises(UserError) as error:
        put(tmp_path / "invoice.csv", b"x")
    assert "the disk is full" in full_disk(error.value, HOME)
    assert list(tmp_path.iterdir()) == []


def test_a_step_of_a_run_fails_with_that_message(full, monkeypatch):
    monkeypatch.setenv("COUNTERFOIL_HOME", "/srv/home")
    with pytest.raises(dg.Failure) as failure, failing_plainly():
        python(full)
    assert failure.value.description.startswith("the disk is full: nothing more can be written to /srv/home;")


def test_a_command_ends_with_that_message(tmp_path, full, monkeypatch):
    monkeypatch.setattr("python_assets.ingest.problems", lambda home: python(full))
    result = CliRunner().invoke(app, ["check", "--home", str(World(tmp_path).root)])
    assert result.exit_code == 1
    assert result.output == (
        f"counterfoil: the disk is full: nothing more can be written to {tmp_path}; free some space and run again\n"
    )
