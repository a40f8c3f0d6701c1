"""An accounting service on this machine, over real HTTP: it checks tokens and books a document once per key."""

import json
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt

from python_assets.bounded_http import Patience

SECRET = "0123456789abcdef-never-to-be-seen-anywhere"
IMPATIENT = Patience(repetitions=3, backoff_seconds=0.001, longest_wait_seconds=0.05, seconds_in_all=1)


@dataclass
class Request:
    """One request as it came, and the claims of its token."""

    path: str
    key: str
    token: str
    claims: dict[str, Any]
    document: dict[str, Any]


@dataclass
class FakeFinance:
    """Answers 201 for a new key, 200 for one that it knows; first, or always, what a test says instead.

    A status of 0 breaks the connection off without an answer; -1 after the document was booked.
    """

    url: str = ""
    first: deque[int] = field(default_factory=deque)
    always: int | None = None
    refused: dict[str, int] = field(default_factory=dict)  # external id to status
    requests: list[Request] = field(default_factory=list)
    booked: dict[str, dict[str, Any]] = field(default_factory=dict)  # by key

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> int:
        token = headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience=self.url, options={"verify_exp": True})
        key, document = headers["idempotency-key"], json.loads(body)
        self.requests.append(Request(path, key, token, claims, document))
        status = self.first.popleft() if self.first else self.always
        status = self.refused.get(document["external_id"], status)
        if status not in (None, -1):
            return status
        is_new = key not in self.booked
        assert is_new or self.booked[key] == document, "one key for two documents"
        self.booked[key] = document
        return status or (201 if is_new else 200)

    @property
    def books(self) -> list[str]:
        """External ids in the order in which they were booked."""
        return [document["external_id"] for document in self.booked.values()]

    def asked_for(self, external_id: str) -> list[Request]:
        return [request for request in self.requests if request.document["external_id"] == external_id]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers["content-length"]))
        try:
            status = self.server.service.answer(self.path, headers, body)
        except jwt.PyJWTError:
            status = 401
        if status <= 0:
            self.close_connection = True
            return
        # The worst that a service can do with a token: to say it wherever it can.
        echo = headers["authorization"]
        self.send_response(status, echo if status != 200 else None)
        for name, value in {"X-Echo": echo, "WWW-Authenticate": echo, "Content-Length": str(len(echo))}.items():
            self.send_header(name, value)
        if status in (301, 302, 307, 308):
            self.send_header("Location", f"{self.server.service.url}/elsewhere")
        self.end_headers()
        self.wfile.write(echo.encode())

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *request: Any) -> None:
        """Says nothing of a client that does not read to the end."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*request)


@contextmanager
def serving() -> Iterator[FakeFinance]:
    """A service on a free port of 127.0.0.1, in a thread."""
    service = FakeFinance()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.service = service  # type: ignore[attr-defined]
    service.url = f"http://127.0.0.1:{server.server_port}/api"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
