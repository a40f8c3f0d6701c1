"""The UI in a browser that also has pages of other sites open: they launch nothing, and the UI itself works."""

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from support.browser import open_browser
from support.ui import Ui, serving_ui
from support.worlds import EXAMPLES

ATTACKS = Path(__file__).parents[1] / "support" / "attacks.js"
# The last one resolves to this machine, as the names of an attacker may.
ELSEWHERE = ("127.0.0.1", "localhost", "evil.example")
RUNS = "{ runsOrError { ... on Runs { results { id } } } }"
REPORTED = '{ assetOrError(assetKey: {path: ["reported"]}) { ... on Asset { assetMaterializations { timestamp } } } }'
LAUNCH = """
    mutation($config: RunConfigData!) {
        launchRun(executionParams: {
            selector: {
                repositoryLocationName: "orchestration.definitions"
                repositoryName: "__repository__"
                jobName: "monthly_close"
            }
            runConfigData: $config
            executionMetadata: {tags: [{key: "dagster/partition", value: "2026-03"}]}
        }) {
            __typename
            ... on RunConfigValidationInvalid { errors { message } }
        }
    }
"""


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """The UI of the example home without its daemon, so that a run that is launched stays queued."""
    home = Path(shutil.copytree(EXAMPLES, tmp_path_factory.mktemp("ui") / "home"))
    with serving_ui(home, "--no-daemon") as ui:
        yield ui


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser("--host-resolver-rules=MAP evil.example 127.0.0.1") as opened:
        yield opened


@pytest.fixture(scope="module")
def other_port() -> Iterator[int]:
    """Where another site is served: an empty page that knows the attacks."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><body><script>{ATTACKS.read_text()}</script>".encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(60_000)
    yield page
    page.close()


def runs(ui: Ui) -> int:
    return len(ui.ask(RUNS)["results"])


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_a_page_elsewhere_launches_reports_and_opens_nothing(
    ui: Ui, page: Page, other_port: int, elsewhere: str
) -> None:
    page.goto(f"http://{elsewhere}:{other_port}/")
    for attack in page.evaluate("Object.keys(attacks)"):
        page.evaluate("([attack, ui]) => attacks[attack](ui).then(() => {})", [attack, ui.url])
        assert runs(ui) == 0, f"{attack} launched a run"
    assert ui.ask(REPORTED)["assetMaterializations"] == []
    assert page.evaluate("ui => opensWebSocket(ui)", ui.url) is False


def test_a_name_of_an_attacker_that_leads_here_shows_nothing(ui: Ui, page: Page) -> None:
    answer = page.goto(f"http://evil.example:{ui.port}/")
    assert answer is not None
    assert answer.status == 403
    assert "evil.example" in answer.text()
    page.add_script_tag(content=ATTACKS.read_text())
    # To the browser, these come from a page of the same site.
    for attack in page.evaluate("Object.keys(attacks)"):
        page.evaluate("attack => attacks[attack](location.origin).then(() => {})", attack)
    assert runs(ui) == 0
    assert page.evaluate("opensWebSocket(location.origin)") is False


def test_a_followed_link_opens_the_ui_and_its_own_pages_work(ui: Ui, page: Page, other_port: int) -> None:
    page.goto(f"http://evil.example:{other_port}/")
    page.evaluate("ui => { document.body.innerHTML = `<a href='${ui}/assets'>assets</a>` }", ui.url)
    page.click("text=assets")
    page.wait_for_url(f"{ui.url}/**")
    page.get_by_text("published").first.wait_for()

    page.add_script_tag(content=ATTACKS.read_text())
    assert page.evaluate("opensWebSocket(location.origin)") is True
    before = runs(ui)
    assert page.evaluate("launch()") == "LaunchRunSuccess"
    assert runs(ui) == before + 1


def test_a_run_that_chooses_its_folder_is_not_launched(ui: Ui, tmp_path: Path) -> None:
    before = runs(ui)
    for resource, setting in (("home", "root"), ("unlocked_home", "root"), ("io_manager", "base_dir")):
        config = {"resources": {resource: {"config": {setting: str(tmp_path)}}}}
        answer = ui.ask(LAUNCH, config=config)
        assert answer["__typename"] == "RunConfigValidationInvalid"
        assert setting in answer["errors"][0]["message"]
    assert runs(ui) == before


def test_an_interrupt_ends_every_process(ui: Ui) -> None:
    assert ui.interrupt() == 0
    assert ui.is_gone(within_seconds=30)
