"""Which requests the UI refuses: those that a page of another site could have a browser send."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket

from orchestration.ui.guard import Guard

UI = "http://127.0.0.1:3000"
JSON = {"Content-Type": "application/json"}
MUTATION = "mutation{launchRun{__typename}}"
FOLLOWED_LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


async def answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse("reached")


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("reached")
    await websocket.close()


# As Dagster's webserver has them.
ROUTES = [
    Route("/graphql", answer, methods=["GET", "POST"]),
    WebSocketRoute("/graphql", talk),
    Route("/{path:path}", answer, methods=["GET", "POST"]),
]


@pytest.fixture
def client() -> TestClient:
    return client_of()


def client_of(*allowed_hosts: str) -> TestClient:
    return TestClient(Guard(Starlette(routes=ROUTES), allowed_hosts), base_url=UI)


def refused(response) -> str:
    """The sentence of a refusal."""
    assert response.status_code == 403
    assert response.headers["Content-Type"].startswith("text/plain")
    assert response.text.endswith(".\n")
    assert response.text.count("\n") == 1
    return response.text


@pytest.mark.parametrize("host", ["127.0.0.1:3000", "localhost:3000", "LOCALHOST:8080", "[::1]:3000", "127.0.0.1"])
def test_the_uis_own_pages_may_read_and_launch(client, host):
    own = {"Host": host, "Origin": f"http://{host.lower()}", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/graphql", headers=own | JSON, json={"query": MUTATION}).text == "reached"
    assert client.get("/assets", headers={"Host": host, "Sec-Fetch-Site": "none"}).text == "reached"
    with client.websocket_connect("/graphql", headers=own) as websocket:
        assert websocket.receive_text() == "reached"


def test_programs_send_json(client):
    assert client.post("/graphql", json={"query": MUTATION}).text == "reached"
    typed = {"Content-Type": "application/json; charset=utf-8"}
    assert client.post("/graphql", headers=typed, content=b"{}").text == "reached"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/graphql", "/graphql%0A"])
def test_graphql_is_not_sent_by_get(client, method, path):
    response = client.request(method, path, params={"query": MUTATION})
    assert response.status_code == 403
    if method == "GET":
        assert "must be sent with POST" in refused(response)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:3000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "evil.example/127.0.0.1",
        "0.0.0.0:3000",
        "127.0.0.1:3000:3000",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/graphql", "/logs/x/y.err", "/static.js"])
def test_a_foreign_host_reads_and_launches_nothing(client, host, path):
    assert "allowed_hosts" in refused(client.get(path, headers={"Host": host} | FOLLOWED_LINK))
    own = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    assert "allowed_hosts" in refused(client.post(path, headers=own | JSON, json={"query": MUTATION}))


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://127.0.0.1:3001",
        "http://127.0.0.1:3001",
        "http://127.0.0.1",
        "http://localhost:3000",
        "null",
        "file://",
        "file://127.0.0.1:3000",
        "http://127.0.0.1:3000.evil.example",
        "127.0.0.1:3000",
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/x"])
def test_a_foreign_origin_launches_and_reports_nothing(client, origin, path):
    assert "may not use the UI" in refused(client.post(path, headers={"Origin": origin} | JSON, content=b"{}"))
    assert "may not use the UI" in refused(client.get("/server_info", headers={"Origin": origin}))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "something-new"])
@pytest.mark.parametrize("mode", ["no-cors", "cors", "navigate"])
def test_a_page_elsewhere_reads_and_launches_nothing_even_without_an_origin(client, site, mode):
    elsewhere = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": "iframe"}
    for path in ("/", "/assets", "/graphql", "/logs/x/y.err", "/download_debug/x"):
        refused(client.get(path, headers=elsewhere))
        refused(client.post(path, headers=elsewhere | JSON, content=b"{}"))
    refused(client.options("/graphql", headers=elsewhere))


@pytest.mark.parametrize(
    "media_type",
    [
        None,
        "text/plain",
        "text/plain;charset=UTF-8",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json",
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/x", "/report_asset_check/x"])
def test_what_a_form_can_send_is_refused_even_from_a_browser_that_says_nothing_of_its_page(client, media_type, path):
    typed = {"Content-Type": media_type} if media_type else {}
    response = client.post(path, params={"query": MUTATION}, headers=typed, content=b'{"query": "mutation{x}"}')
    assert "application/json" in refused(response)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:3001"},
        {"Origin": "null"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "same-site"},
        FOLLOWED_LINK,
    ],
)
def test_a_websocket_of_a_page_elsewhere_is_not_opened(client, headers):
    with pytest.raises(WebSocketDenialResponse) as denied, client.websocket_connect("/graphql", headers=headers):
        pass
    assert denied.value.status_code == 403


def test_a_link_or_bookmark_leads_to_pages_only(client):
    assert client.get("/", headers=FOLLOWED_LINK).text == "reached"
    assert client.get("/runs/some-run", headers=FOLLOWED_LINK).text == "reached"
    for path in ("/graphql", "/logs/x/y.err", "/download_debug/x", "/notebook", "/dagit/notebook", "/server_info"):
        refused(client.get(path, headers=FOLLOWED_LINK))
    refused(client.post("/runs/some-run", headers=FOLLOWED_LINK | JSON, content=b"{}"))
    refused(client.get("/", headers=FOLLOWED_LINK | {"Sec-Fetch-Dest": "iframe"}))


def test_no_page_elsewhere_shows_the_ui_in_a_frame(client):
    assert client.get("/").headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("host", ["billing.example.com", "Billing.Example.com:443", "127.0.0.1:3000"])
def test_a_proxy_may_offer_the_ui_and_may_keep_its_name_or_not(host):
    client = client_of("BILLING.example.com")
    own = {"Host": host, "Origin": "https://billing.example.com", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/graphql", headers=own | JSON, content=b"{}").text == "reached"
    for elsewhere in ("https://billing.example.com:8443", "https://example.com", "https://x.billing.example.com"):
        refused(client.post("/graphql", headers=own | JSON | {"Origin": elsewhere}, content=b"{}"))


def test_a_port_of_a_proxy_is_part_of_its_name():
    client = client_of("billing.example.com:8443")
    assert client.get("/", headers={"Host": "billing.example.com:8443"}).text == "reached"
    refused(client.get("/", headers={"Host": "billing.example.com"}))


def test_two_hosts_are_none(client):
    two = [("Host", "127.0.0.1:3000"), ("Host", "evil.example")]
    refused(client.get("/", headers=two))
    refused(client.get("/", headers=[two[1], two[0]]))
    refused(client.get("/", headers=[("Host", "127.0.0.1:3000"), ("Host", "127.0.0.1:3000")]))
