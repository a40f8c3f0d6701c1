"""One process at a time holds a home, and a dead one holds nothing."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.lock import home_lock, push_lock, release_home_lock

PROJECT = Path(__file__).parents[3]
HOLD = """
import sys
from pathlib import Path
from python_assets.home import Home
from python_assets.lock import home_lock
with home_lock(Home(Path(sys.argv[1])), 0, "run of 2026-04"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_waits_and_learns_who_holds_it(tmp_path, holder):
    named = rf"process {holder.pid} on .* since .* \(run of 2026-04\); waited 0.3 seconds"
    with pytest.raises(UserError, match=named), home_lock(Home(tmp_path), 0.3, "second"):
        pass
    holder.communicate("")
    with home_lock(Home(tmp_path), 0, "second"):
        pass


def test_a_killed_process_holds_nothing(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / ".lock.holder").exists()
    with home_lock(Home(tmp_path), 0, "second"):
        assert json.loads((tmp_path / ".lock.holder").read_text())["purpose"] == "second"


def test_a_stale_holder_is_not_named(tmp_path, holder):
    (tmp_path / ".lock.holder").write_text("{")
    with pytest.raises(UserError, match="in use by another process"), home_lock(Home(tmp_path), 0, "second"):
        pass


def test_the_holder_may_take_it_again(tmp_path):
    home = Home(tmp_path)
    with home_lock(home, 0, "outer"):
        with home_lock(home, 0, "inner"):
            pass
        assert json.loads((tmp_path / ".lock.holder").read_text())["purpose"] == "outer"
        second = subprocess.run(
            [sys.executable, "-c", HOLD, tmp_path], cwd=PROJECT, input="", capture_output=True, text=True, check=False
        )
        assert "UserError" in second.stderr
    assert not (tmp_path / ".lock.holder").exists()


def is_free(folder: Path) -> bool:
    second = subprocess.run(
        [sys.executable, "-c", HOLD, folder], cwd=PROJECT, input="", capture_output=True, text=True, check=False
    )
    return second.stdout == "held\n"


def test_it_can_be_released_before_all_blocks_that_took_it_end(tmp_path):
    home = Home(tmp_path)
    with home_lock(home, 0, "outer"):
        with home_lock(home, 0, "inner"):
            assert not is_free(tmp_path)
            release_home_lock(home)
            assert is_free(tmp_path)
            # Another process has it now: its name must not be taken away when these blocks end.
            holder = tmp_path / ".lock.holder"
            holder.write_text("{}")
        assert holder.exists()
    assert holder.exists()
    release_home_lock(home)
    with home_lock(home, 0, "again"):
        assert not is_free(tmp_path)


def test_a_push_does_not_hold_the_home(tmp_path):
    with push_lock(Home(tmp_path), 0):
        assert is_free(tmp_path)


def test_it_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ValueError, match="x"), home_lock(Home(tmp_path), 0, "fails"):
        raise ValueError("x")
    assert not (tmp_path / ".lock.holder").exists()


def test_a_home_that_is_gone_is_told(tmp_path):
    with pytest.raises(UserError, match="no such folder"), home_lock(Home(tmp_path / "gone"), 0, "x"):
        pass
    assert not (tmp_path / "gone").exists()
