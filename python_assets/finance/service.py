"""The accounting service: one document handed over, with a token of its own. The only place that holds the secret.

A document is POSTed to `<FINANCE_URL>/payables` or `/receivables` as canonical JSON (RFC 8785) with the headers
`Authorization: Bearer <JWT>` and `Idempotency-Key`. The service must take the same key as the same document, and book a
document once per (tenant_id, source, external_id). Any 2xx answer means that it has it, 409 that it had it before.
No body is read, since the status says all, and no message quotes an answer: it may hold the token.
"""

import os
import uuid
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import jwt
from jwt.warnings import InsecureKeyLengthWarning

from python_assets.addresses import checked_address
from python_assets.bounded_http import WORTH_ANOTHER_TRY, HttpClient, Patience, TooSlow, Unanswered, phrase
from python_assets.errors import UserError

URL, SECRET = "FINANCE_URL", "FINANCE_JWT_SECRET"
ISSUER = "counterfoil"
_TOKEN_LIFETIME = timedelta(minutes=2)
PATIENCE = Patience()


class Refused(Exception):
    """The service does not take this document; it may take others."""


class Unavailable(Exception):
    """The service takes no document now: not reached, out of order, or it does not accept the token."""


class FinanceService:
    """A service at an address; to be closed."""

    def __init__(self, url: str, secret: str, patience: Patience | None = None):
        """Takes https, or http on this machine itself; UserError for others and for a secret that cannot sign."""
        self.address = checked_address(url, URL, "https://finance.example.com/api")
        signature = _Signature(secret, self.address)
        self._client = HttpClient(self.address, patience or PATIENCE, lambda: f"Bearer {signature.token()}")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "FinanceService | None":
        """The service at FINANCE_URL with the secret in FINANCE_JWT_SECRET; None if neither is set."""
        url, secret = environment.get(URL, "").strip(), environment.get(SECRET, "")
        if not url and not secret.strip():
            return None
        if not url or not secret.strip():
            there, lacking = (URL, SECRET) if url else (SECRET, URL)
            raise UserError(f"{there} is set and {lacking} is not; set both to push, or none")
        return cls(url, secret)

    def __enter__(self) -> "FinanceService":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def hand_over(self, kind: str, body: bytes, idempotency_key: str) -> HTTPStatus:
        """Pushes one document; CONFLICT if the service had it before. Refused, Unavailable."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}
        try:
            status = self._client.ask("POST", f"/{kind}", headers=headers, content=body).status
        except TooSlow:
            raise Unavailable("the service did not answer in time") from None
        except Unanswered as failure:
            raise Unavailable(f"the service cannot be reached or broke off{failure}") from None
        if status == HTTPStatus.CONFLICT or HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return HTTPStatus.CONFLICT if status == HTTPStatus.CONFLICT else HTTPStatus.OK
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Unavailable(f"the service does not accept what {SECRET} signs ({status})")
        if status < HTTPStatus.BAD_REQUEST or status in WORTH_ANOTHER_TRY or status > HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"the service answered {status}{phrase(status)}")
        raise Refused(f"the service answered {status}{phrase(status)}")


class _Signature:
    """Makes tokens; shows nothing of its secret."""

    def __init__(self, secret: str, audience: str):
        self._secret = secret.encode("utf-8", "surrogateescape")
        self._audience = audience
        try:
            self.token()
        except jwt.PyJWTError:
            raise UserError(f"{SECRET} cannot sign tokens: it must be a secret, no key of another kind") from None

    def token(self) -> str:
        """A new token: HS256, good for two minutes at this service."""
        now = datetime.now(UTC)
        claims = {
            "iss": ISSUER,
            "aud": self._audience,
            "iat": now,
            "exp": now + _TOKEN_LIFETIME,
            "jti": uuid.uuid4().hex,
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureKeyLengthWarning)  # the README asks for 32 bytes
            return jwt.encode(claims, self._secret, algorithm="HS256")
