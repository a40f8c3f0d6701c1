"""Records that are no single row: quotes that never close, stray quotes that join rows, more than a record may hold.

Each fails its feed with file, record and line; a row is never lost as part of another.
"""

import csv as python_csv
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from python_assets.errors import UserError
from python_assets.ingest import problems
from python_assets.ingest.readers import csv, regular_csv

HEADER = "event_id,deployment_id,resource_kind,quantity,measured_at,resource_name\n"
ROW = "e{},d,k,1,2026-04-01T00:00:00Z,n\n"
ROWS = "".join(ROW.format(number) for number in range(300))
OPEN = 'bad,d,k,1,2026-04-01,"5 inch disk\n'
LINE = {"event_id": "e1", "deployment_id": "d", "resource_kind": "k", "quantity": "1", "measured_at": "2026-04-01"}
EVENT = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "subject": "d", "time": "2026-04-01", "data": {}}
MAPPING = """
feed: metering
files: "mapped-*"
columns:
  event_id: event_id
  deployment_id: deployment_id
  resource_kind: resource_kind
  quantity: quantity
  measured_at: measured_at
  resource_name: resource_name
"""
TOO_LONG = "is over 1,000,000 bytes long, the limit of a record"
TOO_MANY_BREAKS = "has over 1,000 line breaks, the limit of a record"


def refusal(landing, feed="metering"):
    """What is wrong with the one file of a feed: `check` says the same, and nothing of the feed is kept."""
    with pytest.raises(UserError) as error:
        landing.ingest(feed)
    [problem] = problems(landing.home)
    assert str(error.value) == f"{problem.file}: {problem.reason}"
    assert problem.record is None
    assert not list(landing.home.raw.rglob("*.parquet"))
    return problem.reason


def names(landing):
    landing.ingest("metering")
    assert landing.quarantine() == []
    return [name for (name,) in landing.rows("metering", "resource_name")]


@pytest.mark.parametrize("after", ["", ROW.format(9), ROWS, ROWS * 10, ROWS * 100])
@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz", "mapped-x.csv"])
def test_quote_that_never_closes_fails_the_feed(landing, name, after):
    landing.map("m.yaml", MAPPING)
    text = (HEADER + ROW.format(1) + OPEN + after).encode()
    landing.put("metering", name, gzip.compress(text) if name.endswith(".gz") else text)
    many = len(after) > len(ROWS)
    wanted = f"record 3 (line 3) {TOO_MANY_BREAKS}{csv.HINT}" if many else f"record 3 (line 3) {csv.NEVER_CLOSED}"
    assert refusal(landing) == wanted


@pytest.mark.parametrize("least", [0, 10**12])
def test_quote_that_never_closes_is_found_after_millions_of_bytes_and_quoted_breaks(landing, monkeypatch, least):
    monkeypatch.setattr(regular_csv, "WORTH_PRESUMING", least)
    before = ROWS * 100 + 'e,d,k,1,2026-04-01,"two\nlines"\n'
    landing.put("metering", "x.csv", HEADER + before + OPEN + ROWS)
    assert refusal(landing) == f"record 30003 (line 30004) {csv.NEVER_CLOSED}"


def test_open_quote_in_every_other_kind_of_csv_fails_its_feed(landing):
    product = "product,group_description,description,hours,start,end,USD,project_name,category\n"
    landing.put("digitalocean_invoices", "u.csv", product + 'Droplets,,"web,1,2026-04-01,2026-04-02,$1,p,c\n')
    landing.put("analytics_exports", "x.csv", 'city,age\nPerth,4\n"Hob"art,5\n"Sydney,7\n')
    landing.put("control_plane", "plans.csv", 'plan_code,"name\np,P\n')
    assert refusal_of(landing, "digitalocean_invoices") == f"u.csv: record 2 (line 2) {csv.NEVER_CLOSED}"
    assert refusal_of(landing, "analytics_exports") == f"x.csv: record 4 (line 4) {csv.NEVER_CLOSED}"
    assert refusal_of(landing, "control_plane") == f"plans.csv: record 1 (line 1) {csv.NEVER_CLOSED}"


def refusal_of(landing, feed):
    with pytest.raises(UserError) as error:
        landing.ingest(feed)
    return str(error.value).rpartition("/")[2]


JOINED = [
    OPEN + ROWS + 'e,d,k,1,2026-04-01,7 inch"\n',  # a well-formed record as wide as the header
    OPEN + 'e,d,k,1,2026-04-01,7 inch"\n',
    OPEN + ROW.format(8) + 'e,d,k,1,2026-04-01,"7 inch"\n',  # a quote after a quote: malformed
    OPEN + 'e,d,k,1,2026-04-01,"web, 3"\n',
    OPEN + ROW.format(8) + 'e,d,7 inch",1,2026-04-01,n\n',  # ragged
    'e,"5 inch,k,1,2026-04-01,n\n' + 'e,7 inch",k,1,2026-04-01,n\n',
    '"5 inch,d,k,1,2026-04-01,n\n' + '7 inch",d,k,1,2026-04-01,n\n',
]


@pytest.mark.parametrize("rows", JOINED)
@pytest.mark.parametrize("after", ["", "ragged\n"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["x.csv", "mapped-x.csv"])
def test_stray_quotes_that_join_rows_fail_the_feed(landing, name, ends, after, rows):
    """With a ragged row after them Python's csv module reads the file, else DuckDB would."""
    landing.map("m.yaml", MAPPING)
    text = HEADER + ROW.format(1) + rows + ROW.format(2) + after
    landing.put("metering", name, text.replace("\n", ends))
    assert refusal(landing) == f"record 3 (line 3) {csv.JOINED}"


@pytest.mark.parametrize(
    "name",
    [
        "two\nlines",
        "Unit 3,\n12 Wattle Street,\nFerny Creek VIC 3786",
        "says: one, two, three, four, five, six\nand, so, on, and, on, too\n",
        "\n" * 1000,
        "line of a log\n" * 999,
        'a ""quoted"" part,\nand more\n\n',
        '{\n  "a": 1,\n  "b": [1,2,3]\n}'.replace('"', '""'),
        "x" * 900_000,
        "é" * 400_000,
        "a,b\n" * 900,
    ],
)
@pytest.mark.parametrize("column", [0, 3, 6])
@pytest.mark.parametrize("after", ["", "ragged\n"])
def test_texts_of_many_lines_are_read_as_they_are(landing, name, column, after):
    """Wherever their column stands: first, in the middle or last."""
    columns = HEADER.strip().split(",")[:-1]
    cells = ["e1", "d", "k", "1", "2026-04-01"]
    header, row = [
        ",".join([*some[:column], new, *some[column:]])
        for some, new in ((columns, "resource_name"), (cells, f'"{name}"'))
    ]
    landing.put("metering", "x.csv", f"{header}\n{row}\n{row.replace('e1', 'e2')}\n{after}")
    landing.ingest("metering")
    assert len(landing.quarantine()) == (1 if after else 0)
    assert landing.rows("metering", "resource_name") == [(name.replace('""', '"'),)] * 2


@pytest.mark.parametrize("number", [999_000, 1_000_000, 1_100_000, 10_000_000])
@pytest.mark.parametrize(
    "name",
    [
        "x.csv",
        "x.csv.gz",
        "x.jsonl",
        "x.parquet",
        "mapped-x.csv",
        "mapped-x.jsonl",
        "mapped-x.json",
        "mapped-x.parquet",
    ],
)
def test_record_of_over_a_megabyte_fails_the_feed(landing, tmp_path, name, number):
    """Also in the middle of a file, plain or quoted, and where the long text stands in a column that is read."""
    landing.map("m.yaml", MAPPING)
    rows = [LINE | {"resource_name": text} for text in ("n", "x" * number, "n")]
    landing.put("metering", name, content(rows, name, tmp_path))
    if number < 1_000_000:
        assert names(landing) == [row["resource_name"] for row in rows]
    elif "csv" in name:
        assert refusal(landing) == f"record 3 (line 3) {TOO_LONG}{csv.HINT}"
    else:
        place = "" if "parquet" in name else " (line 2)"
        assert refusal(landing) == f"record 2{place} {TOO_LONG}"


def content(rows, name, folder):
    """These rows in the format that a file's name says."""
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), folder / "made.parquet")
        return (folder / "made.parquet").read_bytes()
    lines = [json.dumps(row) for row in rows]
    if ".csv" in name:
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    text = "[" + ",\n".join(lines) + "]" if name.endswith(".json") else "\n".join(lines) + "\n"
    return gzip.compress(text.encode(), 1) if name.endswith(".gz") else text.encode()


def test_wide_characters_count_with_all_their_bytes(landing):
    landing.put("metering", "x.csv", HEADER + ROW.format(1).replace(",n", f',"{"é" * 600_000}"'))
    assert refusal(landing) == f"record 2 (line 2) {TOO_LONG}{csv.HINT}"


@pytest.mark.parametrize(("breaks", "is_refused"), [(1000, False), (1001, True)])
@pytest.mark.parametrize("after", ["", "ragged\n"])
def test_record_of_over_a_thousand_line_breaks_fails_the_feed(landing, breaks, is_refused, after):
    text = "\n" * breaks
    landing.put("metering", "x.csv", HEADER + ROW.format(1).replace(",n", f',"{text}"') + after)
    if is_refused:
        assert refusal(landing) == f"record 2 (line 2) {TOO_MANY_BREAKS}{csv.HINT}"
    else:
        landing.ingest("metering")
        assert landing.rows("metering", "resource_name") == [(text,)]


def test_item_of_a_json_list_over_a_thousand_lines_fails_the_feed(landing):
    landing.map("m.yaml", 'extends: cloudevents\nfiles: "mapped-*"\n')
    small = json.dumps(EVENT | {"data": {"quantity": 1}}, indent=1)
    large = json.dumps(EVENT | {"data": {"quantity": 1, "parts": [0] * 1000}}, indent=1)
    landing.put("metering", "mapped-x.json", f"[{small},\n{large}]")
    start = small.count("\n") + 2
    assert refusal(landing) == f"record 2 (line {start}) {TOO_MANY_BREAKS}"


@pytest.mark.parametrize("item", ['{"a" 1}', '{"a": "b\n"}', '{"a": tru}'])
def test_fault_of_a_json_list_is_named_before_the_size_of_what_follows(landing, item):
    landing.map("m.yaml", 'extends: cloudevents\nfiles: "mapped-*"\n')
    landing.put("metering", "mapped-x.json", f"[\n{item},\n" + f"{json.dumps(EVENT)},\n" * 30_000 + "]")
    assert refusal(landing) == "is not JSON: line 2"


@pytest.mark.parametrize(
    ("feed", "name", "document"),
    [
        ("digitalocean_balance", "b.json", {"generated_at": "x" * 1_000_000}),
        ("digitalocean_invoices", "u.summary.json", {"amount": "x" * 1_000_000}),
        ("digitalocean_invoices", "u.items.json", [{"product": "p", "amount": "1"}, {"product": "x" * 1_000_001}]),
        ("analytics_exports", "x.json", {"quasi_identifiers": ["x" * 1_000_000]}),
    ],
)
def test_document_with_a_record_of_over_a_megabyte_fails_the_feed(landing, feed, name, document):
    landing.put("analytics_exports", "x.csv", "a\n1\n")
    landing.put(feed, name, json.dumps(document))
    assert "is over 1,000,000 bytes long" in refusal(landing, feed)


TEXTS = st.lists(st.lists(st.text(alphabet='a,"\n é', max_size=5), min_size=2, max_size=2), min_size=1, max_size=12)
PLAIN = st.lists(st.text(alphabet="a é.", max_size=4), min_size=2, max_size=2)
EXAMPLES = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@EXAMPLES
@given(texts=TEXTS)
def test_quoted_texts_come_back_as_they_were_written(landing, texts):
    written = io.StringIO()
    python_csv.writer(written, lineterminator="\n").writerows(
        [f"e{number}", "d", "k", "1", "2026-04-01", *row] for number, row in enumerate(texts)
    )
    landing.put("metering", "x.csv", HEADER.strip() + ",note\n" + written.getvalue())
    landing.ingest("metering")
    loaded = landing.rows("metering", "event_id, coalesce(resource_name, '')")
    assert loaded == [(f"e{number}", name) for number, (name, _) in enumerate(texts)]


@EXAMPLES
@given(
    rows=st.lists(PLAIN, min_size=2, max_size=12),
    opens=st.tuples(st.integers(0, 10), st.integers(0, 6)),
    closes=st.tuples(st.integers(0, 10), st.integers(0, 6), st.sampled_from(['{}"', '"{}', '"{}"', '{}"x'])),
    after=st.sampled_from(["", "ragged\n"]),
)
def test_quote_that_opens_in_one_row_and_closes_in_another_fails_the_feed(landing, rows, opens, closes, after):
    """In whatever cells they stand, and however the second one ends."""
    first = opens[0] % (len(rows) - 1)
    last = first + 1 + closes[0] % (len(rows) - 1 - first)
    cells = [[f"e{number}", "d", "k", "1", "2026-04-01", *row] for number, row in enumerate(rows)]
    cells[first][opens[1]] = '"' + cells[first][opens[1]].lstrip()
    cells[last][closes[1]] = closes[2].format(cells[last][closes[1]].strip())
    text = "".join(",".join(cell.strip() for cell in row) + "\n" for row in cells)
    landing.put("metering", "x.csv", HEADER.strip() + ",note\n" + text + after)
    assert refusal(landing).startswith(f"record {first + 2} (line {first + 2}) ")
