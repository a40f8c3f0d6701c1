"""Questions to the provider's API and its answers, as bytes. The only place that holds the token.

Source: https://docs.digitalocean.com/reference/api/ (billing). Amounts in answers are text, US dollars. No message
quotes an answer: it may hold the token.
"""

import json
import os
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from python_assets.addresses import checked_address
from python_assets.bounded_http import (
    Answer,
    Deadline,
    HttpClient,
    Patience,
    TooLarge,
    TooSlow,
    Unanswered,
    Unreachable,
    phrase,
)
from python_assets.digitalocean.answers import Check, Unusable, invoice_csv, json_with, object_in, page_of
from python_assets.errors import UserError

SCOPE = "billing:read"
TOKEN = "DIGITALOCEAN_TOKEN"
URL = "DIGITALOCEAN_API_URL"
DEFAULT_URL = "https://api.digitalocean.com"
# The API's burst limit ends after a minute at most. One that cannot be reached is given up soon: a person waits.
PATIENCE = Patience(
    repetitions=5,
    repetitions_to_connect=2,
    backoff_seconds=0.8,
    longest_wait_seconds=120,
    seconds_per_attempt=60,
    seconds_in_all=180,
)
PER_PAGE = 200  # the most that the API gives
LARGEST_ANSWER = 64 * 1024**2  # bytes of an answer, and of all pages of a list together


class Provider:
    """The billing part of the API. Every method may raise UserError, Unusable where only its own answer is bad."""

    def __init__(self, token: str, url: str = DEFAULT_URL, patience: Patience | None = None):
        """Takes a token, and https, or http on this machine itself; UserError for others, without the token."""
        token, address = _checked(token), checked_address(url, URL, DEFAULT_URL)
        self._host = urlsplit(address).netloc
        self._client = HttpClient(
            f"{address}/v2/customers/my",
            patience or PATIENCE,
            lambda: f"Bearer {token}",
            uses_proxy=True,
            reset_header="ratelimit-reset",  # the hourly limit comes without Retry-After
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Provider":
        """The API with the token in DIGITALOCEAN_TOKEN, at DIGITALOCEAN_API_URL if that is set."""
        token = environment.get(TOKEN, "")
        if not token.strip():
            raise UserError(f"{TOKEN} is not set; put a DigitalOcean token with the scope {SCOPE} into it")
        return cls(token, environment.get(URL) or DEFAULT_URL)

    def __enter__(self) -> "Provider":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def balance(self) -> bytes:
        """The account's balance: a JSON object with three amounts and `generated_at`."""
        names = ("month_to_date_balance", "account_balance", "month_to_date_usage", "generated_at")
        return self._ask("/balance", "the balance", json_with(*names))

    def invoices(self) -> list[dict[str, Any]]:
        """All issued invoices (`invoice_uuid`, `invoice_period`, …), in the API's order; never the preview."""
        documents = [json.loads(page) for page in self._pages("/invoices", "the list of invoices", "invoices")]
        previews = {object_in(document, "invoice_preview", "invoice_uuid") for document in documents}
        return [entry for entry in _entries(documents, "invoices") if entry.get("invoice_uuid") not in previews]

    def billing_history(self) -> list[dict[str, Any]]:
        """All entries of the billing history (`type`, `date`, `amount`; `invoice_uuid` where it is one)."""
        key = "billing_history"
        return _entries([json.loads(page) for page in self._pages("/billing_history", "the billing history", key)], key)

    def invoice_items(self, invoice_uuid: str) -> list[bytes]:
        """All pages of an invoice's items, in order; each a JSON object with `invoice_items`."""
        return self._pages(f"/invoices/{invoice_uuid}", f"the items of invoice {invoice_uuid}", "invoice_items")

    def invoice_summary(self, invoice_uuid: str) -> bytes:
        """An invoice's summary: a JSON object with its control totals and `billing_period`."""
        path = f"/invoices/{invoice_uuid}/summary"
        return self._ask(path, f"the summary of invoice {invoice_uuid}", json_with("amount"))

    def invoice_csv(self, invoice_uuid: str) -> bytes:
        """An invoice as CSV."""
        return self._ask(f"/invoices/{invoice_uuid}/csv", f"the CSV of invoice {invoice_uuid}", invoice_csv)

    def _pages(self, path: str, what: str, key: str) -> list[bytes]:
        """All pages of a list, asked for by number: a `next` address is believed to be there, not followed.

        Together they have the time and the bytes of one answer, so that a list without an end is given up.
        """
        pages: list[bytes] = []
        found = 0
        deadline = self._client.deadline()
        room = LARGEST_ANSWER
        while True:
            query = {"per_page": PER_PAGE, "page": len(pages) + 1}
            pages.append(self._ask(path, what, page_of(key), query, deadline, room))
            room = max(room - len(pages[-1]), 1)
            document = json.loads(pages[-1])
            found += len(document[key])
            if not document[key] or not object_in(document, "links", "pages", "next"):
                break
        total = object_in(document, "meta", "total")
        if isinstance(total, int) and found < total:
            raise Unusable(f"DigitalOcean gave {found} of {total} entries when asked for {what}")
        return pages

    def _ask(
        self,
        path: str,
        what: str,
        check: Check,
        query: Mapping[str, str | int] | None = None,
        deadline: Deadline | None = None,
        most_bytes: int | None = None,
    ) -> bytes:
        """A whole answer 200 that passes its check; `what` is asked for, in words for a message."""
        headers = {"Accept": "text/csv, application/json"}
        most_bytes = LARGEST_ANSWER if most_bytes is None else most_bytes
        try:
            answer = self._client.ask(
                "GET", path, query=query, headers=headers, most_bytes=most_bytes, fault_of=check, deadline=deadline
            )
        except Unanswered as failure:
            raise self._failed(failure, what) from None
        if answer.status != HTTPStatus.OK:
            raise _refused(answer, what)
        if answer.fault:
            raise Unusable(f"DigitalOcean's answer for {what} {answer.fault}, several times over")
        return answer.content

    def _failed(self, failure: Unanswered, what: str) -> UserError:
        if isinstance(failure, Unreachable):
            return UserError(f"DigitalOcean cannot be reached at {self._host}{failure}")
        if isinstance(failure, TooSlow):
            return UserError(f"DigitalOcean at {self._host} did not answer in time when asked for {what}")
        if isinstance(failure, TooLarge):
            return Unusable(f"DigitalOcean's answer for {what} is larger than {LARGEST_ANSWER // 1024**2} MiB")
        return Unusable(f"the connection to DigitalOcean at {self._host} broke off in the answer for {what}")


def _refused(answer: Answer, what: str) -> UserError:
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return UserError(
            f"DigitalOcean does not accept the token in {TOKEN} (401): it may have expired or been revoked; "
            f"make one with the scope {SCOPE}"
        )
    if answer.status == HTTPStatus.FORBIDDEN:
        return UserError(f"the token in {TOKEN} may not read the bills (403): it needs the scope {SCOPE}")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        when = f"in {answer.wait_seconds:.0f} seconds" if answer.wait_seconds else "later"
        return UserError(f"DigitalOcean's rate limit is used up (429); fetch again {when}")
    return Unusable(f"DigitalOcean answered {answer.status}{phrase(answer.status)} when asked for {what}")


def _entries(documents: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return [entry for document in documents for entry in document[key]]


def _checked(token: str) -> str:
    """The token without blanks around it. Others would be quoted in the HTTP library's message."""
    token = token.strip()
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise UserError(f"the token in {TOKEN} has characters that no token has; copy it again")
    return token
