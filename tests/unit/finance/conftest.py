"""A home with published documents, and an accounting service that answers on this machine."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.finance_service import IMPATIENT, SECRET, FakeFinance, serving

from python_assets.finance import service as service_module
from python_assets.home import Home


@pytest.fixture
def service() -> Iterator[FakeFinance]:
    with serving() as fake:
        yield fake


@pytest.fixture
def environment(service: FakeFinance, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service as runs find it."""
    monkeypatch.setenv("FINANCE_URL", service.url)
    monkeypatch.setenv("FINANCE_JWT_SECRET", SECRET)
    monkeypatch.setattr(service_module, "PATIENCE", IMPATIENT)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "home" / "published" / "exports").mkdir(parents=True)
    return Home(tmp_path / "home")


Publish = Callable[..., None]


@pytest.fixture
def publish(home: Home) -> Publish:
    """Writes a month's documents where a publication has them."""

    def write(period: str = "2026-04", payables: Any = (), receivables: Any = ()) -> None:
        folder = home.published / "exports" / f"period={period}"
        folder.mkdir(exist_ok=True)
        (folder / "payables.json").write_text(json.dumps(list(payables)))
        (folder / "receivables.json").write_text(json.dumps(list(receivables)))

    return write
