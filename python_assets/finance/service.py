"""The accounting service: one document handed over, with a token of its own. The only place that holds the secret.

A document is POSTed to `<FINANCE_URL>/payables` or `/receivables` as canonical JSON (RFC 8785) with the headers
`Authorization: Bearer <JWT>` and `Idempotency-Key`. The service must take the same key as the same document, and book a
document once per (tenant_id, source, external_id). Any 2xx answer means that it has it, 409 that it had it before.
Repeating, with backoff and `Retry-After`, is httpx-retries'. No message quotes an answer: it may hold the token.
"""

import logging
import os
import uuid
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import httpx
import jwt
from httpx_retries import Retry, RetryTransport
from jwt.warnings import InsecureKeyLengthWarning

from python_assets.addresses import checked_address
from python_assets.errors import UserError

URL, SECRET = "FINANCE_URL", "FINANCE_JWT_SECRET"
ISSUER = "counterfoil"
_TOKEN_LIFETIME = timedelta(minutes=2)
_TIMEOUT = httpx.Timeout(30, connect=10)  # seconds
_WORTH_ANOTHER_TRY = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)


@dataclass(frozen=True)
class Patience:
    """How often one push is repeated, and how many seconds are waited in between, at a time and in all."""

    repetitions: int = 4
    backoff_seconds: float = 0.5
    longest_wait_seconds: float = 30
    seconds_in_all: float = 60


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
        patience = patience or PATIENCE
        for library in ("httpx", "httpcore", "httpx_retries"):  # they log what the service says, which may be the token
            logging.getLogger(library).setLevel(logging.WARNING)
        retry = Retry(
            total=patience.repetitions,
            allowed_methods=["POST"],
            status_forcelist=_WORTH_ANOTHER_TRY,
            backoff_factor=patience.backoff_seconds,
            max_backoff_wait=patience.longest_wait_seconds,
            total_timeout=patience.seconds_in_all,
        )
        transport = RetryTransport(_Signed(_Signature(secret, self.address)), retry)
        try:
            self._client = httpx.Client(base_url=self.address, transport=transport, timeout=_TIMEOUT)
        except httpx.InvalidURL:
            raise UserError(f"{URL} is no address") from None

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
            with self._client.stream("POST", f"/{kind}", content=body, headers=headers) as response:
                status = response.status_code
                with suppress(httpx.HTTPError):
                    response.read()  # only so that the connection can be used again
        except httpx.TimeoutException:
            raise Unavailable("the service did not answer in time") from None
        except (httpx.HTTPError, OSError) as error:
            raise Unavailable(f"the service cannot be reached or broke off{_reason(error)}") from None
        if status == HTTPStatus.CONFLICT or HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return HTTPStatus.CONFLICT if status == HTTPStatus.CONFLICT else HTTPStatus.OK
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Unavailable(f"the service does not accept what {SECRET} signs ({status})")
        if status < HTTPStatus.BAD_REQUEST or status in _WORTH_ANOTHER_TRY or status > HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"the service answered {status}{_phrase(status)}")
        raise Refused(f"the service answered {status}{_phrase(status)}")


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


class _Signed(httpx.HTTPTransport):
    """Sends each request, repeated ones too, with a new token. Proxies and netrc of the environment are not used."""

    def __init__(self, signature: _Signature):
        super().__init__()
        self._signature = signature

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Authorization"] = f"Bearer {self._signature.token()}"
        return super().handle_request(request)


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""


def _reason(error: BaseException) -> str:
    """What the operating system said, from the innermost exception that has it."""
    said = ""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, OSError) and cause.strerror:
            said = f": {cause.strerror}"
        cause = cause.__cause__ or cause.__context__
    return said
