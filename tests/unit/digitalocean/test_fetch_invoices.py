"""What a fetch of invoices delivers, under which name and month, and that it delivers nothing twice."""

import codecs
import json
import threading
import time
from datetime import date
from decimal import Decimal

import pytest
from support.fake_provider import IN_HISTORY, OLDER, UUID, Answer, example

from python_assets.digitalocean import fetch_invoices, invoices
from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ingest import ingest_feed, relation_sql
from python_assets.ledger import durable
from python_assets.lock import home_lock

FEED = "digitalocean_invoices"
OF_UUID = [f"{FEED}/period=2019-12/{UUID}{ending}" for ending in (".csv", ".items.json", ".summary.json")]


def folder(home: Home, period: str = "2019-12"):
    return home.landing / FEED / f"period={period}"


def test_every_issued_invoice_lands_under_its_own_month_and_the_preview_does_not(home, provider, landed):
    outcome = fetch_invoices(home, provider)
    endings = (".csv", ".items.json", ".summary.json")
    months = {IN_HISTORY: "2018-05", OLDER: "2019-11", UUID: "2019-12"}
    assert landed() == sorted(f"{FEED}/period={m}/{uuid}{end}" for uuid, m in months.items() for end in endings)
    assert (outcome.found, outcome.present) == (3, 0)
    assert {(i.invoice_uuid, i.period) for i in outcome.fetched} == {
        (uuid, date.fromisoformat(month + "-01")) for uuid, month in months.items()
    }


def test_a_preview_is_no_invoice_even_where_the_list_has_it(home, provider, api):
    listed = example("invoices")
    listed["invoices"].insert(0, listed["invoice_preview"])
    api.documents["all invoices"] = listed
    assert fetch_invoices(home, provider).found == 3


def test_files_are_the_answers_to_the_byte(home, provider, api):
    api.csv = codecs.BOM_UTF8 + api.csv.replace(b"\n", b"\r\n")
    api.then(f"invoices/{UUID}/summary", Answer(b'{"amount":  1.10, "billing_period": "2019-12" }\n'))
    page = b'{"invoice_items": [{"product": "Droplets", "amount": 0.10}],  "links": null}'
    api.then(f"invoices/{UUID}", Answer(page))
    fetch_invoices(home, provider)
    assert (folder(home) / f"{UUID}.csv").read_bytes() == api.csv
    assert (folder(home) / f"{UUID}.summary.json").read_bytes().startswith(b'{"amount":  1.10,')
    assert (folder(home) / f"{UUID}.items.json").read_bytes() == page


def test_all_pages_are_asked_for_and_next_addresses_are_not_followed(home, provider, api):
    api.at_most = 1
    outcome = fetch_invoices(home, provider)
    assert outcome.found == 3
    pages = json.loads((folder(home) / f"{UUID}.items.json").read_text())
    assert [item for page in pages for item in page["invoice_items"]] == example("invoice")["invoice_items"]
    asked = [(query["page"], query["per_page"]) for path, query, _ in api.asked if path == "billing_history"]
    assert asked == [("1", "200"), ("2", "200")]


def test_a_list_that_stops_short_of_its_own_total_delivers_nothing(home, provider, api, landed):
    api.documents["invoices"] = example("invoices") | {"links": {}}  # two of 70
    with pytest.raises(UserError, match="2 of 70 entries when asked for the list of invoices"):
        fetch_invoices(home, provider)
    assert landed() == []


def test_ingest_reads_what_was_fetched(home, provider, api):
    import duckdb

    api.at_most = 1
    fetch_invoices(home, provider)
    counts = ingest_feed(home, FEED, date(2019, 12, 1))
    assert {(count.rows_read, count.rows_quarantined) for count in counts} == {(2, 0), (1, 0)}
    with duckdb.connect() as connection:
        items = f"select amount, resource_uuid from ({relation_sql(home, 'digitalocean_items')}) "
        assert connection.execute(items + f"where invoice_uuid = '{UUID}' order by item_number").fetchall() == [
            (Decimal("12.34"), "711157cb-37c8-4817-b371-44fa3504a39c"),
            (Decimal("34.45"), None),
        ]


def test_a_repeated_run_asks_for_the_lists_alone_and_writes_nothing(home, provider, api, landed):
    fetch_invoices(home, provider)
    before = {name: (home.landing / name).stat().st_mtime_ns for name in landed()}
    api.asked.clear()
    outcome = fetch_invoices(home, provider)
    assert {path for path, _, _ in api.asked} == {"invoices", "billing_history"}
    assert (outcome.present, outcome.fetched) == (3, [])
    assert {name: (home.landing / name).stat().st_mtime_ns for name in landed()} == before


def test_what_a_person_delivered_stays_and_is_completed_beside_it(home, provider, api, landed):
    other = folder(home, "2020-01")
    other.mkdir(parents=True)
    (other / f"{UUID}.csv.gz").write_bytes(b"by hand")
    fetch_invoices(home, provider)
    assert [name for name in landed() if UUID in name] == [
        f"{FEED}/period=2020-01/{UUID}.csv.gz",
        f"{FEED}/period=2020-01/{UUID}.items.json",
        f"{FEED}/period=2020-01/{UUID}.summary.json",
    ]
    assert (other / f"{UUID}.csv.gz").read_bytes() == b"by hand"
    assert api.count(f"invoices/{UUID}/csv") == 0


@pytest.mark.parametrize("uuid", ["../../../ledger/seal", "..", "a/b", "", ".hidden", "a" * 129, "a\n", 7, None])
def test_an_id_that_cannot_name_a_file_is_refused_before_anything_is_asked_or_written(
    home, provider, api, landed, uuid
):
    listed = example("invoices")
    listed["invoices"].append({"invoice_uuid": uuid, "invoice_period": "2019-10"})
    api.documents["all invoices"] = listed
    with pytest.raises(UserError, match="an id that cannot be one"):
        fetch_invoices(home, provider)
    assert {path for path, _, _ in api.asked} == {"invoices", "billing_history"}
    assert landed() == []


@pytest.mark.parametrize("month", ["../2019-12", "2019-13", "", None, 201912])
def test_a_month_that_is_none_is_taken_from_the_list_and_never_as_a_path(home, provider, api, landed, month):
    summary = example("invoice_summary") | {"invoice_uuid": UUID, "billing_period": month}
    api.documents[f"invoices/{UUID}/summary"] = summary
    fetch_invoices(home, provider)
    assert [name for name in landed() if UUID in name] == OF_UUID


def test_one_invoice_that_cannot_be_had_does_not_keep_the_others_away(home, provider, api, landed):
    api.always[f"invoices/{UUID}/csv"] = Answer(b"{}", 404)
    with pytest.raises(UserError, match=f"404 .Not Found. when asked for the CSV of invoice {UUID}") as raised:
        fetch_invoices(home, provider)
    assert "of 3 invoices 0 were in the landing, 2 are now, 1 cannot be had:" in str(raised.value)
    assert not any(UUID in name for name in landed())
    assert len(landed()) == 6


def test_after_three_invoices_that_cannot_be_had_no_more_are_tried(home, provider, api, monkeypatch):
    entries = [{"invoice_uuid": f"i{n}", "invoice_period": "2019-12"} for n in range(5)]
    api.documents["all invoices"] = {"invoices": entries}
    with pytest.raises(UserError, match="3 cannot be had; gave up there"):
        fetch_invoices(home, provider)
    assert api.count("invoices/i3") == 0


def test_a_summary_of_another_invoice_is_not_delivered(home, provider, api, landed):
    api.documents[f"invoices/{UUID}/summary"] = example("invoice_summary") | {"invoice_uuid": OLDER}
    with pytest.raises(UserError, match="is that of another invoice"):
        fetch_invoices(home, provider)
    assert not any(UUID in name for name in landed())


def test_the_lock_is_held_while_files_are_put_in_place_and_at_no_other_time(home, provider, api, monkeypatch):
    held: list[bool] = []

    def is_locked() -> bool:
        return (home.root / ".lock.holder").exists()

    answer, put = api.answer, invoices.put
    asked: list[bool] = []
    monkeypatch.setattr(api, "answer", lambda *of: (asked.append(is_locked()), answer(*of))[1])
    monkeypatch.setattr(invoices, "put", lambda *of: (held.append(is_locked()), put(*of))[1])
    fetch_invoices(home, provider)
    assert (set(held), len(held)) == ({True}, 9)
    assert set(asked) == {False}


def test_the_csv_is_put_in_place_last_and_a_broken_write_leaves_no_part_of_a_file(home, provider, landed, monkeypatch):
    def full(_: int) -> None:
        if any(name.endswith(".csv") or ".csv." in name for name in landed()):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(UserError, match=r"\.csv: cannot be written: No space left on device"):
        fetch_invoices(home, provider)
    assert landed() == OF_UUID[1:]
    monkeypatch.undo()
    fetch_invoices(home, provider)
    assert [name for name in landed() if UUID in name] == OF_UUID


def test_a_reader_of_the_landing_never_sees_part_of_a_file(home, provider, api):
    api.csv += b"Droplets,,web (s-1vcpu-1gb),1,2020-07-01,2020-07-02,$0.01,,iaas\n" * 20_000
    seen: set[int] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.update(path.stat().st_size for path in home.landing.glob(f"{FEED}/period=*/[!.]*.csv"))
            time.sleep(0.0005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    fetch_invoices(home, provider)
    done.set()
    watcher.join()
    assert seen <= {len(api.csv)}


def test_a_fetch_waits_for_a_close_and_names_it(home, provider, landed, tmp_path):
    import subprocess
    import sys

    program = (
        "import sys; from pathlib import Path; from python_assets.home import Home\n"
        "from python_assets.lock import home_lock\n"
        "with home_lock(Home(Path(sys.argv[1])), 0, 'run of 2019-12'): print('held', flush=True); sys.stdin.read()"
    )
    close = subprocess.Popen(
        [sys.executable, "-c", program, str(home.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert close.stdout
    assert close.stdout.readline() == "held\n"
    with pytest.raises(UserError, match="run of 2019-12"):
        fetch_invoices(home, provider, wait_seconds=0)
    close.communicate("")
    assert landed() == []
    with home_lock(home, 0, "nobody holds it"):
        pass
