"""Fixtures that more than one file uses."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from support.worlds import EXAMPLE_CLOSES, World, copy_of_examples


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> World:
    """The example home, its three months closed by the job itself, each on the 2nd of the month after it as `make demo`
    does. Tests only read it, so the first worker that needs it closes it for all."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder if worker_id == "master" else folder.parent) / "example"
    with FileLock(f"{folder}.lock"):
        if not (folder / "closed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            world = World(copy_of_examples(folder))
            for period, as_of in EXAMPLE_CLOSES:
                world.run(period, as_of=as_of)
            (folder / "closed").touch()
    return World(folder / "home")


_FIRST_CLOSE = pytest.StashKey[subprocess.Popen[bytes]]()


def pytest_configure(config: pytest.Config) -> None:
    """A run of all tests begins with the first close, while its workers start: else each of them would do that."""
    if not hasattr(config, "workerinput") and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        command = [sys.executable, "-m", "support.first_close"]
        config.stash[_FIRST_CLOSE] = subprocess.Popen(command, cwd=Path(__file__).parent)


def pytest_xdist_node_collection_finished(node: Any) -> None:
    """Called for each worker, before any of them is given a test."""
    if first_close := node.config.stash.get(_FIRST_CLOSE, None):
        first_close.wait()


# Files that take long begin first, so that no worker is left alone with one at the end.
LONG = (
    "test_ui_backfill",
    "test_ui",
    "test_second_opinion",
    "test_every_rule",
    "test_guides",
    "test_reissue",
    "test_running_again",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))
