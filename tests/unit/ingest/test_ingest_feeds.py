"""The declaration agrees with itself and with what is public."""

from python_assets.ingest import FEEDS, TABLES, tables_of
from python_assets.ingest.values import KINDS


def test_feeds_and_tables_stand_in_the_contracts_order():
    assert FEEDS == (
        "control_plane",
        "metering",
        "llm_usage",
        "digitalocean_invoices",
        "digitalocean_balance",
        "billed_invoices",
        "campaigns",
        "analytics_exports",
    )
    assert len(TABLES) == 25
    assert [table.name for table in tables_of("campaigns")] == [
        "campaigns__bundles",
        "campaigns__campaigns",
        "campaigns__campaign_usage",
    ]


def test_every_kind_is_known_and_every_id_column_has_the_form_of_an_id():
    columns = [column for table in TABLES.values() for column in table.columns]
    assert {column.kind for column in columns} <= set(KINDS)
    assert all(column.kind == "id" for column in columns if column.name.endswith("_id"))


def test_keys_are_required_columns():
    for table in TABLES.values():
        required = {column.name for column in table.columns if column.required}
        assert set(table.key) <= required, table.name
