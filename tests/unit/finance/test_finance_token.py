"""Tokens are short-lived and one per request; they and the secret are shown nowhere."""

import logging
import warnings
from pathlib import Path

import dagster as dg
import jwt
import pytest
from support.finance_service import SECRET, FakeFinance

from orchestration.finance import FINANCE_PUSH, build_finance_push
from orchestration.resources import CloseSettings, locked_home
from python_assets.errors import UserError
from python_assets.finance import push
from python_assets.finance.service import FinanceService
from python_assets.home import Home

BILL = {"tenant_id": None, "source": "digitalocean", "external_id": "bill-1"}
# Both halves, so that a message that breaks or shortens it is found too.
PARTS = (SECRET[:16], SECRET[16:])
OUTAGES = (0, 301, 302, 400, 401, 403, 404, 422, 429, 500, 503, 599)


@pytest.fixture(autouse=True)
def _published(publish, environment):
    publish(payables=[BILL])


def secrets_of(service: FakeFinance) -> list[str]:
    """The secret, and each part of each token that was sent."""
    return [*PARTS, *(part for request in service.requests for part in request.token.split(".")[1:])]


def shown_in(text: str | bytes, service: FakeFinance) -> list[str]:
    text = text if isinstance(text, bytes) else text.encode()
    return [secret for secret in secrets_of(service) if secret.encode() in text]


def files_with_secrets(folder: Path, service: FakeFinance) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and shown_in(path.read_bytes(), service)]


def test_a_token_says_who_it_is_from_and_for_and_lasts_two_minutes(home, service):
    push(home)
    [request] = service.requests
    assert jwt.get_unverified_header(request.token)["alg"] == "HS256"
    assert (request.claims["iss"], request.claims["aud"]) == ("counterfoil", service.url)
    assert request.claims["exp"] - request.claims["iat"] == 120
    assert sorted(request.claims) == ["aud", "exp", "iat", "iss", "jti"]


def test_every_request_has_a_token_of_its_own_repetitions_too(home, service):
    service.first.extend([500, 500])
    push(home)
    assert len({request.claims["jti"] for request in service.requests}) == 3


@pytest.mark.parametrize("status", OUTAGES)
def test_no_outcome_log_output_or_receipt_shows_it(home, service, caplog, capfd, status):
    caplog.set_level(logging.DEBUG)
    service.always = status
    outcome = push(home)
    service.always = 409
    again = push(home)
    assert service.requests
    assert shown_in(repr(outcome) + outcome.note + repr(again) + str(again.as_metadata()), service) == []
    assert shown_in(caplog.text, service) == []
    assert shown_in("".join(capfd.readouterr()), service) == []
    assert list(home.receipts.rglob("*.json"))
    assert files_with_secrets(home.root, service) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://finance.example.com",
        "http://127.0.0.1.example.com",
        "https://me:hidden@finance.example.com",
        "http://127.0.0.1@example.com",
        "https://finance.example.com?key=hidden",
        "https://",
        "finance.example.com",
        "file:///etc/passwd",
        "ftp://127.0.0.1",
        "https://finance.example.com:port",
        "https://[",
        "https://finance\x01.example.com",
    ],
)
def test_it_is_not_sent_to_an_address_where_others_could_read_it(home, service, monkeypatch, url):
    monkeypatch.setenv("FINANCE_URL", url)
    [fault] = push(home).faults
    assert fault.startswith("FINANCE_URL ")
    assert "hidden" not in fault
    assert service.requests == []


@pytest.mark.parametrize("secret", ["short", "ä" * 20, "\udce4" * 40])
def test_any_secret_will_do_without_a_warning(service, secret):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FinanceService(service.url, secret)


def test_a_secret_that_is_a_key_of_another_kind_is_not_quoted():
    key = "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZI\n-----END PUBLIC KEY-----"
    with pytest.raises(UserError, match="FINANCE_JWT_SECRET cannot sign tokens") as raised:
        FinanceService("https://finance.example.com", key)
    assert "MFww" not in repr(raised.value)
    assert raised.value.__cause__ is None


def materialize(home: Home, instance: dg.DagsterInstance, **settings) -> dg.ExecuteInProcessResult:
    asset = build_finance_push(dg.MonthlyPartitionsDefinition(start_date="2026-04", fmt="%Y-%m", end_offset=12))
    return dg.materialize(
        [asset],
        partition_key="2026-04",
        instance=instance,
        resources={"home": locked_home(home), "close": CloseSettings(**settings)},
        raise_on_error=False,
    )


def shown(result: dg.ExecuteInProcessResult) -> tuple[dict, bool]:
    """Metadata of the asset, and whether its check passed."""
    [event] = result.asset_materializations_for_node("finance_push")
    [check] = result.get_asset_check_evaluations()
    assert event.asset_key == FINANCE_PUSH
    assert check.severity == dg.AssetCheckSeverity.WARN
    return {name: value.value for name, value in event.metadata.items()}, check.passed


@pytest.fixture
def instance(tmp_path):
    (tmp_path / "dagster").mkdir()
    quiet = {"telemetry": {"enabled": False}}
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster"), overrides=quiet) as instance:
        yield instance


def test_the_asset_shows_counts(home, service, instance, tmp_path):
    metadata, passed = shown(materialize(home, instance))
    assert passed
    assert {name: metadata[name] for name in ("pushed", "left")} == {"pushed": 1, "left": 0}
    assert files_with_secrets(tmp_path, service) == []


@pytest.mark.parametrize("status", [0, 401, 422, 500])
def test_a_push_that_fails_is_a_warning_and_no_failure(home, service, instance, tmp_path, capfd, status):
    service.always = status
    result = materialize(home, instance)
    assert result.success
    metadata, passed = shown(result)
    assert not passed
    assert (metadata["pushed"], metadata["left"]) == (0, 1)
    assert "the service" in metadata["outcome"]
    assert files_with_secrets(tmp_path, service) == []
    assert shown_in("".join(capfd.readouterr()), service) == []


def test_a_skip_is_seen(home, service, instance, monkeypatch):
    for settings, told in (({"draft": True}, "a run for drafts"), ({"through": "2026-05"}, "pushed with 2026-05")):
        metadata, passed = shown(materialize(home, instance, **settings))
        assert (told in metadata["outcome"], passed) == (True, True)
    monkeypatch.delenv("FINANCE_URL")
    monkeypatch.delenv("FINANCE_JWT_SECRET")
    metadata, passed = shown(materialize(home, instance))
    assert ("are not set" in metadata["outcome"], passed) == (True, True)
    assert service.requests == []
