"""The token goes to the API in one header, and nowhere else: no file, log, message, traceback or metadata."""

import json
import logging
import subprocess
import sys
import traceback
from pathlib import Path

import dagster as dg
import pytest
from support.fake_provider import IMPATIENT, TOKEN, UUID, Answer
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.jobs import provider_jobs
from orchestration.provider import BALANCE, INVOICES, build_provider_assets
from orchestration.resources import unlocked_home
from python_assets.digitalocean import Provider, fetch_invoices
from python_assets.errors import UserError

# Both halves, so that a message that breaks or shortens it is found too.
PARTS = (TOKEN[:20], TOKEN[20:])
ECHO = {"WWW-Authenticate": f"Bearer {TOKEN}", "X-Token": TOKEN, "Connection": "close"}
# Every way for a question to fail, each with the token in all that the server says.
FAILURES = {
    "401": Answer(TOKEN.encode(), 401, ECHO),
    "403": Answer(TOKEN.encode(), 403, ECHO),
    "404": Answer(json.dumps({"message": TOKEN}).encode(), 404, ECHO),
    "429": Answer(TOKEN.encode(), 429, ECHO | {"Retry-After": "9999"}),
    "500": Answer(TOKEN.encode(), 500, ECHO),
    "302": Answer(TOKEN.encode(), 302, ECHO | {"Location": f"http://127.0.0.1:9/{TOKEN}"}),
    "no JSON": Answer(TOKEN.encode(), 200, ECHO),
    "broken": Answer(TOKEN.encode(), 200, cut=5),
}


def holds_token(text: str | bytes) -> bool:
    text = text if isinstance(text, bytes) else text.encode()
    return any(part.encode() in text for part in PARTS)


def files_with_token(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and holds_token(path.read_bytes())]


def test_the_token_is_sent_as_a_bearer_token_whatever_netrc_says(home, provider, api, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    fetch_invoices(home, provider)
    provider.balance()
    assert {headers["authorization"] for _, _, headers in api.asked} == {f"Bearer {TOKEN}"}
    assert not any(holds_token(path) or holds_token(str(query)) for path, query, _ in api.asked)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("path", ["invoices", f"invoices/{UUID}/csv"])
def test_no_message_traceback_or_log_holds_it(home, provider, api, caplog, capfd, path, failure):
    caplog.set_level(logging.DEBUG)
    api.always[path] = FAILURES[failure]
    with pytest.raises(UserError) as raised:
        fetch_invoices(home, provider)
    assert not holds_token("".join(traceback.format_exception(raised.value)))
    assert not holds_token(repr(raised.value) + repr(raised.value.__context__) + repr(raised.value.__cause__))
    assert not holds_token(caplog.text)
    assert not holds_token("".join(capfd.readouterr()))
    assert files_with_token(home.root) == []
    logged = {record.name.partition(".")[0] for record in caplog.records}
    assert not logged & {"httpcore", "httpx"}  # their log has the headers of answers


@pytest.mark.parametrize("token", ["a b", "a\nb", "a\x7fb", "ä", "a\x00b", "a\r\nX-Other: 1", "\ud800"])
def test_a_token_that_no_header_can_hold_is_not_quoted(token):
    with pytest.raises(UserError, match="has characters that no token has") as raised:
        Provider(token)
    assert token not in str(raised.value)


def test_blanks_around_a_token_do_no_harm(api):
    with Provider(f" {TOKEN}\n", api.url, IMPATIENT) as provider:
        provider.balance()
    assert api.asked[0][2]["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.digitalocean.com",
        "http://127.0.0.1.example.com",
        "https://me:secret@api.digitalocean.com",
        "http://127.0.0.1@example.com",
        "https://",
        "api.digitalocean.com",
        "file:///etc/passwd",
        "https://api.digitalocean.com:port",
        "https://api.digitalocean.com?token=secret",
        "https://[",
    ],
)
def test_it_is_not_sent_to_an_address_where_others_could_read_it(url):
    with pytest.raises(UserError, match="DIGITALOCEAN_API_URL must be an address such as") as raised:
        Provider(TOKEN, url)
    assert "secret" not in str(raised.value)


def fetch(home, *options: str):
    return CliRunner().invoke(app, ["fetch", "digitalocean", "--home", str(home.root), *options])


def test_command_says_what_it_did(home, environment, landed):
    first, second = fetch(home), fetch(home)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "3 issued, 0 already there, 3 fetched" in first.output
    assert f"2019-12  {UUID}" in first.output
    assert "3 issued, 3 already there, 0 fetched" in second.output
    assert len(landed()) == 10
    assert not holds_token(first.output + second.output)


def test_command_in_json(home, environment):
    result = fetch(home, "--json")
    document = json.loads(result.stdout)
    assert document["balance"]["captured_at"] == "2019-07-09 15:01:12+00:00"
    assert document["balance"]["is_new"] is True
    assert (document["invoices"]["found"], document["invoices"]["present"]) == (3, 0)
    newest = document["invoices"]["fetched"][0]
    assert (newest["invoice_uuid"], newest["period"]) == (UUID, "2019-12-01")
    assert all(Path(file).is_file() for file in newest["files"])


@pytest.mark.parametrize("failure", FAILURES)
def test_command_fails_with_a_message_and_status_1(home, environment, failure):
    environment.always["invoices"] = FAILURES[failure]
    result = fetch(home, "--json")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.startswith("counterfoil: ")
    assert "Traceback" not in result.output
    assert not holds_token(result.output)
    assert files_with_token(home.root) == []


def test_command_without_a_token_says_which(home, monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", " ")
    result = fetch(home)
    assert result.exit_code == 1
    assert "DIGITALOCEAN_TOKEN is not set" in result.stderr
    assert "billing:read" in result.stderr


def test_a_process_of_its_own_prints_no_traceback_and_no_token(home, environment, tmp_path):
    environment.always["balance"] = FAILURES["403"]
    program = [sys.executable, "-X", "dev", "-W", "ignore", "-m", "orchestration.cli"]
    result = subprocess.run(
        [*program, "fetch", "digitalocean", "--home", str(home.root)], capture_output=True, text=True, cwd=tmp_path
    )
    assert result.returncode == 1
    assert "(403): it needs the scope billing:read" in result.stderr
    assert "Traceback" not in result.stderr
    assert not holds_token(result.stdout + result.stderr)


def materialize(home, instance: dg.DagsterInstance, key: dg.AssetKey, **tags: str) -> dg.ExecuteInProcessResult:
    definitions = dg.Definitions(
        assets=build_provider_assets(),
        jobs=provider_jobs(),
        resources={"unlocked_home": unlocked_home(home)},
        executor=dg.in_process_executor,
    )
    job = {BALANCE: "provider_balance", INVOICES: "provider_invoices"}[key]
    return definitions.resolve_job_def(job).execute_in_process(instance=instance, tags=tags, raise_on_error=False)


@pytest.fixture
def instance(tmp_path):
    (tmp_path / "dagster").mkdir()
    quiet = {"telemetry": {"enabled": False}}
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster"), overrides=quiet) as instance:
        yield instance


def test_assets_report_counts_and_dagster_keeps_no_token(home, environment, instance, tmp_path, landed):
    results = [materialize(home, instance, key) for key in (BALANCE, INVOICES, INVOICES)]
    assert [result.success for result in results] == [True, True, True]
    metadata = [
        {name: value.value for name, value in event.materialization.metadata.items()}
        for result in results
        for event in result.get_asset_materialization_events()
        for event in [event.step_materialization_data]
    ]
    assert metadata[0] == {
        "captured at": "2019-07-09T15:01:12+00:00",
        "file": next(f"landing/{name}" for name in landed() if "balance" in name),
        "files written": 1,
    }
    assert [(m["invoices found"], m["invoices fetched"], m["files written"]) for m in metadata[1:]] == [
        (3, 3, 9),
        (3, 0, 0),
    ]
    assert files_with_token(tmp_path) == []
    assert any(path.stat().st_size for path in (tmp_path / "dagster").rglob("*.db"))


def test_a_backfill_of_months_needs_no_provider(home, environment, instance, monkeypatch):
    monkeypatch.delenv("DIGITALOCEAN_TOKEN")
    results = [materialize(home, instance, key, **{"dagster/backfill": "all"}) for key in (BALANCE, INVOICES)]
    for result in results:
        [event] = result.get_asset_materialization_events()
        assert "was not asked" in event.step_materialization_data.materialization.metadata["skipped"].value
    assert environment.count() == 0
    assert not materialize(home, instance, BALANCE).success


def test_a_failed_asset_tells_why_without_token(home, environment, instance, tmp_path, capfd):
    for failure, answer in FAILURES.items():
        environment.always["balance"] = answer
        result = materialize(home, instance, BALANCE)
        [event] = [event for event in result.all_events if event.is_step_failure]
        assert "digitalocean" in event.step_failure_data.user_failure_data.description.lower(), failure
        assert event.step_failure_data.error.cause is None
    assert files_with_token(tmp_path) == []
    assert not holds_token("".join(capfd.readouterr()))


def test_assets_do_not_wait_for_a_close_to_ask(home, environment, instance):
    """A fetch that has nothing to write needs no lock: a close may take longer than anyone waits."""
    materialize(home, instance, INVOICES)
    program = (
        "import sys; from pathlib import Path; from python_assets.home import Home\n"
        "from python_assets.lock import home_lock\n"
        "with home_lock(Home(Path(sys.argv[1])), 0, 'a close'): print('held', flush=True); sys.stdin.read()"
    )
    close = subprocess.Popen(
        [sys.executable, "-c", program, str(home.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert close.stdout
    assert close.stdout.readline() == "held\n"
    assert materialize(home, instance, INVOICES).success
    assert materialize(home, instance, BALANCE).success
    close.communicate("")
