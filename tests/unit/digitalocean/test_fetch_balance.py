"""Balance snapshots: name, month, and none twice."""

import json
from datetime import UTC, date, datetime

import pytest
from support.fake_provider import Answer

from python_assets.digitalocean import fetch_balance
from python_assets.errors import UserError
from python_assets.home import Config, Home
from python_assets.ingest import ingest_feed, relation_sql

FEED = "digitalocean_balance"
JULY = date(2019, 7, 1)


def test_a_snapshot_lands_as_it_came_under_the_current_month(home, provider, api, landed):
    content = json.dumps(api.documents["balance"], indent=7).encode() + b"\r\n"
    api.then("balance", Answer(content))
    fetched = fetch_balance(home, provider, JULY)
    assert landed() == [f"{FEED}/period=2019-07/20190709T150112Z.json"]
    assert fetched.file.read_bytes() == content
    assert (fetched.captured_at, fetched.is_new) == (datetime(2019, 7, 9, 15, 1, 12, tzinfo=UTC), True)


def test_ingest_reads_the_providers_own_example(home, provider):
    import duckdb

    fetch_balance(home, provider, JULY)
    ingest_feed(home, FEED, JULY)
    with duckdb.connect() as connection:
        sql = f"select generated_at, account_balance::varchar from ({relation_sql(home, FEED)})"
        assert connection.execute(sql).fetchall() == [(datetime(2019, 7, 9, 15, 1, 12), "12.230000")]


def test_a_snapshot_that_is_there_is_not_written_again_not_even_in_the_next_month(home, provider, landed):
    first = fetch_balance(home, provider, JULY)
    again = fetch_balance(home, provider, date(2019, 8, 1))
    assert (again.is_new, again.file) == (False, first.file)
    assert len(landed()) == 1


def test_an_offset_is_reckoned_to_utc(home, provider, api, landed):
    api.documents["balance"]["generated_at"] = "2019-07-10T01:01:12.250+10:00"
    fetch_balance(home, provider, JULY)
    assert landed() == [f"{FEED}/period=2019-07/20190709T150112Z.json"]


def test_the_current_month_is_that_of_the_billing_time_zone(home, provider, monkeypatch):
    from python_assets import clock

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 3, 31, 20, 0, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(clock, "datetime", Clock)
    sydney = Home(home.root, Config(timezone="Australia/Sydney"))
    assert fetch_balance(sydney, provider).file.parent.name == "period=2026-04"


@pytest.mark.parametrize("generated_at", ["soon", "", None, 7, "../../x"])
def test_a_snapshot_without_a_time_is_refused(home, provider, api, landed, generated_at):
    api.documents["balance"]["generated_at"] = generated_at
    with pytest.raises(UserError, match="no time in generated_at"):
        fetch_balance(home, provider, JULY)
    assert landed() == []


def test_an_answer_that_is_no_balance_is_refused(home, provider, api, landed):
    del api.documents["balance"]["account_balance"]
    with pytest.raises(UserError, match="the balance has no account_balance"):
        fetch_balance(home, provider, JULY)
    assert landed() == []
