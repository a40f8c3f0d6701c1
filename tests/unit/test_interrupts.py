"""Ctrl-C and termination end a command with one line and its exit status, wherever they arrive."""

import os
import signal
import subprocess
import sys
import threading
import time

import dagster as dg
import duckdb
import pytest

from orchestration.interrupts import Interrupted, raising_interrupted
from orchestration.resources import failing_plainly

BOTH = pytest.mark.parametrize(
    ("number", "status", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)


def query_during_which(number: int) -> None:
    """DuckDB may finish what its threads have begun, so this takes a second or two at most."""
    timer = threading.Timer(0.2, os.kill, (os.getpid(), number))
    timer.start()
    duckdb.sql("select count(*) from range(200_000_000) where hash(range) = 1").fetchall()
    timer.join()


def send(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(10)  # The signal arrives before this is over.


@BOTH
def test_one_in_python_ends_the_work(number, status, word):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted, match=word) as interrupted, raising_interrupted():
        send(number)
    assert interrupted.value.status == status
    assert signal.getsignal(signal.SIGTERM) == before


@BOTH
def test_one_during_a_query_is_no_fault_of_the_query(number, status, word):
    with pytest.raises(Interrupted) as interrupted, raising_interrupted():
        query_during_which(number)
    assert interrupted.value.status == status


@BOTH
def test_one_in_a_dagster_run_fails_the_run_and_ends_the_work(number, status, word):
    begun = []

    @dg.asset
    def first():
        with failing_plainly():
            begun.append("first")
            query_during_which(number)

    @dg.asset
    def second():
        begun.append("second")

    job = dg.Definitions(assets=[first, second], jobs=[dg.define_asset_job("job")]).resolve_job_def("job")

    def close(instance: dg.DagsterInstance) -> None:
        if not job.execute_in_process(instance=instance, raise_on_error=False).success:
            raise RuntimeError("the run failed")

    with dg.DagsterInstance.ephemeral() as instance:
        with pytest.raises(Interrupted) as interrupted, raising_interrupted():
            close(instance)
        [run] = instance.get_runs()
    assert interrupted.value.status == status
    assert run.status == dg.DagsterRunStatus.FAILURE
    assert begun == ["first"]


def test_an_error_without_a_signal_stays_that_error():
    with pytest.raises(RuntimeError, match="a fault"), raising_interrupted():
        raise RuntimeError("a fault")


@BOTH
def test_one_while_the_program_is_read_prints_one_line(number, status, word):
    script = (
        "import os, sys; from orchestration.interrupts import ending_at_once\n"
        f"with ending_at_once(): os.kill(os.getpid(), {int(number)}); import this"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr, ended.stdout) == (status, f"counterfoil: {word}\n", "")


def test_reading_the_program_leaves_handlers_as_they_were():
    script = (
        "import signal; before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]\n"
        "import orchestration.cli\n"
        "assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@BOTH
def test_a_command_ends_with_one_line(tmp_path, number, status, word):
    (tmp_path / "landing").mkdir()
    script = (
        "import os, sys, time; from python_assets import ingest; from orchestration.cli import app\n"
        f"ingest.problems = lambda home: os.kill(os.getpid(), {int(number)}) or time.sleep(10)\n"
        "app(['check', '--home', sys.argv[1]])"
    )
    ended = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr, ended.stdout) == (status, f"counterfoil: {word}\n", "")
