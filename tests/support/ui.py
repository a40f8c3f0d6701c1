"""A running `counterfoil ui`, for tests."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# A bound, not what is expected.
SECONDS_TO_START = 120


class Ui:
    """The API of a running `counterfoil ui`, spoken to as the pages in the browser do."""

    def __init__(self, process: subprocess.Popen, port: int, log: Path):
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        self._http = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, query: str, **variables: Any) -> Any:
        """The value of the query's only field; OSError while nobody answers."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        try:
            with self._http.open(request, timeout=60) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            self.fail(f"the API refused the question: {error.read().decode(errors='replace')}")
        if "errors" in answer:
            self.fail(f"the API answered {answer['errors']}")
        (value,) = answer["data"].values()
        return value

    def wait(self, what: str, seconds: float, ask: Callable[[], Any], is_done: Callable[[Any], Any]) -> Any:
        """The first answer that is done; fails with the last one if none is in time or the UI has ended."""
        answer, end = None, time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self.fail(f"the UI ended with status {self.process.returncode} while waiting for {what}")
            with contextlib.suppress(OSError):
                answer = ask()
                if is_done(answer):
                    return answer
            time.sleep(0.5)
        self.fail(f"no {what} within {seconds} seconds; the last answer was {answer}")

    def interrupt(self) -> int:
        """The exit status after an interrupt of the command's own process."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def is_gone(self, within_seconds: float) -> bool:
        """Whether no process is left of those that the command started."""
        end = time.monotonic() + within_seconds
        while time.monotonic() < end:
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return True
            time.sleep(0.2)
        return False

    def fail(self, why: str) -> None:
        pytest.fail(f"{why}\n\nThe end of the UI's log:\n{self._tail()}", pytrace=False)

    def _tail(self) -> str:
        # A backfill logs every asset on a line of its own.
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if not line.startswith("- ")]
        return "\n".join(lines[-40:])


@contextlib.contextmanager
def serving_ui(root: Path, *options: str) -> Iterator[Ui]:
    """`counterfoil ui` with its definitions loaded; every process that it started ends with the context."""
    port = free_port()
    log = root.with_name("ui.log")
    command = [Path(sys.executable).with_name("counterfoil"), "ui", "--home", root, "--port", str(port), *options]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        ui = Ui(process, port, log)
        ui.wait(
            "definitions",
            SECONDS_TO_START,
            lambda: ui.ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"),
            lambda answer: answer.get("nodes"),
        )
        yield ui
    finally:
        _stop(process)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _stop(process: subprocess.Popen) -> None:
    """Ends the process group: politely, so that nothing temporary stays, then surely."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, ending)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
