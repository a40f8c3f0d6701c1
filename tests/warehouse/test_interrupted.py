"""A close that is interrupted, or finds the disk full, says so in one line; the same command then finishes it."""

import errno
import os
import signal
import time
from unittest.mock import patch

import dagster as dg
import pytest
from support.worlds import Accounts, World
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.settings import prepare_dagster
from python_assets.lock import home_lock


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("interrupted") / "home")
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.used("acme", "droplet_hours", "1500", "2026-01-10T00:00:00Z")
    accounts.deliver(world, "2026-01")
    return world


def run(world: World) -> Result:
    return CliRunner().invoke(
        app, ["run", "--home", str(world.root), "--period", "2026-01", "--as-of", "2026-02-01"], env=os.environ
    )


def interrupt(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)  # The signal arrives before this is over.


def fill(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "/mnt/data/invoices.parquet")


def test_one_line_says_why_and_the_next_run_goes_on(world: World):
    with patch("orchestration.assets.seal", interrupt):
        result = run(world)
    assert (result.exit_code, result.output) == (130, "counterfoil: interrupted\n")
    with patch("python_assets.ledger.seal.sync", fill):
        result = run(world)
    assert (result.exit_code, result.output) == (
        1,
        "counterfoil: 2026-01 was not closed:\n"
        "the disk is full: nothing more can be written to /mnt/data; free some space and run again\n",
    )
    assert list(world.home.ledger.glob("seal=*")) == []
    with home_lock(world.home, 0, "test"):
        pass
    result = run(world)
    assert result.exit_code == 0, result.output
    assert world.invoice("acme", "2026-01") == ("issued", 5012, 501, 5513)
    prepare_dagster(world.home)
    with dg.DagsterInstance.get() as instance:
        statuses = [record.dagster_run.status.name for record in instance.get_run_records(ascending=True)]
    assert statuses == ["FAILURE", "FAILURE", "SUCCESS"]
