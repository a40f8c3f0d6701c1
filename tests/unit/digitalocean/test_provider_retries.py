"""What happens when the API is slow, busy, broken or closed: over real HTTP."""

import gzip
import json
import time
from dataclasses import replace

import pytest
from support.fake_provider import IMPATIENT, IN_HISTORY, TOKEN, UUID, Answer, example
from support.odd_server import OK, serving, trickles

from python_assets.bounded_http import Patience
from python_assets.digitalocean import Provider, client, fetch_balance, fetch_invoices
from python_assets.errors import UserError

CSV = f"invoices/{UUID}/csv"
EXAMPLE_CSV = example("invoice_csv").encode()


def seconds_for(ask) -> float:
    begun = time.monotonic()
    ask()
    return time.monotonic() - begun


def test_retry_after_is_waited_for(provider, api):
    api.then("balance", Answer(b"{}", 429, {"Retry-After": "1"}))
    assert 1 <= seconds_for(provider.balance) < 1.9
    assert api.count("balance") == 2


def test_the_hourly_limit_is_waited_for_although_it_comes_without_retry_after(provider, api):
    api.then("balance", Answer(b"{}", 429, {"ratelimit-reset": f"{time.time() + 1.5:.3f}"}))
    assert 1 <= seconds_for(provider.balance) < 2.4


def test_a_wait_of_an_hour_is_not_made_but_told(home, provider, api, landed):
    api.always["balance"] = Answer(b"{}", 429, {"Retry-After": "3600"})
    with pytest.raises(UserError, match=r"rate limit is used up \(429\); fetch again in 3600 seconds"):
        fetch_balance(home, provider)
    assert (api.count(), landed()) == (1, [])


@pytest.mark.parametrize("headers", [{"Retry-After": "soon"}, {"ratelimit-reset": "never"}, {}, {"Retry-After": "nan"}])
def test_a_limit_that_names_no_time_is_met_with_backoff(provider, api, headers):
    api.then("balance", Answer(b"", 429, headers), Answer(b"", 429, headers))
    provider.balance()
    assert api.count() == 3


def test_a_limit_that_never_ends_is_told(provider, api):
    api.always["balance"] = Answer(b"", 429)
    with pytest.raises(UserError, match=r"\(429\); fetch again later"):
        provider.balance()
    assert api.count() == 1 + IMPATIENT.repetitions


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_server_that_comes_round_is_not_noticed(home, provider, api, status):
    for path in ("invoices", "billing_history", f"invoices/{UUID}", f"invoices/{UUID}/summary", CSV):
        api.then(path, Answer(b"<html>", status, {"Content-Type": "text/html"}), Answer(b"", status))
    assert len(fetch_invoices(home, provider).fetched) == 3
    assert api.count(CSV) == 3


@pytest.mark.parametrize("kind", ["text/html", "application/json", "application/octet-stream", "application/xml"])
def test_a_server_that_does_not_come_round_is_told_and_nothing_lands(home, provider, api, landed, kind):
    api.always["invoices"] = Answer(b"oh {", 500, {"Content-Type": kind})
    with pytest.raises(UserError, match=r"answered 500 \(Internal Server Error\) when asked for the list of invoices"):
        fetch_invoices(home, provider)
    assert (api.count(), landed()) == (1 + IMPATIENT.repetitions, [])


def test_backoff_grows(api):
    api.always["balance"] = Answer(b"", 500)
    with Provider(TOKEN, api.url, Patience(repetitions=3, backoff_seconds=0.1)) as provider:

        def ask() -> None:
            with pytest.raises(UserError):
                provider.balance()

        assert 0.6 <= seconds_for(ask) < 2  # 0, 0.2 and 0.4


@pytest.mark.parametrize("path", [CSV, f"invoices/{UUID}/summary", f"invoices/{UUID}"])
def test_a_connection_that_breaks_in_the_middle_of_an_answer_is_asked_again(home, provider, api, path):
    whole = api.answer(path, {})
    api.then(path, Answer(whole.body, headers=whole.headers, cut=30), Answer(whole.body, headers=whole.headers, cut=1))
    fetch_invoices(home, provider)
    assert api.count(path) == 3
    assert (home.landing / "digitalocean_invoices" / "period=2019-12" / f"{UUID}.csv").read_bytes() == EXAMPLE_CSV


def test_broken_connections_are_repeated_with_backoff_too(api):
    api.always["balance"] = Answer(b"{}" * 50, cut=30)
    with Provider(TOKEN, api.url, Patience(repetitions=3, backoff_seconds=0.1)) as provider:

        def ask() -> None:
            with pytest.raises(UserError, match="broke off in the answer for the balance"):
                provider.balance()

        assert 0.6 <= seconds_for(ask) < 2
    assert api.count() == 4


def test_a_connection_that_always_breaks_leaves_nothing_half(home, provider, api, landed):
    api.always[CSV] = Answer(EXAMPLE_CSV, cut=30)
    with pytest.raises(UserError, match=f"broke off in the answer for the CSV of invoice {UUID}"):
        fetch_invoices(home, provider)
    assert not any(UUID in name for name in landed())


@pytest.mark.parametrize("lost", [1, 10, 60, len(EXAMPLE_CSV) - 60, len(EXAMPLE_CSV)])
def test_a_csv_that_ends_too_early_without_saying_so_is_asked_again(home, provider, api, lost):
    # No length, closed at the end: HTTP itself cannot tell that it is not whole.
    cut = Answer(EXAMPLE_CSV[: len(EXAMPLE_CSV) - lost], headers={"Connection": "close", "Content-Type": "text/csv"})
    api.then(CSV, cut)
    fetch_invoices(home, provider)
    delivered = (home.landing / "digitalocean_invoices" / "period=2019-12" / f"{UUID}.csv").read_bytes()
    assert delivered.rstrip() == EXAMPLE_CSV.rstrip()


def test_a_csv_that_is_always_cut_off_is_told_and_does_not_land(home, provider, api, landed):
    api.always[CSV] = Answer(EXAMPLE_CSV[:-20])
    with pytest.raises(UserError, match=f"the CSV of invoice {UUID} is cut off, several times over"):
        fetch_invoices(home, provider)
    assert not any(UUID in name for name in landed())
    assert api.count(CSV) == 1 + IMPATIENT.repetitions


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>please log in</html>", "is no invoice CSV: it has no product, description, start, end, USD"),
        (b"", "is no invoice CSV"),
        (b"\xff\xfe\x00", "is no UTF-8 text"),
        (b'{"id": "not_found"}', "is no invoice CSV"),
    ],
)
def test_another_document_in_an_invoices_place_does_not_land(home, provider, api, landed, body, told):
    api.always[CSV] = Answer(body)
    with pytest.raises(UserError, match=told):
        fetch_invoices(home, provider)
    assert not any(UUID in name for name in landed())


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"invoice_items": {}}', b'{"invoice_items": [1]}', b"[" * 100_000, b"\xff"]
)
def test_items_that_are_no_page_do_not_land(home, provider, api, landed, body):
    api.always[f"invoices/{UUID}"] = Answer(body)
    with pytest.raises(UserError, match=f"answer for the items of invoice {UUID}"):
        fetch_invoices(home, provider)
    assert not any(UUID in name for name in landed())


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/plain", "application/json", ""])
def test_what_a_csv_is_called_does_not_matter(home, provider, api, kind):
    api.then(CSV, Answer(EXAMPLE_CSV, headers={"Content-Type": kind}))
    assert len(fetch_invoices(home, provider).fetched) == 3


def test_odd_but_whole_csv_is_left_to_ingest_to_judge(home, provider, api, landed):
    api.csv = (
        b"USD,extra,start,end,description,product\n"
        b'"$1,234.56",x,2020-07-01,2020-07-02,"two\nlines",Droplets\n'
        b"ragged\n"
        b"$1.00,x,2020-07-01,2020-07-02,last without line break,Droplets"
    )
    fetch_invoices(home, provider)
    assert len(landed()) == 9


@pytest.mark.parametrize(("status", "told"), [(401, "does not accept the token"), (403, "may not read the bills")])
@pytest.mark.parametrize("path", ["balance", CSV])
def test_a_token_that_is_refused_is_not_tried_again_and_the_scope_is_named(home, provider, api, path, status, told):
    api.always[path] = Answer(b'{"id": "Unauthorized"}', status, {"WWW-Authenticate": "Bearer"})
    fetch = fetch_balance if path == "balance" else fetch_invoices
    with pytest.raises(UserError, match=rf"{told}.*{status}.*billing:read"):
        fetch(home, provider)
    assert api.count(path) == 1
    assert api.count(f"invoices/{IN_HISTORY}/csv") == 0


def test_a_redirect_is_not_followed(provider, api):
    api.then("balance", Answer(b"", 302, {"Location": api.url + "/v2/customers/my/elsewhere"}))
    with pytest.raises(UserError, match="answered 302"):
        provider.balance()
    assert api.count() == 1


def test_nobody_there():
    told = r"cannot be reached at 127\.0\.0\.1:9: Connection refused"
    with Provider(TOKEN, "http://127.0.0.1:9", IMPATIENT) as provider, pytest.raises(UserError, match=told):
        provider.balance()


def test_a_server_that_says_nothing_is_given_up(api, monkeypatch):
    hasty = replace(IMPATIENT, seconds_per_attempt=0.1)
    answer = api.answer
    monkeypatch.setattr(api, "answer", lambda *of: (time.sleep(0.4), answer(*of))[1])
    told = "did not answer in time when asked for the balance"
    with Provider(TOKEN, api.url, hasty) as provider, pytest.raises(UserError, match=told):
        provider.balance()


BRIEF = replace(IMPATIENT, repetitions=1, seconds_per_attempt=0.3, seconds_in_all=0.8)


def test_an_answer_that_comes_byte_by_byte_is_given_up_in_time():
    with serving(trickles(OK + b"Content-Length: 1000000\r\n\r\n", b"{")) as server:
        told = "did not answer in time when asked for the balance"

        def ask() -> None:
            with Provider(TOKEN, server.url, BRIEF) as provider, pytest.raises(UserError, match=told):
                provider.balance()

        assert seconds_for(ask) < 1


def test_an_answer_that_is_too_large_is_told_and_nothing_lands(home, provider, api, landed, monkeypatch):
    monkeypatch.setattr(client, "LARGEST_ANSWER", 2 * 1024**2)
    bomb = gzip.compress(b"x" * (2 * 1024**2 + 1))
    api.always[CSV] = Answer(bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(UserError, match=f"the CSV of invoice {UUID} is larger than 2 MiB"):
        fetch_invoices(home, provider)
    assert not any(UUID in name for name in landed())
    assert api.count(CSV) == 1


def endless(entries: int) -> Answer:
    page = {"invoices": [{"invoice_uuid": "a", "x": "x" * 100}] * entries, "links": {"pages": {"next": "http://n"}}}
    return Answer(json.dumps(page).encode())


def test_a_list_without_an_end_is_given_up_in_time(api):
    api.always["invoices"] = endless(1)

    def ask() -> None:
        with Provider(TOKEN, api.url, BRIEF) as provider, pytest.raises(UserError, match="did not answer in time"):
            provider.invoices()

    assert seconds_for(ask) < 1.2


def test_a_list_without_an_end_takes_no_more_than_one_answer_may(provider, api, monkeypatch):
    monkeypatch.setattr(client, "LARGEST_ANSWER", 1024**2)
    api.always["invoices"] = endless(2000)
    with pytest.raises(UserError, match="the list of invoices is larger than 1 MiB"):
        provider.invoices()
    assert api.count("invoices") == 1024**2 // len(endless(2000).body) + 1
