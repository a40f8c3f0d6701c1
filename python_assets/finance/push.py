"""Pushing what was published and has no receipt yet: payables, then receivables, in the order of months."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from python_assets.errors import UserError
from python_assets.exports.payloads import PAYABLES, RECEIVABLES
from python_assets.finance.receipts import Receipt, body_of, receipt_of
from python_assets.finance.service import SECRET, URL, FinanceService, Refused, Unavailable
from python_assets.home import Home
from python_assets.lock import push_lock
from python_assets.progress import tell

_MOST_TOLD = 5
_WAIT_SECONDS = 60  # for another push


@dataclass
class PushOutcome:
    """What a push came to, in documents: taken now, there before, with a receipt, not pushed; and why not."""

    taken: int = 0
    there: int = 0
    with_receipt: int = 0
    left: int = 0
    faults: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def is_good(self) -> bool:
        return not self.faults

    @property
    def note(self) -> str:
        """One line for a person."""
        if self.skipped:
            return self.skipped
        counts = f"{self.taken} pushed, {self.there} were there, {self.with_receipt} have a receipt, {self.left} left"
        told = self.faults[:_MOST_TOLD]
        if len(self.faults) > len(told):
            told.append(f"and {len(self.faults) - len(told)} more")
        return "; ".join([counts, *told])

    def as_metadata(self) -> dict[str, str | int]:
        if self.skipped:
            return {"outcome": self.note, "pushed": 0}
        return {
            "outcome": self.note,
            "pushed": self.taken,
            "there before": self.there,
            "with a receipt": self.with_receipt,
            "left": self.left,
        }


def push(home: Home) -> PushOutcome:
    """Pushes every published document without a receipt to the service that the environment names.

    Does not need the home's lock. Pushes of one home follow one another, so that no document is followed by an older
    version of it and receipts tell all that was pushed. Whatever keeps it from pushing is in the outcome, never raised:
    what is published stands. An outage ends the push; a document that is refused holds only the later ones of its
    tenant and month, so that a new version is never booked beside the one that it replaces.
    """
    try:
        service = FinanceService.from_environment()
        if service is None:
            return PushOutcome(skipped=f"nothing pushed: {URL} and {SECRET} are not set")
        with service, push_lock(home, _WAIT_SECONDS):
            tell("pushing")
            return _push_to(home, service)
    except (UserError, OSError) as error:
        return PushOutcome(faults=[str(error)])


def _push_to(home: Home, service: FinanceService) -> PushOutcome:
    outcome = PushOutcome()
    waiting = []
    for kind, document in _documents(home):
        receipt = receipt_of(home, service.address, kind, document)
        if receipt.is_for(document):
            outcome.with_receipt += 1
        else:
            waiting.append((kind, document, receipt))
    outcome.left = len(waiting)
    refused = set()
    for kind, document, receipt in waiting:
        group = _group(document)
        if group in refused:
            continue
        try:
            status = _hand_over(service, kind, document, receipt)
        except Refused as refusal:
            outcome.faults.append(f"{document['external_id']}: {refusal}")
            refused.add(group)
            continue
        except (Unavailable, UserError) as error:
            outcome.faults.append(str(error))
            break
        outcome.left -= 1
        outcome.there += status == HTTPStatus.CONFLICT
        outcome.taken += status != HTTPStatus.CONFLICT
    return outcome


def _documents(home: Home) -> Iterator[tuple[str, dict[str, Any]]]:
    publication = home.published.resolve()  # of one publication, although another run may publish meanwhile
    for folder in sorted((publication / "exports").glob("period=*")):
        for kind in (PAYABLES, RECEIVABLES):
            for document in json.loads((folder / f"{kind}.json").read_bytes()):
                yield kind, document


def _group(document: dict[str, Any]) -> tuple[str, ...]:
    """What must be booked in order: the documents of a tenant and month; a bill stands alone."""
    if document["tenant_id"] is None:
        return (document["source"], document["external_id"])
    return (document["source"], document["tenant_id"], document["period"])


def _hand_over(service: FinanceService, kind: str, document: dict[str, Any], receipt: Receipt) -> HTTPStatus:
    body = body_of(document)
    status = service.hand_over(kind, body, receipt.key_for(body))
    if status == HTTPStatus.CONFLICT and receipt.pushes:
        raise Refused("the service keeps what it was given before, and this has changed since; correct it there")
    receipt.keep(body, status)
    return status
