"""raw/ follows landing: what is read again, what is kept, what fails a feed, and what never changes halfway."""

import json
import os
import shutil
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ingest import (
    FEEDS,
    TABLES,
    earliest_period,
    file_counts,
    ingest_feed,
    problems,
    quarantine_sql,
    relation_sql,
    store,
)
from python_assets.ingest.load import connection_for_typing

APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)
METERING = "event_id,deployment_id,resource_kind,quantity,measured_at\n"
EVENT = "{},d,k,1,2026-04-01T00:00:00Z\n"
TENANTS = "tenant_id,name\nt1,One\nt2,Two\n"


def events(landing):
    return landing.rows("metering", "event_id, _period::varchar, _file, _row")


def new_files(counts):
    return [count.file for count in counts if count.is_new]


def test_rows_carry_their_period_file_and_order(landing):
    landing.put("metering", "b.csv", METERING + EVENT.format("e3"))
    landing.put("metering", "a.csv", METERING + EVENT.format("e1") + "bad\n" + EVENT.format("e2"))
    landing.put("metering", "a.csv", METERING + EVENT.format("e0"), "2026-03")
    landing.ingest("metering")
    assert events(landing) == [
        ("e0", "2026-03-01", "a.csv", 0),
        ("e1", "2026-04-01", "a.csv", 0),
        ("e2", "2026-04-01", "a.csv", 1),
        ("e3", "2026-04-01", "b.csv", 0),
    ]


@pytest.mark.parametrize("table", TABLES)
def test_relation_without_files_is_empty_and_typed_and_makes_a_view(landing, table):
    sql = relation_sql(landing.home, table)
    with duckdb.connect() as connection:
        connection.execute(f"create view v as {sql}")
        described = connection.execute("describe v").fetchall()
        assert connection.execute("select count(*) from v").fetchall() == [(0,)]
    assert [row[0] for row in described][-3:] == ["_period", "_file", "_row"]
    assert [row[0] for row in described][:-3] == list(TABLES[table].column_names)


def test_relation_with_files_has_the_same_types_as_without(landing):
    empty = landing.query(f"describe {relation_sql(landing.home, 'metering')}")
    landing.put("metering", "a.csv", METERING + EVENT.format("e1"))
    landing.ingest("metering")
    assert landing.query(f"describe {relation_sql(landing.home, 'metering')}") == empty


def test_unchanged_file_is_not_read_again(landing, monkeypatch):
    landing.put("metering", "a.csv", METERING + EVENT.format("e1"))
    assert new_files(landing.ingest("metering")) == ["a.csv"]
    monkeypatch.setattr(store, "survey", None)
    monkeypatch.setattr(store, "sha256_of", None)
    (count,) = landing.ingest("metering")
    assert (count.is_new, count.rows_read, count.sha256) == (False, 1, file_counts(landing.home)[0].sha256)


def test_touched_file_with_the_same_bytes_is_only_hashed(landing):
    path = landing.put("metering", "a.csv", METERING + EVENT.format("e1"))
    landing.ingest("metering")
    os.utime(path, ns=(1, 1))
    assert new_files(landing.ingest("metering")) == []


def test_changed_file_replaces_its_rows_even_with_the_same_size_and_time(landing):
    path = landing.put("metering", "a.csv", METERING + EVENT.format("e1"))
    before = path.stat()
    landing.ingest("metering")
    path.write_text(METERING + EVENT.format("e2"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert new_files(landing.ingest("metering")) == ["a.csv"]
    assert events(landing) == [("e2", "2026-04-01", "a.csv", 0)]


def test_file_that_is_gone_takes_its_rows_and_its_quarantine_along(landing):
    path = landing.put("metering", "a.csv", METERING + EVENT.format("e1") + "bad\n")
    landing.put("metering", "b.csv", METERING + EVENT.format("e2"))
    landing.ingest("metering")
    path.unlink()
    assert [count.file for count in landing.ingest("metering")] == ["b.csv"]
    assert [row[0] for row in events(landing)] == ["e2"]
    assert landing.quarantine() == []
    assert len(list(landing.home.raw.rglob("*.parquet"))) == 1


def test_raw_can_be_deleted_wholly_or_in_part(landing):
    landing.put("metering", "a.csv", METERING + EVENT.format("e1"))
    landing.ingest("metering")
    next(landing.home.raw.rglob("*.parquet")).unlink()
    assert new_files(landing.ingest("metering")) == ["a.csv"]
    shutil.rmtree(landing.home.raw)
    assert new_files(landing.ingest("metering")) == ["a.csv"]
    assert len(events(landing)) == 1


@pytest.mark.parametrize("where", ["table=metering", "quarantine"])
def test_what_was_cut_in_raw_is_read_again(landing, where):
    landing.put("metering", "a.csv", METERING + EVENT.format("e1") + "bad\n")
    landing.ingest("metering")
    os.truncate(next(landing.home.raw.glob(f"feed=metering/{where}/*/*.parquet")), 20)
    assert new_files(landing.ingest("metering")) == ["a.csv"]
    assert (len(events(landing)), len(landing.quarantine())) == (1, 1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": "x"}', '{"files": [{"table": 1}]}', "\0"])
def test_manifest_that_cannot_be_read_means_a_new_start(landing, text):
    landing.put("metering", "a.csv", METERING + EVENT.format("e1"))
    landing.ingest("metering")
    (landing.home.raw / "feed=metering" / "manifest.json").write_text(text)
    assert file_counts(landing.home) == []
    assert new_files(landing.ingest("metering")) == ["a.csv"]


def test_other_version_of_the_checks_reads_everything_again(landing, monkeypatch):
    landing.put("metering", "a.csv", METERING + EVENT.format("e1"))
    landing.ingest("metering")
    monkeypatch.setattr(store, "version", lambda: "another")
    assert new_files(landing.ingest("metering")) == ["a.csv"]
    assert new_files(landing.ingest("metering")) == []


def test_feed_with_a_faulty_file_stays_as_it_was_and_every_fault_is_told(landing):
    path = landing.put("metering", "a.csv", METERING + EVENT.format("e1"))
    landing.ingest("metering")
    path.write_text(METERING + EVENT.format("e2"))
    landing.put("metering", "b.csv", "event_id\n")
    landing.put("metering", "c.txt", "")
    landing.put("metering", "d.csv", b"\xff")
    with pytest.raises(UserError) as error:
        landing.ingest("metering")
    assert sorted(line.split(": ")[0].rsplit("/")[-1] for line in str(error.value).splitlines()) == [
        "b.csv",
        "c.txt",
        "d.csv",
    ]
    assert [row[0] for row in events(landing)] == ["e1"]


def test_run_that_breaks_off_leaves_what_was_there(landing, monkeypatch):
    path = landing.put("metering", "a.csv", METERING + EVENT.format("e1"))
    landing.ingest("metering")
    path.write_text(METERING + EVENT.format("e2"))

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "_write_manifest", crash)
        with pytest.raises(KeyboardInterrupt):
            landing.ingest("metering")
    assert [row[0] for row in events(landing)] == ["e1"]
    landing.ingest("metering")
    assert [row[0] for row in events(landing)] == ["e2"]
    assert len(list(landing.home.raw.rglob("*.parquet"))) == 1


def test_file_that_changes_while_it_is_read_is_refused(landing, monkeypatch):
    path = landing.put("metering", "a.csv", METERING + EVENT.format("e1"))
    original = store.load_unit

    def grow(*arguments):
        path.write_text(METERING + EVENT.format("e1") + EVENT.format("e2"))
        return original(*arguments)

    monkeypatch.setattr(store, "load_unit", grow)
    with pytest.raises(UserError, match=r"a\.csv: changed while it was read"):
        landing.ingest("metering")


def test_repeated_key_within_a_delivery_keeps_the_first_valid_row(landing):
    text = "tenant_id,name,currency\nt1,Bad,xx\n\nt1,First,AUD\nt2,Two,AUD\nt1,Second,AUD\nt1,Third,AUD\n"
    landing.put("control_plane", "tenants.csv", text)
    landing.put("control_plane", "tenants.csv", "tenant_id,name\nt1,May\n", "2026-05")
    (count,) = landing.ingest("control_plane")
    assert (count.rows_read, count.rows_accepted, count.rows_quarantined) == (5, 2, 3)
    assert landing.rows("control_plane__tenants", "name") == [("First",), ("Two",)]
    reason = "repeats the key t1, first given in record 4 of tenants.csv"
    assert landing.quarantine()[1:] == [(6, "tenant_id", "t1", reason), (7, "tenant_id", "t1", reason)]


def test_two_tiers_with_one_end_are_both_loaded(landing):
    """They make their item unusable (R9), which only the rules can judge: both must be seen."""
    text = "plan_version_id,resource_kind,up_to,unit_price_cents\nv,k,100,1\nv,k,,2\nv,k,100.0,3\nv,k,,4\n"
    landing.put("control_plane", "plan_item_tiers.csv", text)
    [count] = landing.ingest("control_plane")
    assert landing.quarantine("line, column_name, value") == []
    assert (count.rows_read, count.rows_accepted) == (4, 4)


def test_key_of_billed_invoices_holds_over_all_files_of_a_delivery(landing):
    header = "tenant_id,month,subtotal_cents,tax_cents,total_cents\n"
    landing.put("billed_invoices", "b.csv", header + "t1,2026-04,9,9,9\nt2,2026-04,2,0,2\n")
    path = landing.put("billed_invoices", "a.csv", header + "t1,2026-04,1,0,1\n")
    landing.put("billed_invoices", "a.csv", header + "t1,2026-04,3,0,3\n", "2026-03")
    landing.ingest("billed_invoices")
    assert landing.rows("billed_invoices", "tenant_id, total_cents, _file") == [
        ("t1", 3, "a.csv"),
        ("t1", 1, "a.csv"),
        ("t2", 2, "b.csv"),
    ]
    assert landing.quarantine("file, line, value, reason") == [
        ("b.csv", 2, "t1, 2026-04-01", "repeats the key t1, 2026-04-01, first given in record 2 of a.csv")
    ]
    path.unlink()
    counts = landing.ingest("billed_invoices")
    assert [(count.file, count.is_new, count.rows_accepted) for count in counts] == [
        ("a.csv", False, 1),
        ("b.csv", True, 2),
    ]


def test_two_files_for_one_table_fail_the_feed(landing):
    landing.put("control_plane", "tenants.csv", TENANTS)
    landing.put("control_plane", "tenants.jsonl", '{"tenant_id": "t", "name": "n"}\n')
    message = "landing/control_plane/period=2026-04/tenants.jsonl: and tenants.csv are both 'tenants' of one delivery"
    with pytest.raises(UserError, match=message):
        landing.ingest("control_plane")


def test_later_deliveries_are_read_for_the_tables_that_are_read_whole_and_for_no_other(landing):
    deployments = "deployment_id,tenant_id\nd1,t1\n"
    landing.put("control_plane", "tenants.csv", TENANTS)
    landing.put("control_plane", "deployments.csv", deployments)
    landing.put("control_plane", "deployments.csv", deployments, "2026-05")
    landing.put("control_plane", "tenants.csv", "broken", "2026-05")
    landing.put("control_plane", "nonsense.csv", "", "2026-05")
    counts = landing.ingest("control_plane")
    assert [(str(count.period), count.table) for count in counts] == [
        ("2026-04-01", "control_plane__deployments"),
        ("2026-04-01", "control_plane__tenants"),
        ("2026-05-01", "control_plane__deployments"),
    ]
    with pytest.raises(UserError) as error:
        landing.ingest("control_plane", MAY)
    assert len(str(error.value).splitlines()) == 2


def test_what_an_earlier_run_read_of_later_deliveries_stays_until_it_changes(landing):
    landing.put("metering", "a.csv", METERING + EVENT.format("e1"))
    may = landing.put("metering", "m.csv", METERING + EVENT.format("e2"), "2026-05")
    june = landing.put("metering", "j.csv", METERING + EVENT.format("e3"), "2026-06")
    landing.ingest("metering", date(2026, 6, 1))
    assert new_files(landing.ingest("metering")) == []
    assert [row[0] for row in events(landing)] == ["e1", "e2", "e3"]
    may.write_text("now broken")
    june.unlink()
    landing.ingest("metering")
    assert [row[0] for row in events(landing)] == ["e1"]


@pytest.mark.parametrize(
    ("path", "where", "message"),
    [
        ("landing/meterings/period=2026-04/a.csv", "landing/meterings", "is no feed; landing holds one folder"),
        ("landing/a.csv", "landing/a.csv", "is no feed"),
        ("landing/metering/a.csv", "landing/metering/a.csv", "lies in no period"),
        ("landing/metering/2026-04/a.csv", "landing/metering/2026-04", "is no period; files lie in folders named"),
        ("landing/metering/period=2026-4/a.csv", "landing/metering/period=2026-4", "is no period"),
        ("landing/metering/period=2026-04/a.xlsx", "", "has an ending that is not read here; expected is one of: .csv"),
        ("landing/metering/period=2026-04/x.csv/a.csv", "landing/metering/period=2026-04/x.csv", "is a folder"),
        ("landing/control_plane/period=2026-04/tenant.csv", "", "'tenant' is no table of control_plane"),
        ("landing/digitalocean_invoices/period=2026-04/a b.csv", "", "the file's name must be an id and an ending"),
        (
            "landing/digitalocean_balance/period=2026-04/a.csv",
            "",
            "has an ending that is not read here; expected is one of: .json",
        ),
        ("landing/analytics_exports/period=2026-04/x.json", "", "declares an export, but there is no x.csv"),
    ],
)
def test_nothing_that_is_not_understood_is_passed_over(landing, path, where, message):
    full = landing.home.root / path
    full.parent.mkdir(parents=True)
    full.write_text("")
    feed = path.split("/")[1] if path.split("/")[1] in FEEDS else "metering"
    with pytest.raises(UserError) as error:
        landing.ingest(feed)
    assert str(error.value).startswith(f"{where or path}: {message}")
    assert [(problem.file, problem.record) for problem in problems(landing.home)] == [(where or path, None)]


def test_hidden_files_and_readmes_are_passed_over(landing):
    landing.put("metering", ".DS_Store", b"\xff")
    landing.put("metering", "a.csv", METERING)
    for folder in (landing.home.landing, landing.home.landing / "metering"):
        (folder / "README.md").write_text("what goes where")
        (folder / ".hidden").mkdir()
    assert [count.file for count in landing.ingest("metering")] == ["a.csv"]
    assert problems(landing.home) == []


def test_empty_home_is_empty(landing):
    assert [count for feed in FEEDS for count in ingest_feed(landing.home, feed, APRIL)] == []
    assert earliest_period(landing.home) is None
    assert landing.query(quarantine_sql(landing.home)) == []
    assert problems(Home(landing.home.root / "none")) == []


def test_earliest_period_is_that_of_the_first_folder_with_a_file(landing):
    landing.put("metering", "a.csv", METERING, "2026-03")
    landing.put("campaigns", "bundles.csv", "", "2025-12")
    landing.put("campaigns", ".hidden", "", "2024-12")
    assert earliest_period(landing.home) == date(2025, 12, 1)


def test_names_with_quotes_patterns_and_line_breaks_are_taken_as_they_are(landing):
    names = ["it's.csv", "a*.csv", "ab.csv", "[x].csv", "q?.csv", "two\nlines.csv", "é.csv", "x" * 240 + ".csv"]
    for number, name in enumerate(names):
        landing.put("metering", name, METERING + EVENT.format(f"e{number}"))
    landing.ingest("metering")
    assert {row[2]: row[0] for row in events(landing)} == {name: f"e{number}" for number, name in enumerate(names)}


def test_home_with_a_pattern_in_its_name_reads_no_other_home(landing, tmp_path):
    for name in ("it's ab", "it's a*"):
        other = type(landing)(tmp_path / name)
        other.put("metering", "a.csv", METERING + EVENT.format("e1") + "bad\n")
        other.ingest("metering")
        assert len(events(other)) == len(other.quarantine()) == 1


def test_quarantine_has_the_columns_that_are_public(landing):
    landing.put("metering", "a.csv", METERING + EVENT.format("e 1"))
    landing.ingest("metering")
    described = landing.query(f"describe {quarantine_sql(landing.home)}")
    assert [row[0] for row in described][:7] == ["period", "feed", "file", "line", "column_name", "value", "reason"]
    row = landing.quarantine("period::varchar, feed, file, line, column_name, value")
    assert row == [("2026-04-01", "metering", "a.csv", 2, "event_id", "e 1")]


TIERS = "plan_version_id,resource_kind,up_to,unit_price_cents\n"


def test_quarantine_keeps_which_set_a_row_belongs_to_as_far_as_it_can_be_read(landing):
    landing.put(
        "control_plane",
        "plan_item_tiers.csv",
        TIERS + 'v1,gb,,"1,00"\nv 1,gb,,1\nv1,,x,1\nv1,gb,5,1,00\nv1,gb,7,1\n',
    )
    landing.ingest("control_plane")
    assert landing.quarantine("line, table_name, plan_version_id, resource_kind, invoice_uuid") == [
        (2, "control_plane__plan_item_tiers", "v1", "gb", None),
        (3, "control_plane__plan_item_tiers", None, "gb", None),
        (4, "control_plane__plan_item_tiers", "v1", None, None),
        (5, "control_plane__plan_item_tiers", None, None, None),
    ]


def test_a_ragged_line_of_a_provider_invoice_is_known_by_its_file(landing):
    header = "product,description,hours,start,end,USD\n"
    landing.put("digitalocean_invoices", "u-1.csv", header + "Droplets,web,1\n")
    landing.ingest("digitalocean_invoices")
    assert landing.quarantine("table_name, invoice_uuid") == [("digitalocean_invoices", "u-1")]


def test_a_repeated_row_says_whether_it_is_the_same_as_the_first(landing):
    landing.put(
        "control_plane",
        "plan_items.csv",
        "plan_version_id,resource_kind,overage_unit,overage_price_cents\nv1,gb,gb,1\nv1,gb,gb,1.0\nv1,gb,gb,2\n",
    )
    landing.ingest("control_plane")
    assert landing.quarantine("line, plan_version_id, resource_kind, is_same_again") == [
        (3, "v1", "gb", True),
        (4, "v1", "gb", False),
    ]


def test_problems_are_all_told_and_nothing_is_kept(landing):
    landing.put("metering", "a.csv", METERING + EVENT.format("e 1") + "bad\n")
    landing.put("metering", "b.csv", "nothing\n", "2027-01")
    landing.put("campaigns", "x.csv", "")
    found = [(p.feed, p.file, p.record, p.column, p.value) for p in problems(landing.home)]
    assert found == [
        ("metering", "landing/metering/period=2027-01/b.csv", None, None, None),
        ("metering", "landing/metering/period=2026-04/a.csv", 2, "event_id", "e 1"),
        ("metering", "landing/metering/period=2026-04/a.csv", 3, None, "bad"),
        ("campaigns", "landing/campaigns/period=2026-04/x.csv", None, None, None),
    ]
    assert not landing.home.raw.exists()


def test_manifest_tells_counts_and_fingerprints_of_all_feeds(landing):
    landing.put("metering", "a.csv", METERING + EVENT.format("e1") + "bad\n")
    landing.put("control_plane", "tenants.csv", TENANTS)
    for feed in FEEDS:
        landing.ingest(feed)
    counts = {count.table: count for count in file_counts(landing.home)}
    assert {table: (c.rows_read, c.rows_accepted, c.rows_quarantined) for table, c in counts.items()} == {
        "metering": (2, 1, 1),
        "control_plane__tenants": (2, 2, 0),
    }
    manifest = json.loads((landing.home.raw / "feed=metering" / "manifest.json").read_text())
    assert manifest["files"][0]["sha256"] == counts["metering"].sha256


def test_filter_on_the_period_is_pushed_to_the_files(landing):
    for month in range(1, 7):
        landing.put("metering", "a.csv", METERING + EVENT.format(f"e{month}"), f"2026-0{month}")
    landing.ingest("metering", date(2026, 6, 1))
    sql = f"select event_id from ({relation_sql(landing.home, 'metering')}) where _period = date '2026-03-01'"
    assert landing.query(sql) == [("e3",)]
    plan = landing.query(f"explain {sql}")[-1][1]
    assert "_period" in plan.split("READ_PARQUET")[-1]


def test_what_one_feed_left_with_a_connection_is_not_there_for_the_next(tmp_path):
    with connection_for_typing(tmp_path / "one") as connection:
        connection.execute("create temp table skipped (row bigint)")
        connection.register("python_rows", pa.table({"a": [1]}))
    with connection_for_typing(tmp_path / "two") as again:
        assert again is connection
        assert again.execute("select current_setting('temp_directory')").fetchone() == (
            str(tmp_path / "two" / "spill"),
        )
        for left in ("skipped", "python_rows"):
            with pytest.raises(duckdb.CatalogException):
                again.execute(f"from {left}")
