"""Which months the landing sensor runs. A file is told from another by name, size and time, as `run` tells it."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
from support.worlds import World

from orchestration.sensors import landing_sensor


@pytest.fixture
def world(example: World, tmp_path: Path) -> World:
    """The closed example, to be changed."""
    return World(Path(shutil.copytree(example.root, tmp_path / "home", symlinks=True)))


def asked(world: World) -> list[tuple[str, str]] | str:
    """(month, run key) of the runs that the sensor asks for, else why it asks for none."""
    with dg.DagsterInstance.ephemeral() as instance:
        answer = landing_sensor(world.home)(dg.build_sensor_context(instance))
    if isinstance(answer, dg.SkipReason):
        return answer.skip_message
    return [(request.partition_key, request.run_key) for request in answer.run_requests]


def months(answer: list[tuple[str, str]] | str) -> list[str]:
    return [month for month, _ in answer]


def deliver(world: World, period: str, age: float = 3600) -> Path:
    rows = [{"event_id": "late", "deployment_id": "d", "resource_kind": "llm_tokens", "quantity": 1}]
    file = world.deliver("metering", period, "late.csv", rows)
    then = time.time() - age
    os.utime(file, (then, then))
    return file


def test_nothing_runs_while_no_file_changes(world):
    assert asked(world) == "no file has changed"


def test_the_month_of_a_new_a_changed_and_a_gone_file_runs_in_order(world):
    deliver(world, "2026-05")
    assert months(asked(world)) == ["2026-05"]
    gone = next(iter((world.root / "landing/metering/period=2026-04").iterdir()))
    gone.unlink()
    (world.root / "landing/metering/period=2026-03/extra.csv").touch()
    os.utime(world.root / "landing/metering/period=2026-03/extra.csv", (1, 1))
    assert months(asked(world)) == ["2026-03", "2026-04", "2026-05"]


def test_a_month_that_was_never_run_runs_and_one_that_has_not_begun_does_not(world):
    deliver(world, "2026-06")
    deliver(world, "2999-01")
    assert months(asked(world)) == ["2026-06"]


def test_a_file_that_may_still_be_written_waits(world):
    deliver(world, "2026-05", age=0)
    assert asked(world) == "no file has changed"


def test_the_same_files_are_asked_for_once(world):
    file = deliver(world, "2026-05")
    first = asked(world)
    assert asked(world) == first
    file.write_text(file.read_text() + "another,d,llm_tokens,1\n")
    os.utime(file, (1000, 1000))
    assert months(asked(world)) == months(first)
    assert asked(world) != first


def test_a_draft_that_an_earlier_months_run_discarded_is_run_again(world):
    """A run key is used once, so the later month needs another one when the earlier one has changed."""
    deliver(world, "2026-06")
    [(_, before)] = asked(world)
    deliver(world, "2026-05")
    assert months(asked(world)) == ["2026-05", "2026-06"]
    assert dict(asked(world))["2026-06"] != before


def test_it_waits_while_a_run_holds_the_home(world):
    deliver(world, "2026-05")
    holder = (
        "import sys; from pathlib import Path; from python_assets.home import Home; "
        "from python_assets.lock import home_lock\n"
        "with home_lock(Home.open(Path(sys.argv[1])), 5, 'a close'): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder, str(world.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        assert "(a close); waited 0 seconds" in asked(world)
        process.stdin.close()
