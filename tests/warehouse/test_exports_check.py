"""Analytics exports: which may be given away, why not, and that no value of one gets anywhere (R20)."""

import json
from pathlib import Path

import duckdb
import pytest
from support.worlds import World

SECRETS = ("secret.person@example.com", "0491570156", "192.0.2.77", "4111111111111111", "Very Private Person")


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    made = World(tmp_path_factory.mktemp("exports"), "[privacy]\nk = 3\n")
    plain = [{"region": "north", "band": band} for band in "aaabbbb"]
    exports = {
        "safe": (plain, ["region", "band"], None),
        "small": (plain, ["region", "band"], 4),
        "default": (plain[:5], ["region", "band"], None),
        "named": ([{"region": "north", "firstName": SECRETS[4]}] * 9, ["region"], None),
        "emails": ([{"region": "north", "note": f"see {SECRETS[0]}"}] * 9, ["region"], None),
        "phones": ([{"region": "north", "note": SECRETS[1]}] * 9, ["region"], None),
        "addresses": ([{"region": "north", "note": SECRETS[2]}] * 9, ["region"], None),
        "cards": ([{"region": "north", "note": SECRETS[3]}] * 9, ["region"], None),
        "undeclared": (plain, None, None),
    }
    for name, (rows, quasi_identifiers, k) in exports.items():
        path = made.deliver("analytics_exports", "2026-01", f"{name}.csv", rows)
        if quasi_identifiers:
            declared = {"quasi_identifiers": quasi_identifiers} | ({"k": k} if k else {})
            path.with_suffix(".json").write_text(json.dumps(declared))
    made.close("2026-01", everything=True)
    return made


def test_verdicts_and_reasons(world):
    rows = world.rows(
        "select export_id, verdict, reasons, offending_columns, smallest_group_size from "
        "reconciliation.analytics_exports order by 1"
    )
    assert rows == [
        ("addresses", "unsafe", "IP addresses", "note", 9),
        ("cards", "unsafe", "card numbers", "note", 9),
        ("default", "unsafe", "a group under 3", None, 2),
        ("emails", "unsafe", "e-mail addresses", "note", 9),
        ("named", "unsafe", "private column name", "firstName", 9),
        ("phones", "unsafe", "phone numbers", "note", 9),
        ("safe", "safe", None, None, 3),
        ("small", "unsafe", "a group under 4", None, 3),
        ("undeclared", "unsafe", "no usable declaration of quasi-identifiers", None, None),
    ]
    unsafe = [name for name, verdict, *_ in rows if verdict == "unsafe"]
    assert [subject for *_, subject in world.findings("unsafe_export")] == unsafe


def test_no_private_value_is_anywhere_but_in_the_landing(world):
    for path in Path(world.root).rglob("*"):
        if path.is_file() and "landing" not in path.parts:
            content = path.read_bytes()
            assert not [secret for secret in SECRETS if secret.encode() in content], path
    with duckdb.connect(str(world.home.warehouse), read_only=True) as warehouse:
        for schema, table in warehouse.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            text = str(warehouse.execute(f'from "{schema}"."{table}"').fetchall())
            assert not [secret for secret in SECRETS if secret in text], table
