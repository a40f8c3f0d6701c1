"""Receipts: what an accounting service has, one small file per document and service.

They spare a push, no more: without them everything is pushed again under the same keys, and the service, which books
once per key, takes nothing twice. That is why they may be deleted, and why a damaged one counts as none.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import rfc8785

from python_assets.finance.service import Refused
from python_assets.home import Home
from python_assets.ledger.durable import put

IDENTITY = ("tenant_id", "source", "external_id")


def body_of(document: dict[str, Any]) -> bytes:
    """A document as it is sent: canonical JSON (RFC 8785); Refused if it has a number that JSON cannot tell exactly."""
    try:
        return rfc8785.dumps(document)
    except rfc8785.IntegerDomainError as error:
        raise Refused(f"an amount of 2^53 cents and more cannot be sent exactly: {error}") from error


@dataclass(frozen=True)
class Receipt:
    """What is known of one document at one service: the hashes of what it took, oldest first."""

    path: Path
    identity: dict[str, Any]
    pushes: list[dict[str, Any]]

    def is_for(self, document: dict[str, Any]) -> bool:
        """Whether the service has this very content."""
        try:
            return bool(self.pushes) and self.pushes[-1]["payload_sha256"] == _sha256(body_of(document))
        except Refused:
            return False

    def key_for(self, body: bytes) -> str:
        """The Idempotency-Key: of (tenant, source, external id), content, and how often that went before.

        The last is 0 but where a document went back to what it was, which would else pass for a repetition.
        """
        content = _sha256(body)
        times = sum(push["payload_sha256"] == content for push in self.pushes)
        return _sha256(rfc8785.dumps([*(self.identity[name] for name in IDENTITY), content, times]))

    def keep(self, body: bytes, status: HTTPStatus) -> None:
        """Notes that the service has this content; UserError if it cannot be written."""
        push = {
            "payload_sha256": _sha256(body),
            "idempotency_key": self.key_for(body),
            "status": int(status),
            "pushed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        text = json.dumps(self.identity | {"pushes": [*self.pushes, push]}, indent=2, ensure_ascii=False)
        put(self.path, (text + "\n").encode())


def receipt_of(home: Home, service: str, kind: str, document: dict[str, Any]) -> Receipt:
    """The receipt of a document at a service, without a push if there is none. Ids do not become file names."""
    identity = {"service": service, "kind": kind} | {name: document[name] for name in IDENTITY}
    path = home.receipts / kind / f"{_sha256(rfc8785.dumps(identity))[:32]}.json"
    try:
        pushes = json.loads(path.read_bytes())["pushes"]
        is_whole = all(isinstance(push["payload_sha256"], str) for push in pushes)
    except (OSError, ValueError, KeyError, TypeError):
        pushes, is_whole = [], True
    return Receipt(path, identity, pushes if is_whole else [])


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
