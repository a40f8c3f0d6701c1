"""Balance snapshots: what the account owes, as the provider last reckoned it."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from python_assets.clock import today
from python_assets.digitalocean.answers import Unusable
from python_assets.digitalocean.client import Provider
from python_assets.digitalocean.landing import folder_of
from python_assets.home import Home
from python_assets.ingest.files import list_feed
from python_assets.ledger.durable import put

FEED = "digitalocean_balance"


@dataclass(frozen=True)
class FetchedBalance:
    """A snapshot, when the provider made it (UTC), and whether it was not in the landing yet."""

    file: Path
    captured_at: datetime
    is_new: bool


def fetch_balance(home: Home, provider: Provider, current: date | None = None) -> FetchedBalance:
    """The provider's answer as `landing/digitalocean_balance/period=<current month>/<captured_at>.json`.

    `captured_at` is the answer's `generated_at`, to the second; a snapshot that is there under any month is not
    written again. The current month is that of the billing time zone. One file, put in place whole: a close that reads
    the landing meanwhile takes it or does not, so it need not wait.
    """
    content = provider.balance()
    captured_at = _captured_at(content)
    name = f"{captured_at:%Y%m%dT%H%M%SZ}.json"
    there = {file.name: file.path for file in list_feed(home.landing, FEED)[0]}
    if name in there:
        return FetchedBalance(there[name], captured_at, is_new=False)
    path = folder_of(home, FEED, current or today(home)) / name
    put(path, content)
    return FetchedBalance(path, captured_at, is_new=True)


def _captured_at(content: bytes) -> datetime:
    generated_at = json.loads(content)["generated_at"]
    try:
        instant = datetime.fromisoformat(generated_at)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Unusable("DigitalOcean's answer for the balance has no time in generated_at") from None
