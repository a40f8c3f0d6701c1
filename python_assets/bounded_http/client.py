"""HTTP requests whose answers are bounded: in seconds as a whole, and in bytes after decompression.

A timeout of an HTTP library bounds the wait for the next byte, so a server that sends a byte now and then holds its
client for ever. Here one deadline covers everything: connecting, TLS, headers, body, and the waits between repetitions.
Only the look-up of a name is left to the resolver and its own timeouts. A body is read only where it is needed.
Redirects are not followed, and no error quotes what a server said: it may hold the token.
"""

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import count
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from python_assets.bounded_http.body import read_body
from python_assets.bounded_http.network import Deadline, Network
from python_assets.bounded_http.outcomes import (
    WORTH_ANOTHER_TRY,
    Answer,
    BrokenOff,
    TooLarge,
    TooSlow,
    Unanswered,
    Unreachable,
)
from python_assets.errors import UserError


@dataclass(frozen=True)
class Patience:
    """How long a request may take, in seconds, and how often it is repeated.

    `seconds_in_all` bounds all attempts and the waits in between, `seconds_per_attempt` each attempt. The first
    repetition follows at once, the n-th after `backoff_seconds` times 2 to the power of n - 1, unless the server says
    how long; if it asks for more than `longest_wait_seconds`, the request is not repeated.
    """

    repetitions: int = 4
    repetitions_to_connect: int = 4
    backoff_seconds: float = 0.5
    longest_wait_seconds: float = 30
    seconds_to_connect: float = 10
    seconds_per_attempt: float = 30
    seconds_in_all: float = 60


class HttpClient:
    """Requests to one server; to be closed. For use by one thread at a time."""

    def __init__(
        self,
        address: str,
        patience: Patience,
        authorization: Callable[[], str],
        uses_proxy: bool = False,
        reset_header: str | None = None,
    ):
        """`authorization` is called for each attempt. `uses_proxy` takes the proxy that the environment names.

        `reset_header` names a header that says, with status 429, at which epoch second the limit ends. UserError if
        the proxy cannot be used.
        """
        logging.getLogger("httpcore").setLevel(logging.WARNING)  # it logs headers, which may hold the token
        self._address = address
        self._patience = patience
        self._authorization = authorization
        self._reset_header = reset_header
        self._network = Network()
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            proxy=_proxy_for(_url(address)) if uses_proxy else None,
            network_backend=self._network,
        )

    def __enter__(self) -> "HttpClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._pool.close()

    def deadline(self) -> Deadline:
        """A new deadline as patience has it, for one request or for several together."""
        return Deadline(self._patience.seconds_in_all)

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        most_bytes: int = 0,
        fault_of: Callable[[bytes], str | None] = lambda _: None,
        deadline: Deadline | None = None,
    ) -> Answer:
        """Sends a request and repeats it as patience has it; the last answer, or Unanswered.

        The body of an answer 200 is read if `most_bytes` is given, which it must not exceed; no other body is. Content
        with a fault (`fault_of`) makes the request be repeated too.
        """
        deadline = deadline or self.deadline()
        url = _url(self._address + path, query)
        for repetitions in count():
            outcome = self._attempt(deadline, method, url, headers or {}, content, most_bytes, fault_of)
            if not self._is_worth_repeating(outcome, repetitions):
                break
            pause = self._pause(outcome, repetitions)
            if pause >= deadline.seconds_left:
                break
            time.sleep(pause)
        if isinstance(outcome, Unanswered):
            raise outcome
        return outcome

    def _is_worth_repeating(self, outcome: Answer | Unanswered, repetitions: int) -> bool:
        patience = self._patience
        if isinstance(outcome, TooLarge):
            return False
        if isinstance(outcome, Unreachable):
            return repetitions < min(patience.repetitions, patience.repetitions_to_connect)
        if isinstance(outcome, Answer):
            if not outcome.fault and outcome.status not in WORTH_ANOTHER_TRY:
                return False
            if (outcome.wait_seconds or 0) > patience.longest_wait_seconds:
                return False
        return repetitions < patience.repetitions

    def _pause(self, outcome: Answer | Unanswered, repetitions: int) -> float:
        if isinstance(outcome, Answer) and outcome.wait_seconds:
            return outcome.wait_seconds
        backoff = self._patience.backoff_seconds * 2**repetitions if repetitions else 0
        return min(backoff, self._patience.longest_wait_seconds)

    def _attempt(
        self,
        deadline: Deadline,
        method: str,
        url: httpcore.URL,
        headers: Mapping[str, str],
        content: bytes,
        most_bytes: int,
        fault_of: Callable[[bytes], str | None],
    ) -> Answer | Unanswered:
        """One request. Its failure is returned, so that no exception carries what the server said along."""
        if deadline.seconds_left <= 0:
            return TooSlow()
        sent = {
            "User-Agent": "counterfoil",
            "Accept-Encoding": "identity",
            "Authorization": self._authorization(),
            **headers,
        }
        self._network.deadline = deadline.at_most(self._patience.seconds_per_attempt)
        extensions = {"timeout": {"connect": self._patience.seconds_to_connect}}
        try:
            with self._pool.stream(
                method, url, headers=list(sent.items()), content=content or None, extensions=extensions
            ) as response:
                received = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
                wait = self._wait_seconds(response.status, received)
                if response.status != HTTPStatus.OK or not most_bytes:
                    return Answer(response.status, wait_seconds=wait)
                body, fault = read_body(response.iter_stream(), received.get("content-encoding", ""), most_bytes)
        except Unanswered as error:
            return error
        except httpcore.ConnectTimeout:
            return Unreachable(": timed out")
        except (httpcore.ConnectError, httpcore.ProxyError) as error:
            return Unreachable(_reason(error))
        except httpcore.TimeoutException:
            return TooSlow()
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            return BrokenOff(_reason(error))
        return Answer(HTTPStatus.OK, body, fault or fault_of(body))

    def _wait_seconds(self, status: int, headers: Mapping[str, str]) -> float | None:
        told = headers.get("retry-after", "").strip()
        if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", told):
            return float(told)
        try:
            if told:
                return max(0.0, (_instant(told) - datetime.now(UTC)).total_seconds())
            if status == HTTPStatus.TOO_MANY_REQUESTS and self._reset_header in headers:
                wait = float(headers[self._reset_header]) - time.time()
                return max(0.0, wait) if wait < float("inf") else None
        except (ValueError, OverflowError):
            pass
        return None


def _url(address: str, query: Mapping[str, str | int] | None = None) -> httpcore.URL:
    url = httpx.URL(address, params=query) if query else httpx.URL(address)
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _instant(text: str) -> datetime:
    instant = parsedate_to_datetime(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _proxy_for(url: httpcore.URL) -> httpcore.Proxy | None:
    """The proxy that the environment names for an address (HTTPS_PROXY, NO_PROXY and the like), if any."""
    scheme, host = url.scheme.decode(), url.host.decode()
    proxies = getproxies()
    address = proxies.get(scheme) or proxies.get("all")
    if not address or proxy_bypass(host):
        return None
    try:
        proxy = httpx.URL(address if "://" in address else f"http://{address}")
    except httpx.InvalidURL:
        raise UserError(f"the proxy that the environment names for {scheme} has no address that can be one") from None
    if proxy.scheme not in ("http", "https"):
        raise UserError(f"the proxy that the environment names for {scheme} is no HTTP proxy")
    auth = (proxy.username, proxy.password) if proxy.username or proxy.password else None
    return httpcore.Proxy(_url(str(proxy.copy_with(userinfo=b""))), auth=auth)


def _reason(error: BaseException) -> str:
    """What the operating system said, from the innermost exception that has it, behind a colon."""
    said = ""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, OSError) and cause.strerror:
            said = f": {cause.strerror}"
        cause = cause.__cause__ or cause.__context__
    return said
