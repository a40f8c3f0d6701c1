"""A provider that answers on this machine, and an empty home."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.fake_provider import IMPATIENT, TOKEN, FakeApi, server_of

from python_assets.digitalocean import Provider
from python_assets.digitalocean import client as client_module
from python_assets.home import Home


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    fake = FakeApi()
    server = server_of(fake)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def provider(api: FakeApi) -> Iterator[Provider]:
    with Provider(TOKEN, api.url, IMPATIENT) as provider:
        yield provider


@pytest.fixture
def environment(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """The API as commands and assets find it."""
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", TOKEN)
    monkeypatch.setenv("DIGITALOCEAN_API_URL", api.url)
    monkeypatch.setattr(client_module, "PATIENCE", IMPATIENT)
    return api


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "home" / "landing").mkdir(parents=True)
    return Home(tmp_path / "home")


@pytest.fixture
def landed(home: Home) -> Callable[[], list[str]]:
    """All files in the landing, hidden ones too."""

    def files() -> list[str]:
        return sorted(str(path.relative_to(home.landing)) for path in home.landing.rglob("*") if path.is_file())

    return files
