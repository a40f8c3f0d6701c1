"""The processes of `counterfoil ui`, from start to end: the code server, which loads the definitions; the daemon, which
runs schedules, the sensor and what is queued; and in this process the webserver behind its guard.

It does what `dagster dev` does, whose webserver cannot be given a guard. The lock file holds Dagster to one release,
and the tests that start the UI would show a change in the internals used here.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import dagster as dg
import uvicorn
import yaml
from dagster._cli.proxy_server_manager import ProxyServerManager
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget, WorkspaceFileTarget
from dagster._utils.log import configure_loggers
from dagster_webserver import cli as dagster_cli
from dagster_webserver.app import create_app_from_workspace_process_context
from dagster_webserver.version import __version__

from orchestration.ui.guard import Guard
from python_assets.errors import UserError
from python_assets.home import Home

_ADDRESS = "127.0.0.1"
_DEFINITIONS = "orchestration.definitions"
_MILLISECONDS_BETWEEN_POLLS = 2000
# A page that is open in a browser keeps its connection; the daemon finishes what it is doing.
_SECONDS_FOR_PAGES_TO_END = 2
_SECONDS_FOR_DAEMON_TO_END = 30
_ENDINGS = (signal.SIGINT, signal.SIGTERM)


def listen(port: int) -> socket.socket:
    """A socket that listens on a port of 127.0.0.1; UserError if the port cannot be had."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_ADDRESS, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise UserError(f"port {port} of {_ADDRESS}: {error.strerror}; name another one with --port") from error
    return listener


def serve(home: Home, listener: socket.socket, with_daemon: bool) -> None:
    """Runs the UI of a home until it is interrupted or terminated; UserError if its daemon ends before that."""
    # A shell starts background jobs deaf to interrupts, and the processes started here would inherit that.
    for ending in _ENDINGS:
        signal.signal(ending, signal.default_int_handler)
    # Errors in definitions are logged once, without Dagster's own frames.
    os.environ["DAGSTER_IS_DEV_CLI"] = "1"
    configure_loggers()
    try:
        with ExitStack() as stack:
            instance = stack.enter_context(dg.DagsterInstance.get())
            workspace = stack.enter_context(_workspace(instance))
            daemon = stack.enter_context(_daemon(workspace)) if with_daemon else None
            server = stack.enter_context(_webserver(instance, workspace, home))
            with stopped_with(daemon, server) if daemon else nullcontext():
                server.run(sockets=[listener])
    except KeyboardInterrupt:
        return


@contextmanager
def _workspace(instance: dg.DagsterInstance) -> Iterator[Path]:
    """A file that says where the code server is, while it runs. It is up, with its definitions loaded."""
    target = ModuleTarget(_DEFINITIONS, attribute=None, working_directory=str(Path.cwd()), location_name=None)
    with ExitStack() as stack:
        # Interrupted half-way, it would leave its process behind.
        with _interrupts_deferred():
            code_server = stack.enter_context(ProxyServerManager(instance, target, "warning"))
        workspace = Path(stack.enter_context(tempfile.TemporaryDirectory()), "workspace.yaml")
        workspace.write_text(yaml.safe_dump({"load_from": code_server.get_code_server_specs()}))
        yield workspace


@contextmanager
def _interrupts_deferred() -> Iterator[None]:
    """Raises KeyboardInterrupt at the end if there was an interrupt or a termination meanwhile."""
    received: list[int] = []
    handlers = {ending: signal.signal(ending, lambda number, _: received.append(number)) for ending in _ENDINGS}
    try:
        yield
    finally:
        for ending, handler in handlers.items():
            signal.signal(ending, handler)
        if received:
            raise KeyboardInterrupt


@contextmanager
def _daemon(workspace: Path) -> Iterator[subprocess.Popen]:
    """Dagster's daemon in a process of its own, which ends with the context."""
    daemon = subprocess.Popen([sys.executable, "-m", "dagster._daemon", "run", "--workspace", workspace])
    try:
        yield daemon
    finally:
        daemon.terminate()
        try:
            daemon.wait(_SECONDS_FOR_DAEMON_TO_END)
        except subprocess.TimeoutExpired:
            daemon.kill()


@contextmanager
def _webserver(instance: dg.DagsterInstance, workspace: Path, home: Home) -> Iterator[uvicorn.Server]:
    """Dagster's webserver behind the guard, ready to run."""
    instance.optimize_for_webserver(
        dagster_cli.DEFAULT_DB_STATEMENT_TIMEOUT,
        dagster_cli.DEFAULT_POOL_RECYCLE,
        dagster_cli.DEFAULT_POOL_MAX_OVERFLOW,
    )
    with WorkspaceProcessContext(instance, WorkspaceFileTarget([str(workspace)]), __version__) as context:
        app = create_app_from_workspace_process_context(context, live_data_poll_rate=_MILLISECONDS_BETWEEN_POLLS)
        config = uvicorn.Config(
            Guard(app, home.config.allowed_hosts),
            lifespan="off",
            log_level="warning",
            timeout_graceful_shutdown=_SECONDS_FOR_PAGES_TO_END,
        )
        yield uvicorn.Server(config)


@contextmanager
def stopped_with(daemon: subprocess.Popen, server: uvicorn.Server) -> Iterator[None]:
    """Stops the server when the daemon ends, and then raises UserError: a UI that runs nothing must not look alive."""

    def watch() -> None:
        daemon.wait()
        server.should_exit = True

    threading.Thread(target=watch, daemon=True).start()
    yield
    raise UserError(
        f"Dagster's daemon ended with status {daemon.wait()}, so the UI has ended as well; its log is above"
    )
