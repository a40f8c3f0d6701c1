"""Questions to the provider's API and its answers, as bytes. The only place that holds the token.

Source: https://docs.digitalocean.com/reference/api/ (billing), through pydo. Amounts in answers are text, US dollars.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

import pydo
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline import policies
from azure.core.rest import HttpRequest

from python_assets.addresses import checked_address
from python_assets.digitalocean.answers import Check, Question, Unusable, invoice_csv, json_with, object_in, page_of
from python_assets.digitalocean.retries import SCOPE, TOKEN, Patience, Retries
from python_assets.errors import UserError

URL = "DIGITALOCEAN_API_URL"
DEFAULT_URL = "https://api.digitalocean.com"
PATIENCE = Patience()
PER_PAGE = 200  # the most that the API gives
_MOST_PAGES = 10_000
_TIMEOUTS: dict[str, Any] = {"connection_timeout": 10, "read_timeout": 60}  # seconds


class Provider:
    """The billing part of the API. Every method may raise UserError, Unusable where only its own answer is bad."""

    def __init__(self, token: str, url: str = DEFAULT_URL, patience: Patience | None = None):
        """Takes a token, and https, or http on this machine itself; UserError for others, without the token."""
        token, address = _checked(token), checked_address(url, URL, DEFAULT_URL)
        # Not pydo's own pipeline: that follows redirects, parses every answer and logs.
        pipeline = [
            policies.UserAgentPolicy("counterfoil"),
            policies.ProxyPolicy(),
            Retries(patience or PATIENCE),
            policies.AzureKeyCredentialPolicy(AzureKeyCredential(token), "Authorization", prefix="Bearer"),
        ]
        # Any: its methods are typed for what they would parse, and give back bytes here.
        self._client: Any = pydo.Client(token, endpoint=address, policies=pipeline, **_TIMEOUTS)

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
        return self._client.balance.get(**self._asking("the balance", json_with(*names)))

    def invoices(self) -> list[dict[str, Any]]:
        """All issued invoices (`invoice_uuid`, `invoice_period`, …), in the API's order; never the preview."""
        key, what = "invoices", "the list of invoices"
        pages = self._pages(key, what, lambda page, options: self._client.invoices.list(**page, **options))
        documents = [json.loads(page) for page in pages]
        previews = {object_in(document, "invoice_preview", "invoice_uuid") for document in documents}
        return [entry for entry in _entries(documents, key) if entry.get("invoice_uuid") not in previews]

    def billing_history(self) -> list[dict[str, Any]]:
        """All entries of the billing history (`type`, `date`, `amount`; `invoice_uuid` where it is one)."""
        key, what = "billing_history", "the billing history"
        pages = self._pages(key, what, lambda page, options: self._client.billing_history.list(params=page, **options))
        return _entries([json.loads(page) for page in pages], key)

    def invoice_items(self, invoice_uuid: str) -> list[bytes]:
        """All pages of an invoice's items, in order; each a JSON object with `invoice_items`."""

        def page_of_items(page: dict[str, int], options: dict[str, Any]) -> bytes:
            return self._client.invoices.get_by_uuid(invoice_uuid, **page, **options)

        return self._pages("invoice_items", f"the items of invoice {invoice_uuid}", page_of_items)

    def invoice_summary(self, invoice_uuid: str) -> bytes:
        """An invoice's summary: a JSON object with its control totals and `billing_period`."""
        asking = self._asking(f"the summary of invoice {invoice_uuid}", json_with("amount"))
        return self._client.invoices.get_summary_by_uuid(invoice_uuid, **asking)

    def invoice_csv(self, invoice_uuid: str) -> bytes:
        """An invoice as CSV. Asked without pydo's method, which takes every answer for JSON (pydo issue 465)."""
        request = HttpRequest(
            "GET", f"/v2/customers/my/invoices/{invoice_uuid}/csv", headers={"Accept": "text/csv, application/json"}
        )
        question = Question(f"the CSV of invoice {invoice_uuid}", invoice_csv)
        return self._client.send_request(request, question=question, auth=_with_no_other_token).content

    def _asking(self, what: str, check: Check) -> dict[str, Any]:
        """Options that make a pydo method ask a Question and give back the answer's bytes."""
        return {"question": Question(what, check), "auth": _with_no_other_token, "cls": _as_it_came}

    def _pages(self, key: str, what: str, ask: Callable[[dict[str, int], dict[str, Any]], bytes]) -> list[bytes]:
        """All pages of a list, asked for by number: a `next` address is believed to be there, not followed."""
        pages: list[bytes] = []
        found = 0
        for number in range(1, _MOST_PAGES + 1):
            pages.append(ask({"per_page": PER_PAGE, "page": number}, self._asking(what, page_of(key))))
            document = json.loads(pages[-1])
            found += len(document[key])
            if not document[key] or not object_in(document, "links", "pages", "next"):
                break
        total = object_in(document, "meta", "total")
        if isinstance(total, int) and found < total:
            raise Unusable(f"DigitalOcean gave {found} of {total} entries when asked for {what}")
        return pages


def _entries(documents: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return [entry for document in documents for entry in document[key]]


def _as_it_came(response: Any, *_: object) -> bytes:
    """What pydo gives back instead of its reading of an answer."""
    return response.http_response.content


def _with_no_other_token(request: Any) -> Any:
    """Keeps the HTTP library from putting a ~/.netrc entry in the token's place."""
    return request


def _checked(token: str) -> str:
    """The token without blanks around it. Others would be quoted in the HTTP library's message."""
    token = token.strip()
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise UserError(f"the token in {TOKEN} has characters that no token has; copy it again")
    return token
