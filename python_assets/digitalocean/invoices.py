"""Issued invoices of the provider: found in its lists, delivered to the landing once."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from python_assets.digitalocean.answers import Unusable
from python_assets.digitalocean.client import Provider
from python_assets.digitalocean.landing import folder_of
from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ingest.files import ID, LandingFile, list_feed
from python_assets.ledger.durable import put
from python_assets.lock import home_lock
from python_assets.periods import parse_period

FEED = "digitalocean_invoices"
# Table of ingest to the ending of its file. The CSV is written last: it is what makes an invoice.
_ENDINGS = {
    "digitalocean_items": ".items.json",
    "digitalocean_summaries": ".summary.json",
    "digitalocean_invoices": ".csv",
}
_MOST_FAILURES = 3  # invoices; after that the provider has trouble, not an invoice


@dataclass(frozen=True)
class FetchedInvoice:
    """An invoice and those of its files that were not in the landing yet."""

    invoice_uuid: str
    period: date
    files: list[Path]


@dataclass
class FetchedInvoices:
    """What a fetch came to: how many invoices the provider has issued, how many of them were there, the others."""

    found: int
    present: int = 0
    fetched: list[FetchedInvoice] = field(default_factory=list)


def fetch_invoices(home: Home, provider: Provider, wait_seconds: float = 600) -> FetchedInvoices:
    """Delivers every issued invoice that is not in the landing, under its own period, as it came.

    Three files each: `<invoice_uuid>.csv`, `.summary.json`, and `.items.json` (the API's answer; where that has
    several pages, the JSON list of them). What is there stays as it is. The home's lock is held while the files of
    one invoice are put in place, so that no close sees part of them; nothing is asked of the API meanwhile.

    UserError if the API cannot be used, at once; if single invoices cannot be had, after the others were delivered.
    """
    issued = _issued(provider)
    delivered = _delivered(home)
    outcome = FetchedInvoices(len(issued))
    failures: list[str] = []
    for invoice_uuid, listed_period in issued.items():
        there = delivered.get(invoice_uuid, {})
        if there.keys() >= _ENDINGS.keys():
            outcome.present += 1
            continue
        try:
            contents = {table: _ask(provider, invoice_uuid, table) for table in _ENDINGS if table not in there}
            period = _period(invoice_uuid, listed_period, contents, there)
        except Unusable as error:
            failures.append(str(error))
            if len(failures) == _MOST_FAILURES:
                break
            continue
        with home_lock(home, wait_seconds, "fetch of the provider's invoices"):
            outcome.fetched.append(_deliver(home, invoice_uuid, period, contents))
    if failures:
        raise UserError(_told(outcome, failures))
    return outcome


def _told(outcome: FetchedInvoices, failures: list[str]) -> str:
    gave_up = "; gave up there" if len(failures) == _MOST_FAILURES else ""
    counts = f"{outcome.present} were in the landing, {len(outcome.fetched)} are now, {len(failures)} cannot be had"
    return "\n".join([f"of {outcome.found} invoices {counts}{gave_up}:", *failures])


def _issued(provider: Provider) -> dict[str, str | None]:
    """All issued invoices by id, with the period that they are listed under; newest first, as the API has them.

    From the billing history and from the list of invoices, which alone names periods.
    """
    listed = [(entry.get("invoice_uuid"), entry.get("invoice_period")) for entry in provider.invoices()]
    booked = [
        (entry["invoice_uuid"], None)
        for entry in provider.billing_history()
        if entry.get("type") == "Invoice" and entry.get("invoice_uuid")
    ]
    issued: dict[str, str | None] = {}
    for invoice_uuid, period in listed + booked:
        if not (isinstance(invoice_uuid, str) and ID.fullmatch(invoice_uuid)):
            raise UserError(f"DigitalOcean lists an invoice with an id that cannot be one: {invoice_uuid!a:.60}")
        issued.setdefault(invoice_uuid, period)
    return issued


def _delivered(home: Home) -> dict[str, dict[str, LandingFile]]:
    """By invoice and table, the files that are in the landing, under whatever month."""
    delivered: dict[str, dict[str, LandingFile]] = {}
    for file in list_feed(home.landing, FEED)[0]:
        delivered.setdefault(file.subject, {})[file.table] = file
    return delivered


def _ask(provider: Provider, invoice_uuid: str, table: str) -> bytes:
    """The content of one of an invoice's files."""
    if table == "digitalocean_invoices":
        return provider.invoice_csv(invoice_uuid)
    if table == "digitalocean_summaries":
        return _of_invoice(invoice_uuid, provider.invoice_summary(invoice_uuid))
    pages = provider.invoice_items(invoice_uuid)
    return pages[0] if len(pages) == 1 else b"[" + b",\n".join(pages) + b"]\n"


def _of_invoice(invoice_uuid: str, summary: bytes) -> bytes:
    named = json.loads(summary).get("invoice_uuid", invoice_uuid)
    if named != invoice_uuid:
        raise Unusable(f"DigitalOcean's answer for the summary of invoice {invoice_uuid} is that of another invoice")
    return summary


def _period(invoice_uuid: str, listed: str | None, contents: dict[str, bytes], there: dict[str, LandingFile]) -> date:
    """The month that an invoice is delivered under: where its other files are, else its own.

    Its own is what the summary says, which the books go by too, else what the list of invoices says.
    """
    beside = there.get("digitalocean_invoices") or next(iter(there.values()), None)
    if beside:
        return beside.period
    for month in (json.loads(contents["digitalocean_summaries"]).get("billing_period"), listed):
        with suppress(UserError):
            return parse_period(month if isinstance(month, str) else "")
    raise Unusable(f"DigitalOcean names no billing period YYYY-MM for invoice {invoice_uuid}")


def _deliver(home: Home, invoice_uuid: str, period: date, contents: dict[str, bytes]) -> FetchedInvoice:
    """Puts the files of one invoice in place, but for those that another fetch has put there meanwhile."""
    folder = folder_of(home, FEED, period)
    files = []
    for table, content in contents.items():
        path = folder / f"{invoice_uuid}{_ENDINGS[table]}"
        if not path.exists():
            put(path, content)
            files.append(path)
    return FetchedInvoice(invoice_uuid, period, files)
