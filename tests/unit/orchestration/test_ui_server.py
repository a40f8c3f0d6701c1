"""How the UI starts and ends; that it works is tested in a browser, and with a backfill."""

import socket
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.ui.server import stopped_with
from python_assets.errors import UserError


def test_a_port_in_use_is_reported_and_nothing_is_started(tmp_path):
    (tmp_path / "landing").mkdir()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = CliRunner().invoke(app, ["ui", "--home", str(tmp_path), "--port", str(port), "--json"])
    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1: Address already in use" in result.stderr
    assert "--port" in result.stderr
    assert result.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["landing"]


class Server:
    """As uvicorn's: it runs until it should exit."""

    should_exit = False

    def run(self) -> None:
        while not self.should_exit:
            time.sleep(0.01)


@pytest.mark.timeout(60)
def test_the_server_stops_when_its_daemon_ends():
    server = Server()
    daemon = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(UserError, match="daemon ended with status 3"), stopped_with(daemon, server):
        server.run()
