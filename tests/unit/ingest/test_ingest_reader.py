"""Files of rows: what is read from CSV, JSON Lines and Parquet, and what goes to quarantine from which record."""

import gzip
import json
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from python_assets.errors import UserError
from python_assets.ingest import relation_sql
from python_assets.ingest.readers import base, csv, regular_csv

HEADER = "bundle_id,tenant_id,name,price_cents,starts_on\n"
ROW = "b{},t1,some name,100,2026-04-01\n"


def bundles(landing, content, name="bundles.csv"):
    landing.put("campaigns", name, content)
    (count,) = landing.ingest("campaigns")
    assert count.rows_read == count.rows_accepted + count.rows_quarantined
    assert count.rows_accepted == len(landing.rows("campaigns__bundles"))
    assert count.rows_quarantined == len(landing.quarantine())
    return landing.rows("campaigns__bundles", "bundle_id, name, price_cents")


def test_byte_order_mark_crlf_and_line_break_in_quotes(landing):
    text = HEADER + 'b1,t1,"two\nlines, and ""quotes""",100,2026-04-01\n' + ROW.format(2)
    rows = bundles(landing, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert rows == [("b1", 'two\r\nlines, and "quotes"', 100), ("b2", "some name", 100)]


def test_columns_in_any_order_with_unknown_ones_between(landing):
    text = "zz,starts_on,price_cents,yy,tenant_id,bundle_id,yy\nx,2026-04-01,100,x,t1,b1,x\n"
    assert bundles(landing, text) == [("b1", None, 100)]
    assert landing.rows("campaigns__bundles", "tenant_id, status, starts_on::varchar") == [
        ("t1", "active", "2026-04-01")
    ]


@pytest.mark.parametrize("text", ["", '"quoted, too",'])
def test_gzip_with_several_members(landing, text):
    first = gzip.compress((HEADER + ROW.format(1)).encode())
    second = gzip.compress(f"b2,t1,{text.rstrip(',') or 'plain'},100,2026-04-01\n".encode())
    assert [row[0] for row in bundles(landing, first + second, "bundles.csv.gz")] == ["b1", "b2"]


def test_file_with_mixed_line_ends_is_read_whole(landing):
    text = HEADER + ROW.format(1).replace("\n", "\r\n") + ROW.format(2) + ROW.format(3).replace("\n", "\r\n")
    assert [row[0] for row in bundles(landing, text)] == ["b1", "b2", "b3"]


def test_ragged_records_are_quarantined_under_their_number(landing):
    text = HEADER + "b0,t1\n" + ROW.format(1) + "b9,t1,n,1,2026-04-01,more,and more\n" + ROW.format(2)
    assert [row[0] for row in bundles(landing, text)] == ["b1", "b2"]
    assert landing.quarantine() == [
        (2, None, "b0,t1", "has fewer cells than the header"),
        (4, None, "b9,t1,n,1,2026-04-01,more,and more", "has more cells than the header"),
    ]


def test_record_numbers_count_blank_lines_rejects_and_quoted_breaks(landing):
    lines = [
        ROW.format(1),  # 2
        "\n",  # 3
        'b2,t1,"a\n\nb",100,2026-04-01\n',  # 4
        "x,y\n",  # 5
        ROW.format(3).replace("100", "bad"),  # 6
        "\r\n",  # 7
        "\n",  # 8
        ROW.format(4).replace("100", "-1"),  # 9
        ROW.format(5),  # 10
        "x\n",  # 11
        ROW.format(6).replace("2026", "26"),  # 12
        "\n\n",
    ]
    assert [row[0] for row in bundles(landing, HEADER + "".join(lines))] == ["b1", "b2", "b5"]
    assert landing.quarantine("line, column_name, value") == [
        (5, None, "x,y"),
        (6, "price_cents", "bad"),
        (9, "price_cents", "-1"),
        (11, None, "x"),
        (12, "starts_on", "26-04-01"),
    ]


def test_record_numbers_hold_in_text_that_duckdb_reads(landing):
    lines = ["x,y\n"] * 2 + [ROW.format(0)] + ["x,y\n"] + [ROW.format(1).replace("100", "bad")] + ["x\n"]
    lines += [ROW.format(n).replace("100", "bad" if n % 1000 == 0 else "100") for n in range(2, 5001)]
    rows = bundles(landing, HEADER + "".join(lines))
    assert len(rows) == 1 + 4999 - 5
    assert landing.problem_lines() == [2, 3, 5, 6, 7, 1006, 2006, 3006, 4006, 5006]


def test_bad_quotes_cost_their_record_only(landing):
    lines = [ROW.format(1), '"b2"x,t1,n,100,2026-04-01\n', ROW.format(3), 'b4,t1,"a\nb"x,100,2026-04-01\n']
    assert [row[0] for row in bundles(landing, HEADER + "".join(lines))] == ["b1", "b3"]
    assert landing.quarantine("line, value, reason") == [
        (3, '"b2"x,t1,n,100,2026-04-01', csv.MALFORMED),
        (5, 'b4,t1,"a\nb"x,100,2026-04-01', csv.MALFORMED),
    ]


def test_values_in_quarantine_are_cut_to_200_characters(landing):
    ragged = "é" * 300
    text = HEADER + ROW.format(1).replace("100", "ü" * 300) + ragged + "\n"
    assert bundles(landing, text) == []
    assert landing.quarantine("value") == [("ü" * 200,), ("é" * 200,)]


def test_spaces_and_non_latin_text_stay_as_they_are(landing):
    assert bundles(landing, HEADER + ROW.format(1).replace("some name", " \t 東京 ")) == [("b1", " \t 東京 ", 100)]


def test_header_alone_is_an_empty_table(landing):
    assert bundles(landing, HEADER.strip()) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bundles.csv", b"", "is empty; a CSV file begins with a header"),
        ("bundles.csv", b"\n\n", "is empty; a CSV file begins with a header"),
        ("bundles.csv", b'"a"x,b\n', "the header cannot be read as CSV"),
        ("bundles.csv", HEADER.encode() + b"b1,t1,\xff,1,2026-04-01\n", "is not UTF-8 text: line 2"),
        ("bundles.csv", ("zz," + HEADER + "x").encode("utf-16"), "is not UTF-8 text; it looks like UTF-16 or UTF-32"),
        ("bundles.csv.gz", b"no gzip", "is not a complete gzip file"),
        ("bundles.csv.gz", gzip.compress(HEADER.encode() * 999, mtime=0)[:-9], "is not a complete gzip file"),
        ("bundles.jsonl", b'{"bundle_id": "\xff"}\n', "is not UTF-8 text: line 1"),
        ("bundles.parquet", b"PAR1 no parquet", "is not a Parquet file that can be read"),
        (
            "bundles.csv",
            b"bundle_id,bundle_id,name\n",
            "column 'bundle_id' stands in the header more than once",
        ),
        (
            "bundles.csv",
            b"bundle_id,name,zz,starts_on\n",
            "required columns 'tenant_id', 'price_cents' are missing; the header has: bundle_id, name, zz, starts_on",
        ),
        (
            "bundles.jsonl",
            b'{"bundle_id": "b1", "tenant_id": "t", "starts_on": null}\n',
            "required column 'price_cents' is missing; the lines have: bundle_id, tenant_id, starts_on",
        ),
    ],
)
def test_file_that_is_not_of_its_format_fails_the_feed(landing, name, content, message):
    landing.put("campaigns", name, content)
    with pytest.raises(UserError) as error:
        landing.ingest("campaigns")
    assert str(error.value) == f"landing/campaigns/period=2026-04/{name}: {message}"


def test_json_lines_keep_long_decimals_and_take_every_kind_of_value(landing):
    lines = [
        '{"gateway_request_id": 17, "tenant_id": "t", "deployment_id": "d", "charge": 0.1234567890123456785,'
        ' "occurred_at": "2026-04-01", "input_tokens": 12, "model": {"a": [1.50, true, null, "x"]}}',
        '{"gateway_request_id": "r2", "tenant_id": "t", "deployment_id": "d", "charge": 1E-7,'
        ' "occurred_at": "2026-04-01", "model": null}',
        '{"gateway_request_id": "r3", "tenant_id": "t", "deployment_id": "d", "charge": true,'
        ' "occurred_at": "2026-04-01", "model": false}',
    ]
    landing.put("llm_usage", "x.jsonl", "\ufeff" + "\r\n".join(lines))
    landing.ingest("llm_usage")
    assert landing.rows("llm_usage", "gateway_request_id, charge, model, input_tokens") == [
        ("17", Decimal("0.123456789012345679"), '{"a":[1.50,true,null,"x"]}', 12),
        ("r2", Decimal("0.0000001"), None, None),
    ]
    assert landing.quarantine() == [(3, "charge", "true", "is not a number")]


def test_lines_that_are_no_json_object_are_quarantined_under_their_line(landing):
    good = json.dumps({"bundle_id": "b", "tenant_id": "t", "price_cents": 1, "starts_on": "2026-04-01", "name": "n"})
    bad = ["[1]", "NaN", '{"price_cents": NaN}', '{"a": 1', "[" * 4000]
    surrogate = good.replace('"n"', '"\\ud800"')
    text = "\n".join([good, "", *bad, surrogate, good.replace('"b"', '"c"').replace("1,", '"x",')])
    assert bundles(landing, text, "bundles.jsonl") == [("b", "n", 1)]
    assert landing.quarantine("line, column_name, reason") == [
        *[(line, None, base.NO_OBJECT) for line in range(3, 8)],
        (8, "name", base.NO_TEXT),
        (9, "price_cents", "is not a number"),
    ]


def test_json_lines_keep_their_order_over_many_batches(landing, monkeypatch):
    monkeypatch.setattr(base, "BATCH", 100)
    rows = [{"bundle_id": f"b{n}", "tenant_id": "t", "price_cents": n, "starts_on": "2026-04-01"} for n in range(5000)]
    rows[4321]["price_cents"] = "x"
    result = bundles(landing, "\n".join(map(json.dumps, rows)), "bundles.jsonl")
    assert [row[2] for row in result] == [n for n in range(5000) if n != 4321]
    assert landing.problem_lines() == [4322]


def test_parquet_of_any_types(landing, tmp_path):
    path = landing.put("metering", "it's [1]*.parquet", b"")
    sql = """select * from (values
        (1, 'd', 'k', 0.1::double, timestamptz '2026-04-01 10:00:00+10', true),
        (2, 'd', 'k', 1e-7::double, timestamptz '2026-04-01 10:00:00+00', false),
        (3, 'd', 'k', 'nan'::double, timestamptz '2026-04-01 10:00:00+00', null)
        ) as t(event_id, deployment_id, resource_kind, quantity, measured_at, billable)"""
    with duckdb.connect() as connection:
        connection.execute(f"copy ({sql}) to '{tmp_path}/x.parquet'")
    path.write_bytes((tmp_path / "x.parquet").read_bytes())
    landing.put("metering", "other.parquet", path.read_bytes())
    landing.ingest("metering")
    rows = landing.rows("metering", "event_id, quantity, measured_at::varchar, billable, _file, _row")
    assert rows[:2] == [
        ("1", Decimal("0.100000000"), "2026-04-01 00:00:00", True, path.name, 0),
        ("2", Decimal("0.000000100"), "2026-04-01 10:00:00", False, path.name, 1),
    ]
    assert landing.quarantine("file, line, column_name, value") == [
        (path.name, 3, "quantity", "nan"),
        ("other.parquet", 3, "quantity", "nan"),
    ]


def test_parquet_without_a_required_column_fails_the_feed(landing, tmp_path):
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 'e' as event_id) to '{tmp_path}/x.parquet'")
    landing.put("metering", "x.parquet", (tmp_path / "x.parquet").read_bytes())
    with pytest.raises(UserError, match="'deployment_id', 'resource_kind', 'quantity', 'measured_at' are missing"):
        landing.ingest("metering")


def parquet_of(path, names):
    """One row; the column `inside` is a struct with a field of another column's name."""
    row = {"inside": [{"event_id": "i"}], "event_id": ["e"], "deployment_id": ["d"], "resource_kind": ["k"]}
    row |= {"quantity": ["1"], "measured_at": ["2026-04-01"]}
    pq.write_table(pa.Table.from_arrays([pa.array(row.get(name, ["other"])) for name in names], names=names), path)


def test_parquet_columns_are_told_apart_by_case(landing):
    needed = ["inside", "event_id", "deployment_id", "resource_kind", "quantity", "measured_at"]
    parquet_of(landing.put("metering", "before.parquet", b""), ["EVENT_ID", "Quantity", *needed])
    parquet_of(landing.put("metering", "after.parquet", b""), [*needed, "EVENT_ID", "event_id_1"])
    landing.ingest("metering")
    assert landing.rows("metering", "event_id, quantity") == [("e", 1), ("e", 1)]
    parquet_of(landing.put("metering", "before.parquet", b""), ["EVENT_ID", *needed[:1], *needed[2:]])
    with pytest.raises(UserError, match="'event_id' is missing; the file has: EVENT_ID, inside, deployment_id"):
        landing.ingest("metering")


def test_parquet_with_a_column_twice_fails_the_feed(landing):
    needed = ["event_id", "deployment_id", "resource_kind", "quantity", "measured_at"]
    parquet_of(landing.put("metering", "x.parquet", b""), ["other", "other", *needed, "quantity"])
    with pytest.raises(UserError, match=r"x\.parquet: column 'quantity' stands in the file's schema more than once"):
        landing.ingest("metering")


@pytest.mark.parametrize("quote", ["", '"'])
def test_text_read_by_duckdb_keeps_its_order(landing, quote):
    rows = "".join(f"{quote}e{n:07}{quote},d,k,{n},2026-04-01T00:00:00Z\n" for n in range(300_000))
    landing.put("metering", "x.csv", "event_id,deployment_id,resource_kind,quantity,measured_at\n" + rows)
    landing.ingest("metering")
    sql = "count(*), count(distinct _row), count_if(quantity <> _row or event_id <> printf('e%07d', _row))"
    assert landing.query(f"select {sql} from ({relation_sql(landing.home, 'metering')})") == [(300_000, 300_000, 0)]


def test_regular_text_is_read_by_duckdb_and_odd_text_is_not(landing, monkeypatch):
    careful = []
    original = csv.careful_csv
    monkeypatch.setattr(csv, "careful_csv", lambda file, table: careful.append(file.name) or original(file, table))
    texts = {
        "a": HEADER + ROW.format(1),
        "b": HEADER + ROW.format(1).replace("some name", '"a\nb"') + "\n\n",
        "c": HEADER + "\n" + ROW.format(1),
        "d": HEADER + '"x"y\n',
        "e": HEADER + ROW.format(1) + "ragged\n",
    }
    for month, text in enumerate(texts.values(), 1):
        landing.put("campaigns", "bundles.csv", text, f"2025-0{month}")
    landing.ingest("campaigns")
    assert len(careful) == 2


def test_text_is_read_again_with_care_if_duckdb_finds_another_number_of_records(landing, monkeypatch):
    careful = []
    original = csv.careful_csv
    monkeypatch.setattr(csv, "careful_csv", lambda file, table: careful.append(file.name) or original(file, table))
    monkeypatch.setattr(csv.CsvRecords, "regular_rows", lambda *_: 3)
    text = HEADER + ROW.format(1).replace("some name", '"quoted"') + ROW.format(2)
    assert [row[0] for row in bundles(landing, text)] == ["b1", "b2"]
    assert careful == ["bundles.csv"]


_HEADER = b"event_id,deployment_id,resource_kind,quantity,measured_at\n"
_ROW = b"e%d,d,k,1,2026-04-01T00:00:00Z\n"
_ROWS = b"".join(_ROW % n for n in range(3000))


@pytest.mark.parametrize(
    "content",
    [
        _HEADER + _ROWS,
        _HEADER + _ROWS.removesuffix(b"\n"),
        (_HEADER + _ROWS).replace(b"\n", b"\r\n"),
        _HEADER + _ROWS + b"\n\n" + _ROW % 9,
        _HEADER + _ROWS + b'"e9","d","k",1,2026-04-01\n' + _ROWS,
        _HEADER + _ROWS + b'"e9\n' + _ROWS,
        _HEADER + _ROWS + b"e9,d,k\n" + _ROWS + b"e9,d,k,1,2026-04-01,more\n",
        _HEADER + _ROWS + b"e9,d,k,much,2026-04-01\n",
        _HEADER + _ROWS + b"\xff\xfe,d,k,1,2026-04-01\n",
        (_HEADER + _ROWS).decode().encode("utf-16"),
        _HEADER.replace(b"quantity", b"amount") + _ROWS,
        _HEADER.replace(b"quantity", b"amount") + b"\xff\n",
        b"",
    ],
)
def test_what_is_presumed_to_be_plain_is_read_as_what_it_is(landing, tmp_path, monkeypatch, content):
    """A big file is read while it is still being looked at; here both of a kind, and a small one."""
    other = type(landing)(tmp_path / "presumed")
    found = []
    for home, least in ((landing, 10**12), (other, 0)):
        monkeypatch.setattr(regular_csv, "WORTH_PRESUMING", least)
        home.put("metering", "a.csv", content)
        try:
            counts = [(c.rows_read, c.rows_accepted, c.sha256) for c in home.ingest("metering")]
            found.append((counts, home.rows("metering"), home.quarantine()))
        except UserError as error:
            found.append(str(error))
    assert found[0] == found[1]
