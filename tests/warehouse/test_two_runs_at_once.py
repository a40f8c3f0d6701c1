"""Two runs on one home: one waits for the other or gives up plainly, and the ledger is never torn."""

import os
import subprocess
import sys
import time

import pytest
from support.odd_server import says_nothing, serving
from support.worlds import Accounts, World

from python_assets import ledger
from python_assets.lock import home_lock


@pytest.fixture
def world(tmp_path) -> World:
    made = World(tmp_path)
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.deliver(made, "2026-01")
    return made


def start(world: World, *more: str, **environment: str) -> subprocess.Popen:
    command = [
        sys.executable,
        "-m",
        "orchestration.cli",
        "run",
        "--home",
        str(world.root),
        "--period",
        "2026-01",
        "--as-of",
        "2026-02-01",
        *more,
    ]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | environment
    )


def test_both_finish_and_the_ledger_has_one_seal(world):
    runs = [start(world), start(world)]
    outputs = [run.communicate(timeout=240)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert ledger.verify(world.home).ok
    assert len(ledger.read_seals(world.home)) == 1
    assert world.invoice("acme", "2026-01") == ("issued", 5000, 500, 5500)


def test_the_second_waits_a_bounded_time_and_names_the_holder(world):
    with home_lock(world.home, 5, "the test itself"):
        begun = time.monotonic()
        output, _ = (run := start(world, "--wait", "1")).communicate(timeout=120)
        waited = time.monotonic() - begun
    assert run.returncode == 1
    assert "the test itself" in output
    assert str(os.getpid()) in output
    assert "Traceback" not in output
    assert waited < 60
    assert not list(world.home.ledger.glob("seal=*"))


def test_a_push_that_hangs_holds_no_other_run(world):
    service = {"FINANCE_JWT_SECRET": "x" * 32}
    with serving(says_nothing) as server:
        pushing = start(world, FINANCE_URL=server.url, **service)
        while not server.requests:
            assert pushing.poll() is None
            time.sleep(0.1)
        output, _ = (second := start(world, "--wait", "0")).communicate(timeout=120)
        assert second.returncode == 0, output
        assert pushing.poll() is None
        pushing.kill()
        pushing.communicate()
    assert world.invoice("acme", "2026-01") == ("issued", 5000, 500, 5500)
