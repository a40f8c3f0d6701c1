"""Fixtures that more than one file uses."""

import pytest
from support.worlds import World, copy_of_examples


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The example home, its three months closed as of 2 June 2026. Tests only read it."""
    world = World(copy_of_examples(tmp_path_factory.mktemp("example")))
    world.run("2026-03", "2026-05", as_of="2026-06-02")
    return world


# Files that take long begin first, so that no worker is left alone with one at the end.
LONG = (
    "test_ui_backfill",
    "test_second_opinion",
    "test_every_rule",
    "test_guides",
    "test_reissue",
    "test_running_again",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))
