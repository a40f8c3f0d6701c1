"""Files made to do harm: none gets further than quarantine, and each ends with a message that names it.

Those that are after memory are read in a process of their own with little of it.
"""

import gzip
import json
import os
import random
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from python_assets.errors import UserError
from python_assets.ingest import files, problems
from python_assets.ingest.readers import base

MEGABYTE = 1024 * 1024
HEADER = "event_id,deployment_id,resource_kind,quantity,measured_at,resource_name\n"
ROW = "e{},d,k,1,2026-04-01,n\n"
LINE = {"event_id": "e1", "deployment_id": "d", "resource_kind": "k", "quantity": "1", "measured_at": "2026-04-01"}
CLOUDEVENTS = 'extends: cloudevents\nfiles: "mapped-*"\n'
CHILD = """
import resource, sys
from datetime import date
from pathlib import Path
from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ingest import ingest_feed
import pandas
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    [count] = ingest_feed(Home(Path(sys.argv[1])), sys.argv[2], date(2026, 4, 1))
    print("rows", count.rows_read, count.rows_quarantined)
except UserError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def metering(landing, content, name="x.csv"):
    landing.put("metering", name, content)
    [count] = landing.ingest("metering")
    assert count.rows_read == count.rows_accepted + count.rows_quarantined
    return [row[0] for row in landing.rows("metering", "event_id")]


def attempt(landing, feed):
    """The message of a feed that cannot be read, else its counts."""
    try:
        return "", landing.ingest(feed)
    except UserError as error:
        return str(error), []


def metering_rows(landing):
    landing.ingest("metering")
    return landing.rows("metering", "event_id")


def refusal(landing, name="x.csv", feed="metering"):
    """What is wrong with a file, which must be named, and be told by `check` too."""
    with pytest.raises(UserError) as error:
        landing.ingest(feed)
    where, _, reason = str(error.value).partition(": ")
    assert where == f"landing/{feed}/period=2026-04/{name}"
    assert [(p.file, p.record, p.reason) for p in problems(landing.home)] == [(where, None, reason)]
    assert landing.home.raw.exists()
    assert not list(landing.home.raw.rglob("*.parquet"))
    return reason


def outcome(landing, feed="metering", megabytes=400):
    """What reading a feed says, in a new process that must not take more memory than this."""
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(landing.home.root), feed],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(files.__file__).parents[2],
        check=True,
    )
    *told, taken = run.stdout.strip().splitlines()
    assert int(taken) < megabytes
    return "\n".join(told)


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("column", ["event_id", "deployment_id"])
@pytest.mark.parametrize(
    "text",
    [
        *["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\tx", "\rx", "'x"],
        *["../x", "..", "a/../b", "/etc/passwd", "C:\\x", "~root", "a\0b", "x\0", "\u202eabc", "a b", "a\u200bb", "é"],
    ],
)
def test_formulas_paths_and_odd_characters_in_ids_are_quarantined(landing, text, column, quoted):
    cells = {"event_id": "e1", "deployment_id": "d"} | {column: f'"{text}"' if quoted else text}
    if text == "\rx" and not quoted:
        return  # that is a line end
    content = HEADER + f"{cells['event_id']},{cells['deployment_id']},k,1,2026-04-01,n\n" + ROW.format(2)
    assert metering(landing, content) == ["e2"]
    [(line, at, value, reason)] = landing.quarantine()
    assert (line, at, value) == (2, column, text)
    assert reason.startswith("is not an id")


def test_formulas_in_names_are_text_and_stay_so(landing):
    """They are escaped where they are written for people, not where they come in."""
    text = '=cmd|" /C calc"!A1'
    quoted = text.replace('"', '""')
    metering(landing, HEADER + ROW.format(1).replace(",n", f',"{quoted}"'))
    assert landing.rows("metering", "resource_name") == [(text,)]


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet"])
def test_nul_bytes_in_text_are_quarantined(landing, tmp_path, name):
    rows = [LINE | {"resource_name": "a\0b"}, LINE | {"event_id": "e2", "resource_name": "n"}]
    contents = {
        "x.csv": (HEADER + ROW.format(1).replace(",n", ",a\0b") + ROW.format(2)).encode(),
        "x.jsonl": "\n".join(map(json.dumps, rows)).encode(),
        "x.parquet": parquet(tmp_path, rows),
    }
    assert metering(landing, contents[name], name) == ["e2"]
    assert [row[1:] for row in landing.quarantine()] == [("resource_name", "a\0b", "has a NUL byte")]


def parquet(folder, rows):
    pq.write_table(pa.Table.from_pylist(rows), folder / "made.parquet")
    return (folder / "made.parquet").read_bytes()


@pytest.mark.parametrize("cells", ["c{}", '"c{}"', ""])
def test_header_with_a_million_columns_is_refused(landing, cells):
    names = ",".join(cells.format(number) for number in range(1_000_000))
    landing.put("metering", "x.csv", HEADER.strip() + "," + names + "\ne1,d,k,1,2026-04-01\n")
    assert refusal(landing).startswith("record 1 (line 1) is over 1,000,000 bytes long")


def test_header_with_twenty_thousand_columns_is_refused(landing):
    landing.put("metering", "x.csv", HEADER.strip() + ",c" * 20_000 + "\ne1,d,k,1,2026-04-01\n")
    assert refusal(landing) == "the header has more than 10000 columns"


def test_names_in_a_header_cannot_break_a_message(landing):
    landing.put("metering", "x.csv", "event_id,\x1b[2J\0,x\u202e\n")
    assert refusal(landing).endswith("are missing; the header has: event_id, \\x1b[2J\\x00, x\\u202e")


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize(
    ("encoding", "reason"),
    [
        ("utf-16", "is not UTF-8 text; it looks like UTF-16 or UTF-32"),
        ("utf-16-le", "is not UTF-8 text; it looks like UTF-16 or UTF-32"),
        ("utf-16-be", "is not UTF-8 text; it looks like UTF-16 or UTF-32"),
        ("utf-32", "is not UTF-8 text; it looks like UTF-16 or UTF-32"),
        ("latin-1", "is not UTF-8 text: line 300002"),
        ("cp1252", "is not UTF-8 text: line 300002"),
    ],
)
def test_other_encodings_are_named_with_the_line(landing, encoding, reason, gzipped):
    content = (HEADER + ROW.format(1) * 300_000 + ROW.format("é") * 3).encode(encoding)
    name = "x.csv.gz" if gzipped else "x.csv"
    landing.put("metering", name, gzip.compress(content, 1) if gzipped else content)
    assert refusal(landing, name) == reason


BOMBS = [
    ("metering", "x.csv.gz"),
    ("metering", "x.jsonl.gz"),
    ("metering", "mapped-x.json.gz"),
    ("analytics_exports", "x.csv.gz"),
]


def put_bomb(landing, feed, name, text, blocks):
    """A gzip file of a header and this text; how many bytes it has."""
    landing.map("m.yaml", CLOUDEVENTS)
    content = gzip.compress(HEADER.encode()) + gzip.compress(text.encode()) * blocks
    landing.put(feed, name, content)
    return len(content)


@pytest.mark.parametrize("text", ["\0" * MEGABYTE, ROW.format(1) * 50_000])
def test_decompression_bomb_takes_no_memory_and_no_disk(landing, text):
    size = put_bomb(landing, "metering", "x.csv.gz", text, 600)
    told = outcome(landing, megabytes=50)
    assert told.startswith("landing/metering/period=2026-04/x.csv.gz: looks like a decompression bomb: it holds over ")
    assert told.endswith(f" MiB in {size} bytes")
    assert sum(made.stat().st_size for made in landing.home.raw.rglob("*") if made.is_file()) == 0


@pytest.mark.parametrize(("feed", "name"), BOMBS)
def test_decompression_bomb_is_refused_in_every_format(landing, monkeypatch, feed, name):
    monkeypatch.setattr(files, "SMALL_EXPANSION", MEGABYTE)
    put_bomb(landing, feed, name, ROW.format(1) * 50_000, 4)
    assert refusal(landing, name, feed).startswith("looks like a decompression bomb")


def test_file_that_shrinks_well_is_no_bomb(landing):
    put_bomb(landing, "metering", "x.csv.gz", ROW.format(1) * 50_000, 4)
    assert len(metering_rows(landing)) == 200_000


@pytest.mark.parametrize("depth", [2, 300, 600, 5000, 1_000_000])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
def test_deeply_nested_json_is_quarantined_or_refused_wherever_it_stands(landing, depth, opened, closed):
    nested = opened * depth + "1" + closed * depth
    landing.map("m.yaml", CLOUDEVENTS)
    good = json.dumps(LINE | {"event_id": "e2"})
    landing.put("metering", "x.jsonl", f'{nested}\n{json.dumps(LINE)[:-1]}, "resource_name": {nested}}}\n{good}')
    event = json.dumps({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "subject": "d", "time": "2026"})
    landing.put("metering", "mapped-1.jsonl", f'{event[:-1]}, "data": {nested}}}\n')
    landing.put("digitalocean_balance", "a.json", nested)
    landing.put("digitalocean_invoices", "u.items.json", f'[{{"product": "p", "amount": 1, "description": {nested}}}]')
    landing.put("analytics_exports", "x.csv", "a\n")
    landing.put("analytics_exports", "x.json", nested)
    for problem in problems(landing.home):
        assert problem.file.startswith("landing/")
    for feed in ("metering", "digitalocean_balance", "digitalocean_invoices", "analytics_exports"):
        message, counts = attempt(landing, feed)
        assert message.startswith(f"landing/{feed}/") == (not counts)
        assert all(count.rows_read == count.rows_accepted + count.rows_quarantined for count in counts)


@pytest.mark.parametrize("item", ["0", "{}", '""', "[]", "1.5"])
def test_line_of_many_values_takes_bounded_memory(landing, item):
    """As objects in Python they are up to fifty times as big as the text."""
    values = ",".join([item] * (900_000 // (len(item) + 1)))
    landing.put("metering", "x.jsonl", f'{json.dumps(LINE)[:-1]}, "x": [{values}]}}\n')
    assert outcome(landing, megabytes=200) == "rows 1 0"


def test_file_of_nothing_but_ragged_lines_takes_bounded_memory(landing):
    """DuckDB alone took nine gigabytes for two million lines of two bytes."""
    landing.put("metering", "x.csv", HEADER + "x\n" * 1_500_000)
    told = outcome(landing)
    assert told.startswith("landing/metering/period=2026-04/x.csv: cannot be read in more than 1000000 records")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("x.csv", "x\n"),
        ("x.csv", '"x",y\n'),
        ("x.jsonl", "1\n"),
        ("mapped-x.csv", "x\n"),
        ("mapped-x.jsonl", "1\n"),
        ("mapped-x.json", "1,\n"),
        ("x.csv", "\n"),
        ("x.jsonl", "\n"),
        ("mapped-x.jsonl", "\n"),
    ],
)
def test_records_without_a_row_are_held_up_to_a_limit(landing, monkeypatch, name, line):
    monkeypatch.setattr(base, "REJECT_LIMIT", 100)
    monkeypatch.setattr(base, "BLANK_LIMIT", 1000)
    landing.map("m.yaml", CLOUDEVENTS)
    header = {"x.csv": HEADER, "mapped-x.csv": "specversion,id,source,subject,type,data,time\n", "mapped-x.json": "["}
    landing.put("metering", name, header.get(name, "") + line * 1001 + line.replace("\n", ",]"))
    wanted = "has more than 1000 blank lines" if line == "\n" else "cannot be read in more than 100 records"
    assert refusal(landing, name).startswith(wanted)


def events_parquet(path, rows=3000, row_group_size=2048):
    with duckdb.connect() as connection:
        connection.execute(
            f"""copy (select 'e' || i as event_id, 'd' as deployment_id, 'k' as resource_kind, i as quantity,
                timestamp '2026-04-01' as measured_at from range({rows}) as numbers(i))
            to '{path}' (format parquet, row_group_size {row_group_size})"""
        )
    return path.read_bytes()


@pytest.mark.parametrize("kept", [0, 3, 4, 100, 0.5, 0.9, -1, -8, -9, -200])
def test_truncated_parquet_is_refused(landing, tmp_path, kept):
    content = events_parquet(tmp_path / "x.parquet")
    landing.put("metering", "x.parquet", content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    assert refusal(landing, "x.parquet").startswith("is not a Parquet file that can be read")


def test_parquet_with_changed_bytes_ends_with_a_message_or_loads_every_row(landing, tmp_path):
    good = events_parquet(tmp_path / "x.parquet")
    footer = int.from_bytes(good[-8:-4], "little") + 8
    for seed in range(60):
        chance = random.Random(seed)
        content = bytearray(good)
        for _ in range(chance.choice([1, 1, 3])):
            least = len(good) - footer if chance.random() < 0.7 else 0
            content[chance.randrange(least, len(good))] = chance.randrange(256)
        landing.put("metering", "x.parquet", bytes(content))
        message, counts = attempt(landing, "metering")
        assert message.startswith("landing/metering/period=2026-04/x.parquet: ") == (not counts)
        assert message.isprintable()
        assert [count.rows_read for count in counts] in ([], [3000])


def test_footer_that_tells_of_fewer_rows_than_there_are_is_refused(landing, tmp_path):
    """DuckDB alone believes it, and rows are lost without a word."""
    content = events_parquet(tmp_path / "x.parquet", rows=2000)
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    rows, fewer = zigzag(2000), zigzag(1500)
    footer = content[start:]
    places = [at for at in range(len(footer)) if footer.startswith(rows, at)]
    assert len(places) >= 2
    for place in places:
        lying = footer[:place] + fewer + footer[place + len(rows) :]
        landing.put("metering", "x.parquet", content[:start] + lying)
        assert "footer contradict each other" in refusal(landing, "x.parquet")


def zigzag(number):
    """A whole number as Thrift's compact protocol writes it."""
    number *= 2
    return bytes([number & 127 | 128, number >> 7])


@pytest.mark.parametrize(
    ("values", "copies", "reason"),
    [
        (["x"], 20_000_000, "says that it has 20000000 rows in"),
        (["x" * MEGABYTE], 100_000, "looks like a decompression bomb: it holds over"),
    ],
)
@pytest.mark.parametrize("name", ["x.parquet", "mapped-x.parquet"])
def test_parquet_that_says_much_with_few_bytes_is_refused(landing, tmp_path, name, values, copies, reason):
    landing.map("m.yaml", CLOUDEVENTS)
    column = pa.DictionaryArray.from_arrays(pa.array([0] * (copies // 20), pa.int32()), pa.array(values))
    names = [*LINE, "resource_name"] if name == "x.parquet" else ["specversion", "id", "source", "subject", "data"]
    with pq.ParquetWriter(
        tmp_path / "x.parquet", pa.schema([(column_name, column.type) for column_name in names])
    ) as w:
        for _ in range(20):
            w.write_table(pa.table([column] * len(names), names=names))
    landing.put("metering", name, (tmp_path / "x.parquet").read_bytes())
    assert outcome(landing).startswith(f"landing/metering/period=2026-04/{name}: {reason}")


def in_period(landing):
    return landing.put("metering", ".hidden", b"").parent


def test_fifo_device_and_broken_link_are_refused_without_waiting(landing):
    folder = in_period(landing)
    os.mkfifo(folder / "a.csv")
    (folder / "b.csv").symlink_to("/dev/zero")
    (folder / "c.csv").symlink_to("nowhere")
    (folder / "d.csv").symlink_to("d.csv")
    (folder / "e.csv").symlink_to("a.csv")
    (folder / "f.csv").symlink_to("..")
    with pytest.raises(UserError) as error:
        landing.ingest("metering")
    assert str(error.value).splitlines() == [
        f"landing/metering/period=2026-04/{letter}.csv: is a folder or no regular file; a delivery holds files only"
        for letter in "abcdef"
    ]


def test_fifo_and_circle_in_place_of_a_folder_are_refused(landing):
    in_period(landing)
    metering_folder = landing.home.landing / "metering"
    os.mkfifo(metering_folder / "period=2026-03")
    (metering_folder / "period=2026-02").symlink_to("period=2026-02")
    os.mkfifo(landing.home.landing / "usage")
    found = {problem.file: problem.reason for problem in problems(landing.home)}
    assert list(found) == ["landing/usage", "landing/metering/period=2026-02", "landing/metering/period=2026-03"]
    assert found["landing/metering/period=2026-03"].startswith("lies in no period")


def test_link_out_of_the_feed_is_refused_and_one_within_is_followed(landing, tmp_path):
    (tmp_path / "secret.csv").write_text("root:x:0:0\n")
    landing.put("metering", ".data", HEADER + ROW.format(1))
    folder = in_period(landing)
    (folder / "good.csv").symlink_to(".data")
    (folder / "x.csv").symlink_to(tmp_path / "secret.csv")
    assert [problem.file for problem in problems(landing.home)] == ["landing/metering/period=2026-04/x.csv"]
    with pytest.raises(UserError, match=r"x\.csv: is a symbolic link out of metering; put the file itself there"):
        landing.ingest("metering")
    (folder / "x.csv").unlink()
    (folder / "x.csv").symlink_to(landing.put("llm_usage", "gateway.csv", HEADER))
    with pytest.raises(UserError, match="is a symbolic link out of metering"):
        landing.ingest("metering")
    (folder / "x.csv").unlink()
    assert [count.file for count in landing.ingest("metering")] == ["good.csv"]


def test_period_that_is_a_link_out_of_its_feed_is_refused_and_one_within_is_followed(landing, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.csv").write_text(HEADER + ROW.format(1))
    landing.put("metering", ".data/x.csv", HEADER + ROW.format(1))
    landing.put("llm_usage", "gateway.csv", HEADER)
    feed = landing.home.landing / "metering"
    (feed / "period=2026-03").symlink_to("period=2026-04/.data")
    assert [count.file for count in landing.ingest("metering")] == ["x.csv"]
    link = feed / "period=2026-02"
    for target in (tmp_path / "elsewhere", "../llm_usage/period=2026-04", "/", ".."):
        link.symlink_to(target)
        assert {problem.file for problem in problems(landing.home) if "period=2026-02" in problem.file} == {
            "landing/metering/period=2026-02"
        }
        told = r"^landing/metering/period=2026-02: is a symbolic link out of metering; put the folder itself there$"
        with pytest.raises(UserError, match=told):
            landing.ingest("metering")
        link.unlink()


def test_landing_may_be_a_link(landing, tmp_path):
    folder = tmp_path / "disk" / "metering" / "period=2026-04"
    folder.mkdir(parents=True)
    (folder / "x.csv").write_text(HEADER + ROW.format(1))
    landing.home.landing.symlink_to(tmp_path / "disk")
    [count] = landing.ingest("metering", date(2026, 4, 1))
    assert count.rows_accepted == 1


def test_feed_that_is_a_link_to_another_disk_is_read(landing, tmp_path):
    other = tmp_path / "disk" / "period=2026-04"
    other.mkdir(parents=True)
    (other / "x.csv").write_text(HEADER + ROW.format(1))
    landing.home.landing.mkdir()
    (landing.home.landing / "metering").symlink_to(tmp_path / "disk")
    [count] = landing.ingest("metering", date(2026, 4, 1))
    assert count.rows_accepted == 1


@pytest.mark.parametrize("name", ["a\nb'\"[*?;--.csv", "$(x) `y`.csv", "\x1b[2J.csv", "%s{0}.csv", "\u202evsc.csv"])
def test_odd_file_names_are_read_and_are_one_line_in_messages(landing, name):
    assert metering(landing, HEADER + ROW.format(1) + ROW.format("/"), name) == ["e1"]
    assert landing.quarantine("file, line") == [(name, 3)]
    [problem] = problems(landing.home)
    assert problem.file == f"landing/metering/period=2026-04/{files.shown(name)}"
    assert problem.file.isprintable()
    landing.put("metering", name, "x\n")
    with pytest.raises(UserError) as error:
        landing.ingest("metering")
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    "content",
    [
        "<!DOCTYPE html><html><body>" + "<p>secret</p>" * 1000,
        ",".join(f"column {number}" for number in range(9000)),
        "\x1b" * 5000,
        random.Random(0).randbytes(20).hex() * 1000,
    ],
)
@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "mapped-x.csv", "mapped-x.jsonl"])
def test_no_more_than_200_characters_of_a_wrong_file_are_shown(landing, name, content):
    landing.map("m.yaml", CLOUDEVENTS)
    landing.put("metering", name, json.dumps({content: 1}) if "jsonl" in name else content)
    _, _, shown = refusal(landing, name).partition("have: " if "mapped" in name or "jsonl" in name else "has: ")
    assert 100 < len(shown) <= 200
    assert shown.endswith(" …")


def test_no_more_than_200_characters_of_a_key_are_kept_in_a_reason(landing):
    landing.put("control_plane", "plans.csv", f"plan_code,name\n{'x' * 9000},a\n{'x' * 9000},b\n")
    landing.ingest("control_plane")
    [(value, reason)] = landing.quarantine("value, reason")
    assert value == "x" * 200
    assert reason == f"repeats the key {'x' * 200}, first given in record 2 of plans.csv"


def test_no_more_than_200_characters_of_a_mapping_are_shown(landing):
    long = "x" * 9000
    texts = [f"extends: {long}", f"feed: {long}", f"{long}: 1", f"feed: metering\nfiles: /{long}"]
    texts += [f"extends: cloudevents\nfiles: a\ncolumns: {{{long}: a}}", f"feed: control_plane\ntable: {long}"]
    texts += [f"extends: cloudevents\nfiles: a\ncolumns: {{quantity: {{field: a, multiply: {long}}}}}"]
    for number, text in enumerate(texts):
        landing.map(f"m{number}.yaml", text)
    found = problems(landing.home)
    assert len(found) >= len(texts)
    assert not [problem.reason for problem in found if "x" * 201 in problem.reason]
