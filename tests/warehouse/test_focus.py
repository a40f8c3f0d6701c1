"""The provider's charges as FOCUS 1.2: every column of both files against the specification's types and values."""

import csv
import json
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from support.worlds import Accounts, World

from python_assets.warehouse.project import PROJECT

FOCUS = json.loads((Path(__file__).parents[1] / "data" / "focus" / "focus_1_2.json").read_text())
COLUMNS, SUBCATEGORIES = FOCUS["columns"], FOCUS["service_subcategories"]
MONTHS = ("2026-03", "2026-04", "2026-05")
IN_TEXT = {
    "Decimal": r"-?\d+\.\d+",
    "Date/Time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "String": r"(?s).*\S.*",
}
IN_PARQUET = {"Decimal": r"DECIMAL\(\d+,\d+\)", "Date/Time": "TIMESTAMP WITH TIME ZONE", "String": "VARCHAR"}
IN_FORMAT = {"Currency": "[A-Z]{3}", "Unit": "Hours|Units"}
UUID = "0b3c5a52-3c0f-4f1c-9d53-0d6f6a0d4c11"


def charges(world: World, month: str) -> list[dict[str, str | None]]:
    """Rows of the CSV; an empty cell is null."""
    path = world.home.published / "exports" / f"period={month}" / "focus_1_2.csv"
    with path.open(newline="") as file:
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> World:
    """An invoice with whatever an invoice may have: unknown products, refunds, hostile names, no hours, odd ends."""
    world = World(tmp_path_factory.mktemp("focus"))
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.add("cloud_resources", resource_id="r-1", deployment_id="d-acme", kind="droplet", name="Web-1")
    accounts.add("cloud_resources", resource_id="r-2", deployment_id="nobody", kind="volume", name="orphan")
    accounts.deliver(world, "2026-01")
    day = {"start": "2026-01-01 00:00:00 +0000", "end": "2026-01-31 23:59:59 +0000"}
    lines = [
        ("Droplets", "web-1 (s-1vcpu)", "1.5", "$1,234.56"),
        ("Droplets", "web-1 (s-1vcpu)", "2", "-$0.50"),
        ("Droplets", '=HYPERLINK("http://192.0.2.1")\n,x', "744", "$0.00"),
        ("Volumes", "orphan (1 GB)", "744", "$0.10"),
        ("Rain Machines", "@cloud", "", "$3.00"),
        ("Rain Machines", "a refund", "", "($1.00)"),
        ("Taxes", "GST (10%)", "", "$123.72"),
    ]
    rows = [
        {"product": product, "description": description, "hours": hours, **day, "USD": amount}
        for product, description, hours, amount in lines
    ]
    world.deliver("digitalocean_invoices", "2026-01", f"{UUID}.csv", rows)
    world.close("2026-01", everything=True)
    return world


@pytest.fixture(params=["example", "odd"])
def world(request: pytest.FixtureRequest) -> World:
    return request.getfixturevalue(request.param)


def all_charges(world: World) -> list[dict[str, str | None]]:
    months = [path.name.removeprefix("period=") for path in (world.home.published / "exports").iterdir()]
    return [charge for month in sorted(months) for charge in charges(world, month)]


def test_the_declaration_has_the_21_mandatory_columns():
    assert sum(column["level"] == "Mandatory" for column in COLUMNS.values()) == 21


def test_the_columns_are_those_declared_and_own_ones_behind_them(example):
    names = list(charges(example, "2026-04")[0])
    own = [name for name in names if name.startswith("x_")]
    assert sorted(names[: -len(own)]) == sorted(COLUMNS)
    assert names[-len(own) :] == own == ["x_LineNumber", "x_DeploymentId", "x_ProjectName"]


@pytest.mark.parametrize("name", COLUMNS)
def test_a_columns_values_are_of_its_type_allowed_and_there(world, name):
    column = COLUMNS[name]
    values = [charge[name] for charge in all_charges(world)]
    assert values
    if not column["nulls"]:
        assert None not in values
    wrong = [
        value
        for value in values
        if value is not None
        and not (
            re.fullmatch(IN_TEXT[column["type"]], value)
            and re.fullmatch(IN_FORMAT.get(column.get("format"), "(?s).*"), value)
            and value in column.get("allowed", [value])
        )
    ]
    assert wrong == []


@pytest.mark.parametrize("month", MONTHS)
def test_parquet_has_the_types_and_the_same_rows(example, month):
    folder = example.home.published / "exports" / f"period={month}"
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        parquet = connection.from_parquet(str(folder / "focus_1_2.parquet"))
        types = dict(zip(parquet.columns, map(str, parquet.types), strict=True))
        assert [name for name in COLUMNS if not re.fullmatch(IN_PARQUET[COLUMNS[name]["type"]], types[name])] == []
        instants = {name for name in types if types[name] == "TIMESTAMP WITH TIME ZONE"}
        rows = [dict(zip(parquet.columns, row, strict=True)) for row in parquet.fetchall()]
    assert [
        {
            name: f"{value:%Y-%m-%dT%H:%M:%SZ}" if name in instants else None if value is None else str(value)
            for name, value in row.items()
        }
        for row in rows
    ] == charges(example, month)


def test_a_subcategory_is_of_its_category_and_a_service_has_one(world):
    found = defaultdict(set)
    for charge in all_charges(world):
        assert charge["ServiceSubcategory"] in SUBCATEGORIES[charge["ServiceCategory"]]
        found[charge["ServiceName"]].add((charge["ServiceCategory"], charge["ServiceSubcategory"]))
    assert all(len(services) == 1 for services in found.values())


def test_reference_data_has_the_specifications_values_alone():
    with (PROJECT / "seeds" / "ref_focus_services.csv").open(newline="") as file:
        services = [tuple(row.values()) for row in csv.DictReader(file)]
    assert len(services) > 10
    for _, category, subcategory, frequency in services:
        assert subcategory in SUBCATEGORIES[category]
        assert frequency in COLUMNS["ChargeFrequency"]["allowed"]


def test_what_a_column_says_of_another_holds(world):
    """The conditional nullability of the specification, and that no other price than the billed one is known."""
    for charge in all_charges(world):
        is_usage = charge["ChargeCategory"] == "Usage"
        for quantity, unit in (("PricingQuantity", "PricingUnit"), ("ConsumedQuantity", "ConsumedUnit")):
            assert (charge[quantity] is not None) == (charge[unit] is not None) == is_usage
        assert (charge["SubAccountId"] is None) == (charge["SubAccountName"] is None)
        assert (charge["ResourceId"] is None) == (charge["ResourceType"] is None) == (charge["ResourceName"] is None)
        assert charge["BilledCost"] == charge["ListCost"] == charge["ContractedCost"] == charge["EffectiveCost"]
        assert charge["ChargePeriodStart"] < charge["ChargePeriodEnd"]
        assert (charge["ChargeFrequency"] == "One-Time") == (not is_usage)


@pytest.mark.parametrize("month", MONTHS)
def test_an_invoices_billed_cost_is_what_is_to_be_paid(example, month):
    billed = defaultdict(Decimal)
    for charge in charges(example, month):
        billed[charge["InvoiceId"]] += Decimal(charge["BilledCost"])
    due = example.rows("select invoice_uuid, gross from cost.invoices where period = ?::date", f"{month}-01")
    assert dict(billed) == dict(due)
    assert len(due) == 1


@pytest.mark.parametrize(("month", "end"), [("2026-03", "2026-04"), ("2026-04", "2026-05"), ("2026-05", "2026-06")])
def test_ends_are_exclusive(example, month, end):
    """Taxes and credits are delivered with the last second of the month."""
    found = charges(example, month)
    assert {(c["BillingPeriodStart"], c["BillingPeriodEnd"]) for c in found} == {
        (f"{month}-01T00:00:00Z", f"{end}-01T00:00:00Z")
    }
    others = {c["ChargePeriodEnd"] for c in found if c["ChargeCategory"] != "Usage"}
    assert others <= {f"{end}-01T00:00:00Z"}
    assert max(c["ChargePeriodEnd"] for c in found) == f"{end}-01T00:00:00Z"


def test_lines_are_usage_taxes_tax_and_credits_credit(odd):
    found = [(c["ChargeCategory"], c["BilledCost"], c["ServiceCategory"]) for c in charges(odd, "2026-01")]
    assert found == [
        ("Usage", "1234.560000", "Compute"),
        ("Usage", "-0.500000", "Compute"),
        ("Usage", "0.000000", "Compute"),
        ("Usage", "0.100000", "Storage"),
        ("Usage", "3.000000", "Other"),
        ("Credit", "-1.000000", "Other"),
        ("Tax", "123.720000", "Other"),
    ]


def test_text_is_written_as_it_was_delivered(odd):
    """A machine reads it: nothing is put in front of what a spreadsheet would run."""
    descriptions = [charge["ChargeDescription"] for charge in charges(odd, "2026-01")]
    assert descriptions[2:5] == ['=HYPERLINK("http://192.0.2.1")\n,x', "orphan (1 GB)", "@cloud"]


def test_a_charge_without_hours_is_one_unit(odd):
    charge = charges(odd, "2026-01")[4]
    assert (charge["PricingQuantity"], charge["PricingUnit"]) == ("1.000000000", "Units")
    assert (charge["ConsumedQuantity"], charge["ConsumedUnit"]) == ("1.000000000", "Units")


def test_the_tenant_of_the_resources_deployment_is_the_sub_account(odd, example):
    found = [(c["SubAccountId"], c["SubAccountName"], c["ResourceId"]) for c in charges(odd, "2026-01")]
    assert found[:4] == [("acme", "Acme", "r-1"), ("acme", "Acme", "r-1"), (None, None, None), (None, None, "r-2")]
    tenants = {c["SubAccountId"]: c["SubAccountName"] for c in charges(example, "2026-04") if c["SubAccountId"]}
    assert tenants["pilot"] == "Pilot Learning Co-operative Ltd"


def test_the_account_is_the_reseller(example, odd):
    [account] = {(c["BillingAccountId"], c["BillingAccountName"]) for c in charges(example, "2026-04")}
    assert account == ("digitalocean:51824753556", "Harbour Grove Cloud Pty Ltd")
    [account] = {(c["BillingAccountId"], c["BillingAccountName"]) for c in charges(odd, "2026-01")}
    assert account == ("digitalocean", None)
