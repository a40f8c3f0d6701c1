"""dbt's own tests that a close leaves out: grains of input and reference data, and unit tests of single models."""

from python_assets.warehouse.passes import Dbt


def test_grains_of_input_and_reference_data_hold_on_the_example(example):
    assert len(Dbt(example.home).test("tag:deep")) >= 35


def test_unit_tests_of_models(example):
    assert len(Dbt(example.home).test("test_type:unit")) >= 129
