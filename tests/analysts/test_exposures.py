"""Exposures say who reads which public table: whoever changes one sees in dbt what hangs on it."""

import re

import pytest

from python_assets.publish.marts import PUBLIC_SCHEMAS
from python_assets.warehouse.passes import Dbt
from python_assets.warehouse.project import PROJECT

# A public table where SQL reads it.
READ = re.compile(rf"\b(?:from|join)\s+({'|'.join(PUBLIC_SCHEMAS)})\.([a-z_]+)(?!\w|\()")


@pytest.fixture(scope="module")
def manifest(example) -> dict:
    return Dbt(example.home).manifest


@pytest.fixture(scope="module")
def exposures(manifest) -> dict[str, dict]:
    return {exposure["name"]: exposure for exposure in manifest["exposures"].values()}


@pytest.fixture(scope="module")
def marts(manifest) -> set[str]:
    return {
        key for key, node in manifest["nodes"].items() if node["fqn"][1] == "marts" and node["resource_type"] == "model"
    }


def tables_read(place: str) -> set[str]:
    """Models of the public tables that the files at a place read."""
    path = PROJECT / place
    files = [path] if path.is_file() else [*path.rglob("*.py"), *path.rglob("*.jinja"), *path.rglob("*.sql")]
    return {
        f"model.counterfoil.{schema}__{table}" for file in files for schema, table in READ.findall(file.read_text())
    }


def test_each_way_out_of_the_house_is_an_exposure(exposures):
    assert exposures.keys() == {"marts_database", "health_report", "finance_exports", "invoice_documents", "quote"}


def test_every_public_table_is_somebodys(exposures, marts):
    assert set(exposures["marts_database"]["depends_on"]["nodes"]) == marts


def test_exposures_rest_on_public_tables_alone(exposures, marts):
    assert [name for name, exposure in exposures.items() if not set(exposure["depends_on"]["nodes"]) <= marts] == []


def test_what_the_code_reads_is_what_its_exposure_names(exposures):
    for name, exposure in exposures.items():
        read = {table for place in exposure["config"]["meta"]["made_by"] for table in tables_read(place)}
        assert read <= set(exposure["depends_on"]["nodes"]), name
    assert tables_read("python_assets/report")
    assert tables_read("python_assets/exports")
    assert "model.counterfoil.catalog__plan_items" in tables_read("macros/rating/quote.sql")


def test_an_exposure_has_an_owner_a_maturity_and_says_what_it_is(exposures):
    for name, exposure in exposures.items():
        assert exposure["owner"]["name"], name
        assert exposure["maturity"] == "high", name
        assert len(exposure["description"]) > 50, name
