"""The layer rules of the dbt project, held over its manifest without exceptions."""

import pytest

from python_assets.home import Home
from python_assets.warehouse.passes import Dbt


@pytest.fixture(scope="module")
def manifest(tmp_path_factory) -> dict:
    return Dbt(Home(tmp_path_factory.mktemp("home"))).manifest


@pytest.fixture(scope="module")
def models(manifest) -> dict[str, dict]:
    return {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}


def layer(node: dict) -> str:
    return node["fqn"][1]


def test_models_are_named_for_their_layer(models):
    prefixes = {"staging": ("stg_",), "intermediate": ("int_",)}
    wrong = [
        node["name"]
        for node in models.values()
        if not node["name"].startswith(prefixes.get(layer(node), (node["schema"] + "__",)))
    ]
    assert wrong == []


def test_staging_alone_reads_raw_input_and_reads_nothing_else(models):
    wrong = [
        (node["name"], parent)
        for node in models.values()
        for parent in node["depends_on"]["nodes"]
        if (layer(node) == "staging") != parent.startswith("source.counterfoil.raw.")
        and (layer(node) == "staging" or parent.startswith("source.counterfoil.raw."))
    ]
    assert wrong == []


def test_arrows_point_from_staging_through_intermediate_to_marts(models):
    order = {"staging": 0, "intermediate": 1, "marts": 2}
    wrong = [
        (node["name"], parent)
        for node in models.values()
        for parent in node["depends_on"]["nodes"]
        if parent in models and order[layer(models[parent])] > order[layer(node)]
    ]
    assert wrong == []


def test_expected_invoices_do_not_read_the_ledger_of_their_own_month(models):
    wrong = [
        node["name"]
        for node in models.values()
        if layer(node) != "marts"
        and any(parent.startswith("source.counterfoil.ledger.") for parent in node["depends_on"]["nodes"])
    ]
    assert wrong == []


def test_every_model_and_seed_says_what_it_is_and_ends_with_its_grain(manifest):
    wrong = [
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
        and "Grain is one row per " not in " ".join(node["description"].split()[-25:])
    ]
    assert wrong == []


def test_every_model_and_seed_has_a_test_of_its_grain(manifest):
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") == "unique_combination_of_columns"
    }
    wrong = [
        key
        for key, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed") and key not in tested
    ]
    assert wrong == []


def test_public_tables_have_enforced_contracts_and_described_columns(models):
    marts = [node for node in models.values() if layer(node) == "marts"]
    assert [node["name"] for node in marts if not node["config"]["contract"]["enforced"]] == []
    undescribed = [
        (node["name"], column["name"])
        for node in marts
        for column in node["columns"].values()
        if not column["description"]
    ]
    assert undescribed == []


def test_each_pass_is_one_layer(models):
    passes = {"staging": "foundation", "intermediate": "expected", "marts": "books"}
    assert [node["name"] for node in models.values() if passes[layer(node)] not in node["tags"]] == []
