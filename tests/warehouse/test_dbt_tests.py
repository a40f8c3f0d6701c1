"""dbt's own tests that a close leaves out: grains of input and reference data, and unit tests of single models."""

import shutil

import pytest

from python_assets.home import Home
from python_assets.warehouse.passes import Dbt


@pytest.fixture(scope="module")
def home(example, tmp_path_factory) -> Home:
    """The example's warehouse as a file of its own: while dbt has one open, nobody else can read it."""
    root = tmp_path_factory.mktemp("warehouse")
    shutil.copy(example.home.warehouse, root / "warehouse.duckdb")
    return Home(root)


def test_grains_of_input_and_reference_data_hold_on_the_example(home):
    assert len(Dbt(home).test("tag:deep")) >= 35


def test_unit_tests_of_models(home):
    assert len(Dbt(home).test("test_type:unit")) >= 129
