"""The provider's API on this machine, over real HTTP, answering from the provider's own published examples."""

import json
import sys
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from python_assets.bounded_http import Patience

EXAMPLES = json.loads((Path(__file__).parents[1] / "data" / "digitalocean" / "api_examples.json").read_text())
TOKEN = "dop_v1_0123456789abcdef-never-to-be-seen"
UUID = "22737513-0ea7-4206-8ceb-98a575af7681"
OLDER = "fdabb512-6faf-443c-ba2e-665452332a9e"
IN_HISTORY = "example-uuid"
MINE = "/v2/customers/my/"
IMPATIENT = Patience(repetitions=3, backoff_seconds=0.001, longest_wait_seconds=2, seconds_in_all=20)


def example(name: str) -> Any:
    """A published example, free to be changed."""
    return json.loads(json.dumps(EXAMPLES[name]["example"]))


@dataclass
class Answer:
    """What the server sends; `cut` leaves out the last bytes after promising them."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0


@dataclass
class FakeApi:
    """Three invoices of the examples: two in the list, one in the history alone. Pages hold `at_most` entries."""

    url: str = ""
    at_most: int = 200
    periods: dict[str, str] = field(default_factory=lambda: {UUID: "2019-12", OLDER: "2019-11", IN_HISTORY: "2018-05"})
    csv: bytes = EXAMPLES["invoice_csv"]["example"].encode()
    documents: dict[str, Any] = field(default_factory=lambda: {"balance": example("balance")})
    odd: defaultdict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    always: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)

    def then(self, path: str, *answers: Answer) -> None:
        """Gives these answers first to a path below /v2/customers/my/."""
        self.odd[path].extend(answers)

    def count(self, path: str = "") -> int:
        """How often a path was asked for; without one, all requests."""
        return sum(path in ("", asked) for asked, _, _ in self.asked)

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        if self.odd[path]:
            return self.odd[path].popleft()
        if path in self.always:
            return self.always[path]
        if path in self.documents:
            return _json(self.documents[path])
        if path == "invoices":
            return self._page(self.documents.get("all invoices") or self._invoices(), query)
        if path == "billing_history":
            return self._page(self.documents.get("all history") or self._history(), query)
        uuid, _, part = path.removeprefix("invoices/").partition("/")
        if uuid not in self.periods:
            return Answer(b'{"id": "not_found", "message": "no such invoice"}', 404)
        if part == "csv":
            return Answer(self.csv, headers={"Content-Type": "text/csv"})
        if part == "summary":
            return _json(example("invoice_summary") | {"invoice_uuid": uuid, "billing_period": self.periods[uuid]})
        return self._page(example("invoice"), query)

    def _invoices(self) -> dict[str, Any]:
        entries = example("invoices")["invoices"]
        assert [entry["invoice_uuid"] for entry in entries] == [UUID, OLDER]
        return example("invoices") | {"invoices": entries}

    def _history(self) -> dict[str, Any]:
        entries = example("billing_history")["billing_history"]
        assert [entry.get("invoice_uuid") for entry in entries] == [IN_HISTORY, None]
        return example("billing_history") | {"billing_history": entries}

    def _page(self, document: dict[str, Any], query: dict[str, str]) -> Answer:
        key = next(name for name in ("invoices", "billing_history", "invoice_items") if name in document)
        size, number = min(int(query.get("per_page", 20)), self.at_most), int(query.get("page", 1))
        entries = document[key]
        last = max(-(-len(entries) // size), 1)
        # As the API does: `next` is an address of its own, which must not be followed with the token.
        links = {"pages": {"next": "http://192.0.2.1/elsewhere?page=2"}} if number < last else {}
        page = entries[(number - 1) * size : number * size]
        return _json(document | {key: page, "links": links, "meta": {"total": len(entries)}})


def _json(document: Any) -> Answer:
    return Answer(json.dumps(document, indent=1).encode(), headers={"Content-Type": "application/json"})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        api: FakeApi = self.server.api
        parts = urlsplit(self.path)
        path = parts.path.removeprefix(MINE)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        api.asked.append((path, query, {name.lower(): value for name, value in self.headers.items()}))
        answer = api.answer(path, query)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Connection" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) - answer.cut])
        self.close_connection = bool(answer.cut) or "Connection" in answer.headers

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *request: Any) -> None:
        """Says nothing of a client that does not read to the end."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*request)


def server_of(api: FakeApi) -> ThreadingHTTPServer:
    """A server on a free port of 127.0.0.1, which `api.url` names then; not serving yet."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.api = api  # type: ignore[attr-defined]
    api.url = f"http://127.0.0.1:{server.server_port}"
    return server
